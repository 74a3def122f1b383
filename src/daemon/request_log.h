/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each finished request. */
#pragma once

#include <stdbool.h>
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

/* How many refusals this second; one for each server that logs them. Zeroes at first. */
struct refusal_log {
	uint64_t second;
	unsigned int n;
};

/* May this refusal have its line? Everybody may connect and be refused: that must not fill a disk,
 * or make the journal drop what matters. The number of lines left out is logged. Root's all have
 * one. */
bool refusal_log_take(struct refusal_log *log, const struct caller *caller);

/* Journal fields when stderr is the journal, else one line of key=value. Successful reads are for
 * the level debug. */
void request_log_write(const struct request_log *entry);
