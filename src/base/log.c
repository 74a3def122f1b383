/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a line is written; the journal's structured fields are added where requests are logged.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	enum log_level level;
	bool is_journal;
} state = {.level = LOG_LEVEL_INFO};

void log_open(enum log_level level)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	state.level = level;
	state.is_journal = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
			   fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

bool log_is_journal(void)
{
	return state.is_journal;
}

bool log_has(enum log_level level)
{
	return level <= state.level;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const int syslog_level[] = {3, 4, 6, 7};
	char line[4096];
	va_list ap;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (state.is_journal)
		dprintf(STDERR_FILENO, "<%d>%s\n", syslog_level[level], line);
	else
		dprintf(STDERR_FILENO, "%s\n", line);
}
