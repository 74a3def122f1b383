/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the translation of the daemon's lists into one value. */
#include "agent/look.h"

#include <stdbool.h>
#include <string.h>

#include "bpfd/bpfd.h"
#include "kube/json.h"

#define HOOKS_MAX 256

static void add_texts(json_t *to, const char *key,
		      const char *(*get)(const struct bpfd_status *status, size_t i),
		      const struct bpfd_status *status)
{
	json_t *list = json_array();
	const char *text;

	for (size_t i = 0; (text = get(status, i)); i++)
		json_array_append_new(list, json_string(text));
	json_object_set_new(to, key, list);
}

static int look_status(struct bpfd_conn *conn, json_t *to)
{
	struct bpfd_status *status;
	int r = bpfd_status_get(conn, &status);

	if (r < 0)
		return r;
	kube_set_text(to, "version", bpfd_status_version(status));
	kube_set_text(to, "kernel", bpfd_status_kernel(status));
	add_texts(to, "features", bpfd_status_feature, status);
	add_texts(to, "warnings", bpfd_status_warning, status);
	bpfd_status_free(status);
	return 0;
}

static bool is_managed(const struct bpfd_config *config)
{
	const char *key, *value;

	for (size_t i = 0; bpfd_config_label(config, i, &key, &value); i++)
		if (strcmp(key, LOOK_LABEL) == 0)
			return strcmp(value, LOOK_LABEL_VALUE) == 0;
	return false;
}

static int look_configs(struct bpfd_conn *conn, json_t *to)
{
	json_t *all = json_object();
	struct bpfd_configs *configs;
	int r = bpfd_config_list(conn, NULL, &configs);

	json_object_set_new(to, "configs", all);
	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_configs_count(configs); i++) {
		const struct bpfd_config *c = bpfd_configs_get(configs, i);

		json_object_set_new(
			all, bpfd_config_name(c),
			json_pack("{s:b, s:[]}", "isManaged", is_managed(c), "programs"));
	}
	bpfd_configs_free(configs);
	return 0;
}

/* The entry of a program by its kernel id; NULL when it is of no config. */
static json_t *program_of(const json_t *seen, uint32_t id)
{
	const char *name;
	json_t *config, *program;
	size_t i;

	json_object_foreach(json_object_get(seen, "configs"), name, config)
	{
		json_array_foreach(json_object_get(config, "programs"), i, program)
		{
			if (kube_number(program, "id") == id)
				return program;
		}
	}
	return NULL;
}

static int look_programs(struct bpfd_conn *conn, json_t *to)
{
	struct bpfd_programs *programs;
	int r = bpfd_program_list(conn, NULL, &programs);

	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_programs_count(programs); i++) {
		const struct bpfd_program *p = bpfd_programs_get(programs, i);
		json_t *config =
			json_object_get(json_object_get(to, "configs"), bpfd_program_config(p));

		if (!config)
			continue;
		json_array_append_new(
			json_object_get(config, "programs"),
			json_pack("{s:s, s:I, s:s, s:s, s:s, s:[], s:[]}", "name",
				  bpfd_program_name(p), "id", (json_int_t)bpfd_program_id(p),
				  "type", bpfd_program_type(p), "digest", bpfd_program_digest(p),
				  "bytecode", bpfd_program_bytecode(p), "links", "maps"));
	}
	bpfd_programs_free(programs);
	return 0;
}

static int look_links(struct bpfd_conn *conn, json_t *to)
{
	struct bpfd_links *links;
	int r = bpfd_link_list(conn, NULL, &links);

	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_links_count(links); i++) {
		const struct bpfd_link *l = bpfd_links_get(links, i);
		json_t *program = program_of(to, bpfd_link_program_id(l));
		json_t *link;

		if (!program)
			continue;
		link = json_pack("{s:I, s:s, s:s, s:I}", "id", (json_int_t)bpfd_link_id(l), "hook",
				 bpfd_link_hook(l), "state",
				 bpfd_link_is_missing(l) ? "Missing" : "Attached", "priority",
				 (json_int_t)bpfd_link_priority(l));
		kube_set_text(link, "mode", bpfd_link_mode(l));
		json_array_append_new(json_object_get(program, "links"), link);
	}
	bpfd_links_free(links);
	return 0;
}

