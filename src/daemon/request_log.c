/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of the request's log line. */
#include "daemon/request_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/auth/auth.h"
#include "daemon/request/request.h"

/* Quotes would end the value early for who reads the line by machine. */
static void add_quoted(struct text *t, const char *s)
{
	text_add(t, " why=\"");
	for (; *s; s++)
		text_add(t, "%c", *s == '"' ? '\'' : *s);
	text_add(t, "\"");
}

/* The same values as fields, so that journalctl BPFD_METHOD=Load finds them. */
static void send_fields(const struct request_log *e, const char *line, int priority)
{
	sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", priority, "BPFD_OP=%llu",
			(unsigned long long)e->op, "BPFD_METHOD=%s", e->method->name,
			"BPFD_PEER_UID=%u", e->caller->identity.uid, "BPFD_PEER_PID=%d",
			e->caller->pid, "BPFD_PROGRAM_ID=%u", e->program_id, "BPFD_LINK_ID=%u",
			e->link_id, "BPFD_US=%llu", (unsigned long long)e->us, "ERRNO=%d",
			e->result < 0 ? -e->result : 0, NULL);
}

#define REFUSALS_PER_SECOND 20

bool refusal_log_take(struct refusal_log *log, const struct caller *caller)
{
	struct timespec now;

	if (caller->identity.uid == 0)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (log->second != (uint64_t)now.tv_sec) {
		if (log->n > REFUSALS_PER_SECOND)
			log_warning("%u refused requests were not logged",
				    log->n - REFUSALS_PER_SECOND);
		*log = (struct refusal_log){.second = (uint64_t)now.tv_sec};
	}
	return ++log->n <= REFUSALS_PER_SECOND;
}

void request_log_write(const struct request_log *e)
{
	const bool is_change = e->method->plan || (e->method->place == METHOD_IN_WORKER &&
						   e->method->needed != RIGHT_READ);
	enum log_level level = is_change || e->result < 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
	_text_ struct text t = {0};
	const char *name;

	if (!log_has(level))
		return;
	name = e->result < 0 ? strerrorname_np(-e->result) : "0";
	text_add(&t, "op=%llu method=%s peer_uid=%u peer_pid=%d", (unsigned long long)e->op,
		 e->method->name, e->caller->identity.uid, e->caller->pid);
	if (e->program_id)
		text_add(&t, " program=%u", e->program_id);
	if (e->link_id)
		text_add(&t, " link=%u", e->link_id);
	text_add(&t, " result=%s%s us=%llu", e->result < 0 ? "-" : "", name ? name : "?",
		 (unsigned long long)e->us);
	if (e->result < 0 && e->why)
		add_quoted(&t, e->why);
	if (!t.data)
		return;
	if (log_is_journal())
		send_fields(e, t.data, level == LOG_LEVEL_INFO ? LOG_INFO : LOG_DEBUG);
	else
		log_line(level, "%s", t.data);
}
