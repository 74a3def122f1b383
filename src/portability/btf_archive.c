/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what os-release(5) and uname(2) say of this kernel. */
#include "portability/btf_archive.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

/* The value of KEY=value or KEY="value"; "" when it is not there. */
static void read_value(FILE *f, const char *key, char *ret, size_t size)
{
	char line[256];
	size_t n = strlen(key);

	ret[0] = '\0';
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		const char *value = line + n + 1;

		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		value += *value == '"';
		snprintf(ret, size, "%.*s", (int)strcspn(value, "\"\n"), value);
	}
}

void btf_archive_name(struct text *ret)
{
	char id[64] = "", version[64] = "";
	struct utsname u;
	FILE *f;

	if (access("/sys/kernel/btf/vmlinux", F_OK) == 0 || uname(&u) < 0)
		return;
	f = fopen("/etc/os-release", "re");
	if (!f)
		f = fopen("/usr/lib/os-release", "re");
	if (!f)
		return;
	read_value(f, "ID", id, sizeof(id));
	read_value(f, "VERSION_ID", version, sizeof(version));
	fclose(f);
	text_add(ret, "%s/%s/%s/%s.btf", id, version, u.machine, u.release);
}
