/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be written; goto and exit() in prose are told apart. */
#include <stdio.h>

typedef struct server server_t;

/* ------------------------------------------------ */
/* server_open(path); */
int server_open(const char *path)
{
	const char *text = "goto out; exit(1); printf(...)";

	if (!path)
		goto out;
	if (*text)
		goto retry;
	/* FIXME: think */
	fprintf(stderr, "%s\n", path);
	printf("%s\n", path);
	log_info("opened");
#if 0
	server_close();
#endif
	exit(1);
	strcpy(text, path);
out:
	return server_exit(0);
}
