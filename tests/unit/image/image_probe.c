/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the real fork server for an image, as bpfd does; for the shell tests of images.
 * usage: image_probe BPFD-FORKSERVER UID LAYOUT [TAG [OUTPUT]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/client.h"
#include "model/bytecode.h"
#include "model/object.h"

static int save(const char *path, int fd)
{
	_free_ char *elf = NULL;
	size_t len;
	FILE *f = fopen(path, "we");

	if (!f || fd_read_all(fd, OBJECT_SIZE_MAX, &elf, &len) < 0 || fwrite(elf, 1, len, f) != len)
		return 3;
	return fclose(f) == 0 ? 0 : 3;
}

static void print(const char *digest, const struct image_labels *labels)
{
	printf("digest %s\n", digest);
	if (labels->program_name)
		printf("program_name %s\n", labels->program_name);
	if (labels->kernel_version)
		printf("kernel_version %s\n", labels->kernel_version);
	for (size_t i = 0; i < labels->n_programs; i++)
		printf("program %s %s\n", labels->programs[i].entry, labels->programs[i].type);
}

int main(int argc, char **argv)
{
	_cleanup_(image_found_done) struct image_found found = {.fd = -1};
	struct bytecode from = {.scheme = BYTECODE_OCI};
	_reason_ struct reason why = {0};
	struct forkserver *fs = NULL;
	struct job_identity as = {0};
	const struct image_ask ask = {.as = &as, .from = &from};
	int r;

	if (argc < 4)
		return 2;
	from.path = argv[3];
	from.tag = argc > 4 && argv[4][0] != '\0' ? argv[4] : NULL;
	as.uid = as.gid = (gid_t)atoi(argv[2]);
	r = forkserver_start(argv[1], &fs, &why);
	if (r == 0)
		r = job_image(fs, &ask, &found, &why);
	forkserver_free(fs);
	if (r < 0) {
		printf("error %s: %s\n", strerrorname_np(-r), why.text);
		return 1;
	}
	print(found.digest, &found.labels);
	return argc > 5 ? save(argv[5], found.fd) : 0;
}