/* Under each program that uses it. */
static void add_map(const struct bpfd_map *m, json_t *to)
{
	const char *path = bpfd_map_export_path(m);
	json_t *config = json_object_get(json_object_get(to, "configs"), bpfd_map_config(m));
	json_t *program;
	size_t i;

	json_array_foreach(json_object_get(config, "programs"), i, program)
	{
		const char *user;

		for (size_t k = 0; (user = bpfd_map_program(m, k)); k++) {
			if (strcmp(user, kube_text(program, "name")) != 0)
				continue;
			json_array_append_new(
				json_object_get(program, "maps"),
				json_pack("{s:s, s:I, s:s, s:s}", "name", bpfd_map_name(m), "id",
					  (json_int_t)bpfd_map_id(m), "type", bpfd_map_type(m),
					  "path", *path ? path : bpfd_map_pin_path(m)));
		}
	}
}

static int look_maps(struct bpfd_conn *conn, json_t *to)
{
	struct bpfd_maps *maps;
	int r = bpfd_map_list(conn, NULL, &maps);

	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_maps_count(maps); i++)
		if (!bpfd_map_is_internal(bpfd_maps_get(maps, i)))
			add_map(bpfd_maps_get(maps, i), to);
	bpfd_maps_free(maps);
	return 0;
}

static int look_hooks(struct bpfd_conn *conn, json_t *to)
{
	json_t *list = json_array();
	struct bpfd_hooks *hooks;
	int r = bpfd_hook_list(conn, NULL, &hooks);

	json_object_set_new(to, "hooks", list);
	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_hooks_count(hooks) && i < HOOKS_MAX; i++) {
		const struct bpfd_hook *h = bpfd_hooks_get(hooks, i);

		json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:I, s:b}", "hook",
						      bpfd_hook_name(h), "position",
						      (json_int_t)bpfd_hook_position(h), "program",
						      bpfd_hook_program(h), "programId",
						      (json_int_t)bpfd_hook_program_id(h),
						      "foreign", !bpfd_hook_is_ours(h)));
	}
	bpfd_hooks_free(hooks);
	return 0;
}

static int look_interfaces(struct bpfd_conn *conn, json_t *to)
{
	json_t *list = json_array();
	struct bpfd_interfaces *interfaces;
	int r = bpfd_interface_list(conn, NULL, &interfaces);

	json_object_set_new(to, "interfaces", list);
	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_interfaces_count(interfaces); i++) {
		const struct bpfd_interface *one = bpfd_interfaces_get(interfaces, i);
		json_t *addresses = json_array();
		const char *address;

		for (size_t k = 0; (address = bpfd_interface_address(one, k)); k++)
			json_array_append_new(addresses, json_string(address));
		json_array_append_new(list, json_pack("{s:s, s:I, s:b, s:b, s:o}", "name",
						      bpfd_interface_name(one), "index",
						      (json_int_t)bpfd_interface_index(one), "isUp",
						      bpfd_interface_is_up(one), "isLoopback",
						      bpfd_interface_is_loopback(one), "addresses",
						      addresses));
	}
	bpfd_interfaces_free(interfaces);
	return 0;
}

int look(struct bpfd_conn *conn, json_t **ret)
{
	static int (*const parts[])(struct bpfd_conn * conn, json_t * to) = {
		look_status, look_configs, look_programs,  look_links,
		look_maps,   look_hooks,   look_interfaces};
	_json_ json_t *seen = json_object();
	int r = 0;

	for (size_t i = 0; r == 0 && i < array_size(parts); i++)
		r = parts[i](conn, seen);
	if (r == 0)
		*ret = take_ptr(seen);
	return r;
}
