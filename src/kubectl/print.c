/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is written to stdout and stderr besides tables. */
#include "kubectl/print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/text/yaml.h"

/* C0 but line feed and tab, DEL, and C1 in UTF-8. */
static void clean(char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			*s = '?';
		if (c == 0xc2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0)
			s[0] = s[1] = '?';
	}
}

static void print_va(FILE *f, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	clean(text);
	fputs(text, f);
	free(text);
}

void print(FILE *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_va(f, fmt, ap);
	va_end(ap);
}

void print_field(const char *title, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	print(stdout, "%s:%*s%s\n", title, (int)(strlen(title) < 14 ? 14 - strlen(title) : 1), "",
	      *value ? value : "-");
}

void print_indented(const char *indent, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		print(stdout, "%s%.*s\n", indent, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

uint64_t print_parse_time(const char *time)
{
	struct tm tm = {0};
	time_t t = strptime(time, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;

	return t > 0 ? (uint64_t)t : 0;
}

void print_age(const char *text, char ret[static PRINT_AGE_SIZE])
{
	uint64_t then = print_parse_time(text), now = (uint64_t)time(NULL);
	uint64_t s = now > then ? now - then : 0;

	if (!then)
		snprintf(ret, PRINT_AGE_SIZE, "-");
	else if (s < 120)
		snprintf(ret, PRINT_AGE_SIZE, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(ret, PRINT_AGE_SIZE, "%" PRIu64 "m%" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(ret, PRINT_AGE_SIZE, "%" PRIu64 "h%" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(ret, PRINT_AGE_SIZE, "%" PRIu64 "d%" PRIu64 "h", s / 86400, s / 3600 % 24);
}

static int print_yaml(const json_t *object)
{
	_text_ struct text t = {0};

	yaml_of_json(object, &t);
	if (t.r < 0)
		return t.r;
	fputs(t.data ? t.data : "", stdout);
	return 0;
}

int print_object(const json_t *object, bool is_yaml)
{
	json_object_del(kube_get(object, "metadata"), "managedFields");
	if (is_yaml)
		return print_yaml(object);
	if (json_dumpf(object, stdout, JSON_INDENT(4)) < 0)
		return -ENOMEM;
	fputc('\n', stdout);
	return 0;
}
