/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of the recorded nouns. */
#include "model/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void program_done(struct program *program)
{
	free(program->name);
	free(program->function);
	free(program->section);
	free(program->target);
	free(program->bytecode);
	free(program->digest);
	free(program->config);
	labels_done(&program->labels);
	for (size_t i = 0; i < program->n_globals; i++) {
		free(program->globals[i].name);
		free(program->globals[i].value);
	}
	free(program->globals);
	memset(program, 0, sizeof(*program));
}

void link_done(struct link *link)
{
	free(link->program_name);
	free(link->hook);
	free(link->mode);
	free(link->config);
	labels_done(&link->labels);
	memset(link, 0, sizeof(*link));
}

void map_done(struct map *map)
{
	free(map->name);
	free(map->config);
	free(map->programs);
	free(map->export.path);
	memset(map, 0, sizeof(*map));
}

void uuid_new(char ret[static UUID_TEXT_SIZE])
{
	unsigned char b[16];
	size_t at = 0;

	/* Cannot fail: 16 bytes are below the size that may be interrupted. */
	while (getrandom(b, sizeof(b), 0) != sizeof(b))
		;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[at++] = '-';
		at += (size_t)snprintf(ret + at, UUID_TEXT_SIZE - at, "%02x", b[i]);
	}
}
