/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of the recorded nouns. */
#include "model/program.h"

#include <stdlib.h>
#include <string.h>

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

void map_done(struct map *map)
{
	free(map->name);
	free(map->config);
	free(map->programs);
	free(map->export.path);
	memset(map, 0, sizeof(*map));
}

void program_list_done(struct program_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		program_done(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void map_list_done(struct map_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		map_done(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}
