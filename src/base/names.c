/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading a directory before anything in it is touched. */
#include "base/names.h"

#include <dirent.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void names_each(const char *dir, names_visit *visit, void *arg)
{
	_cleanup_(closedirp) DIR *d = opendir(dir);
	_text_ struct text names = {0};
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			text_add_bytes(&names, e->d_name, strlen(e->d_name) + 1);
	for (const char *n = names.data; n && names.r == 0 && n < names.data + names.len;
	     n += strlen(n) + 1)
		visit(n, arg);
}
