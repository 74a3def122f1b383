/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rule that the deepest text wins; knows nothing about where reasons are shown. */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fail(struct reason *why, int code, const char *fmt, ...)
{
	va_list ap;

	if (!why || why->text[0])
		return code;
	why->code = code;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return code;
}

void reason_prefix(struct reason *why, const char *fmt, ...)
{
	char old[sizeof(why->text)];
	va_list ap;
	int n;

	if (!why)
		return;
	memcpy(old, why->text, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(why->text))
		return;
	if (snprintf(why->text + n, sizeof(why->text) - (size_t)n, ": %s", old) < 0)
		why->text[n] = '\0';
}

void reason_hint(struct reason *why, const char *fmt, ...)
{
	va_list ap;

	if (!why || why->hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(why->hint, sizeof(why->hint), fmt, ap);
	va_end(ap);
}

void reason_detail_adopt(struct reason *why, char *detail)
{
	if (!why || why->detail)
		free(detail);
	else
		why->detail = detail;
}

void reason_done(struct reason *why)
{
	if (!why)
		return;
	free(why->detail);
	memset(why, 0, sizeof(*why));
}
