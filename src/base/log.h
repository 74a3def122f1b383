/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's and its children's log: stderr lines, or the journal when stderr is the journal.
 * Libraries and stages never log. */
#pragma once

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above @level are dropped. "<N>" prefixes are written when JOURNAL_STREAM names our stderr.
 */
void log_open(enum log_level level);

/* Does stderr go to the journal? Then structured fields are worth sending. */
bool log_is_journal(void);

/* Would a line of that level be written? */
bool log_has(enum log_level level);

/* One line without line feed; control characters are replaced by '?'. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
