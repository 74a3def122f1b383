/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the choices between open and load; libbpf does the rest. */
#include "load/prepare.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/reason.h"
#include "look/variable.h"

/* The kernel adds flags of its own to some types (devmap: BPF_F_RDONLY_PROG). */
#define FLAGS_OF_KERNEL ((uint32_t)BPF_F_RDONLY_PROG)

static int choose_program(struct bpf_object *obj, const struct load_request *request,
			  const struct load_program *wish, struct reason *why)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, wish->function);

	if (!prog)
		return fail(why, -ENOENT, "no program %s in the object", wish->function);
	if (bpf_program__autoload(prog))
		return fail(why, -EINVAL, "program %s is chosen twice", wish->function);
	if (bpf_program__type(prog) != wish->program_type)
		return fail(why, -EINVAL, "section %s holds programs of two types",
			    bpf_program__section_name(prog));
	bpf_program__set_expected_attach_type(prog, wish->attach_type);
	if (request->ifindex > 0)
		bpf_program__set_ifindex(prog, request->ifindex);
	bpf_program__set_autoload(prog, true);
	return 0;
}

int prepare_programs(struct bpf_object *obj, const struct load_request *request, struct reason *why)
{
	struct bpf_program *prog;
	int r;

	bpf_object__for_each_program(prog, obj) bpf_program__set_autoload(prog, false);
	for (size_t i = 0; i < request->n_programs; i++) {
		r = choose_program(obj, request, &request->programs[i], why);
		if (r < 0)
			return r;
	}
	return 0;
}

struct bpf_map *prepare_find_map(const struct bpf_object *obj, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		const char *said = variable_map_name(map);

		if (said && strcmp(said, name) == 0)
			return map;
	}
	return NULL;
}

static int compare(const char *map, const char *what, const uint32_t has_wants[2],
		   struct reason *why)
{
	if (has_wants[0] == has_wants[1])
		return 0;
	reason_hint(why, "both programs must define the map alike");
	return fail(why, -EINVAL, "map %s: the shared map has %s %u, the object wants %u", map,
		    what, has_wants[0], has_wants[1]);
}

static int check_shape(const struct bpf_map *map, int fd, struct reason *why)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info), wants = bpf_map__max_entries(map);
	const char *name = bpf_map__name(map);
	int r;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return fail(why, -errno, "map %s: the shared map cannot be asked: %s", name,
			    strerror(errno));
	/* Zero entries of a perf event array mean one for each CPU. */
	if (wants == 0)
		wants = info.max_entries;
	r = compare(name, "type", (uint32_t[]){info.type, bpf_map__type(map)}, why);
	if (r == 0)
		r = compare(name, "key size", (uint32_t[]){info.key_size, bpf_map__key_size(map)},
			    why);
	if (r == 0)
		r = compare(name, "value size",
			    (uint32_t[]){info.value_size, bpf_map__value_size(map)}, why);
	if (r == 0)
		r = compare(name, "entries", (uint32_t[]){info.max_entries, wants}, why);
	if (r == 0)
		r = compare(name, "flags",
			    (uint32_t[]){info.map_flags & ~FLAGS_OF_KERNEL,
					 bpf_map__map_flags(map) & ~FLAGS_OF_KERNEL},
			    why);
	return r;
}

static int reuse_map(struct bpf_object *obj, const struct load_reuse *reuse, struct reason *why)
{
	struct bpf_map *map = prepare_find_map(obj, reuse->name);
	int r;

	if (!map)
		return fail(why, -ENOENT, "no map %s in the object", reuse->name);
	r = check_shape(map, reuse->fd, why);
	if (r < 0)
		return r;
	r = bpf_map__reuse_fd(map, reuse->fd);
	return r < 0 ? fail(why, r, "map %s: cannot be shared: %s", reuse->name, strerror(-r)) : 0;
}

static int patch_global(struct bpf_object *obj, const struct load_global *global,
			struct reason *why)
{
	struct bpf_map *map = prepare_find_map(obj, global->map);
	size_t size = 0;
	char *data;

	if (!map)
		return fail(why, -ENOENT, "no map %s in the object", global->map);
	/* The pointer is const in 1.1 by mistake: skeletons write through the same one. */
	data = (char *)(uintptr_t)bpf_map__initial_value(map, &size);
	if (!data || global->size > size || global->offset > size - global->size)
		return fail(why, -EINVAL, "a global variable lies outside of its map %s",
			    global->map);
	memcpy(data + global->offset, global->value, global->size);
	return 0;
}

int prepare_maps(struct bpf_object *obj, const struct load_request *request, struct reason *why)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, obj)
	{
		/* libbpf would pin into the root of the shared bpffs; who shares is the daemon's.
		 */
		bpf_map__set_pin_path(map, NULL);
		/* Some declare what its records are; the kernel wants no sizes there. */
		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF && bpf_map__value_size(map) > 0)
			bpf_map__set_value_size(map, 0);
		if (request->ifindex > 0 && bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			bpf_map__set_ifindex(map, request->ifindex);
	}
	for (size_t i = 0; r == 0 && i < request->n_globals; i++)
		r = patch_global(obj, &request->globals[i], why);
	for (size_t i = 0; r == 0 && i < request->n_reuse; i++)
		r = reuse_map(obj, &request->reuse[i], why);
	return r;
}
