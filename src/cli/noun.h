/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns of "get" and "describe": how each is listed and shown. */
#pragma once

#include "cli/output/output.h"
#include "cli/verb.h"

/**
 * struct noun - one row.
 * @name:    plural, as in "get programs" and as the key in JSON.
 * @aliases: other spellings, NULL at the end.
 * @get:     ask and put out every record. With .ref in the options a single one.
 */
struct noun {
	const char *name;
	const char *singular;
	const char *const *aliases;
	int (*get)(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
};

/* By name, singular or alias; NULL, and a usage error in @cli, when there is none. */
const struct noun *noun_find(struct cli *cli, const char *word);

/* The output that "-o" asks for; NULL, and an error in @cli, when it cannot be had. */
struct output *noun_output_new(struct cli *cli, const char *format);

int program_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int link_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int map_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int hook_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int config_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int interface_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);
int image_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out);

/* The fields of one record, within output_record(). */
void program_show(struct output *out, const struct bpfd_program *program);
void link_show(struct output *out, const struct bpfd_link *link);
void map_show(struct output *out, const struct bpfd_map *map);
void image_show(struct output *out, const struct bpfd_image *image);

/* Everything about one program. */
int program_describe(struct cli *cli, const char *ref, struct output *out);

/* What "delete NOUN NAME..." does. */
int program_delete(struct cli *cli, const char *name);
int link_delete(struct cli *cli, const char *name);
