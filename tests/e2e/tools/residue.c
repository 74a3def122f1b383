// SPDX-License-Identifier: Apache-2.0
/* Lists what a test left behind. Usage: residue kernel | inside | processes */
#include "residue.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* Files of an installed daemon (a test's own are elsewhere) and namespaces with a name. */
static int residue_files(void)
{
	glob_t found = {0};

	glob("/run/netns/*", 0, NULL, &found);
	glob("/run/bpfd", GLOB_APPEND, NULL, &found);
	glob("/var/lib/bpfd", GLOB_APPEND, NULL, &found);
	glob("/dev/shm/bpfd*", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		printf("file %s\n", found.gl_pathv[i]);
	globfree(&found);
	return 0;
}

static const struct {
	const char *mode;
	int (*list)(void);
} lists[] = {
	{"kernel", residue_unheld},	  {"kernel", residue_mounts},
	{"kernel", residue_files},	  {"kernel", residue_interfaces},
	{"kernel", residue_attached},	  {"inside", residue_pins},
	{"inside", residue_held},	  {"inside", residue_attached},
	{"processes", residue_processes},
};

int main(int argc, char **argv)
{
	int n = 0;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (argc != 2 || strcmp(argv[1], lists[i].mode) != 0)
			continue;
		n++;
		if (lists[i].list() < 0) {
			perror("residue");
			return 1;
		}
	}
	if (n > 0)
		return 0;
	fprintf(stderr, "usage: residue kernel | inside | processes\n");
	return 2;
}
