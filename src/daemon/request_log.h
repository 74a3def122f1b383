/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each finished request. */
#pragma once

#include <stdint.h>

struct caller;
struct method;

struct request_log {
	uint64_t op;
	const struct method *method;
	const struct caller *caller;
	uint32_t program_id;
	uint32_t link_id;
	int result;
	uint64_t us;
	const char *why;
};

/* Journal fields when stderr is the journal, else one line of key=value. Successful reads are for
 * the level debug. */
void request_log_write(const struct request_log *entry);
