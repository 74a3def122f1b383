/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of the request's log line. */
#include "daemon/request_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void request_log_write(const struct request_log *e)
{
	bool is_change = e->method->plan != NULL;
	_text_ struct text t = {0};
	const char *name = e->result < 0 ? strerrorname_np(-e->result) : "0";

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
	if (t.data)
		log_line(is_change || e->result < 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "%s",
			 t.data);
}
