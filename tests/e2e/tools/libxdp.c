// SPDX-License-Identifier: Apache-2.0
/* Speaks src/libxdp without a daemon.
 * Usage: libxdp possible | read IF | change IF [MODE] [WISH...]; MODE is native or skb; a WISH is
 *	keep=ID,PRIORITY,ACTIONS	ours from an earlier change
 *	ours=ID				ours from an earlier change, to be removed
 *	last=ID				dispatcher of the last change
 *	FUNCTION,PRIORITY,ACTIONS	of the object in $OBJECT; without its BTF when $NO_BTF is
 *set Exit 0, or 1 with "error: " and "hint: ". */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "libxdp/dispatcher.h"
#include "libxdp/libxdp.h"
#include "load/load.h"

#define WISHES_MAX 16

struct wish {
	char name[128];
	uint32_t priority;
	uint32_t actions;
	uint32_t id;
	size_t loaded; /* index into what was loaded */
};

struct wishes {
	struct wish items[WISHES_MAX];
	size_t n;
	uint32_t ours[WISHES_MAX];
	size_t n_ours;
	uint32_t last;
};

static int complain(const struct reason *why)
{
	fprintf(stderr, "error: %s\n", why->text);
	if (why->hint[0])
		fprintf(stderr, "hint: %s\n", why->hint);
	if (why->detail)
		fprintf(stderr, "%s\n", why->detail);
	return 1;
}

static int possible(struct reason *why)
{
	if (!libxdp_is_possible(why))
		return complain(why);
	puts("possible");
	return 0;
}

static int show(uint32_t ifindex, struct reason *why)
{
	static const char *const kinds[] = {"none", "single", "dispatcher", "locked"};
	struct libxdp_state state;

	if (libxdp_read(ifindex, &state, why) < 0)
		return complain(why);
	printf("%s version=%u id=%u frags=%d n=%zu\n", kinds[state.kind], state.version,
	       state.program_id, state.has_frags, state.n);
	for (size_t i = 0; i < state.n; i++)
		printf("%zu: %s priority=%u actions=%#x frags=%d id=%u\n", i,
		       state.programs[i].name, state.programs[i].priority,
		       state.programs[i].actions, state.programs[i].has_frags,
		       state.programs[i].id);
	printf("words: %s\nhint: %s\n", state.words, state.hint);
	return 0;
}

static int parse(const char *text, struct wishes *ret)
{
	struct wish *wish = &ret->items[ret->n];

	if (ret->n == WISHES_MAX)
		return -E2BIG;
	if (sscanf(text, "ours=%u", &ret->ours[ret->n_ours]) == 1) {
		ret->n_ours++;
		return 0;
	}
	if (sscanf(text, "last=%u", &ret->last) == 1)
		return 0;
	ret->n++;
	if (sscanf(text, "keep=%u,%u,%i", &wish->id, &wish->priority, (int *)&wish->actions) == 3) {
		ret->ours[ret->n_ours++] = wish->id;
		snprintf(wish->name, sizeof wish->name, "kept");
		return 0;
	}
	if (sscanf(text, "%127[^,],%u,%i", wish->name, &wish->priority, (int *)&wish->actions) == 3)
		return 0;
	return -EINVAL;
}

static int open_object(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	char *data = NULL;
	size_t len;

	if (file < 0 || fd_read_all(file, 16 << 20, &data, &len) < 0)
		return -errno;
	close(file);
	return fd_memfd_sealed("object", data, len);
}

/* Where a function is among those loaded; all functions once. */
static size_t find(const struct load_program *programs, size_t n, const char *function)
{
	size_t i = 0;

	while (i < n && strcmp(programs[i].function, function) != 0)
		i++;
	return i;
}

/* One load of all that is not kept; the process ends before the result does. */
static int load(struct wishes *wishes, struct load_result *ret, struct reason *why)
{
	struct load_program programs[WISHES_MAX] = {0};
	struct load_request request = {.object_fd = -1, .programs = programs};

	for (size_t i = 0; i < wishes->n; i++) {
		struct wish *wish = &wishes->items[i];

		if (wish->id)
			continue;
		wish->loaded = find(programs, request.n_programs, wish->name);
		if (wish->loaded < request.n_programs)
			continue;
		programs[request.n_programs++] =
			(struct load_program){.function = wish->name,
					      .program_type = BPF_PROG_TYPE_XDP,
					      .attach_type = BPF_XDP,
					      .has_frags = strcmp(wish->name, "wide") == 0};
	}
	if (request.n_programs == 0)
		return 0;
	request.object_fd = open_object(getenv("OBJECT") ? getenv("OBJECT") : "");
	return load_run(&request, ret, why);
}

/* Maps are opened between the reading and the swap: there $BETWEEN is run, once. */
static int map_fd(void *arg, uint32_t key, struct reason *why)
{
	const struct load_result *result = arg;
	const char *between = getenv("BETWEEN");

	if (between && system(between) != 0)
		return -ECANCELED;
	unsetenv("BETWEEN");
	(void)why;
	return key < result->n_maps ? fcntl(result->maps[key].fd, F_DUPFD_CLOEXEC, 0) : -ENOENT;
}

static void fill(const struct wishes *wishes, const struct load_result *result,
		 struct libxdp_member *members)
{
	static uint32_t keys[64];

	for (uint32_t i = 0; i < 64; i++)
		keys[i] = i;
	for (size_t i = 0; i < wishes->n; i++) {
		const struct wish *wish = &wishes->items[i];

		members[i] = (struct libxdp_member){.name = wish->name,
						    .priority = wish->priority,
						    .actions = wish->actions,
						    .loaded_id = wish->id,
						    .map_keys = keys,
						    .n_map_keys = result->n_maps};
		if (wish->id)
			continue;
		members[i].code = &result->programs[wish->loaded].instructions;
		members[i].btf = getenv("NO_BTF") ? NULL : result->btf;
		members[i].btf_len = result->btf_len;
	}
}

static int change(uint32_t ifindex, char **args, struct reason *why)
{
	struct libxdp_member members[WISHES_MAX];
	struct load_result result = {0};
	struct libxdp_changed changed;
	struct wishes wishes = {0};
	uint32_t mode = 0;

	for (; *args; args++) {
		if (strcmp(*args, "native") == 0)
			mode = XDP_FLAGS_DRV_MODE;
		else if (strcmp(*args, "skb") == 0)
			mode = XDP_FLAGS_SKB_MODE;
		else if (parse(*args, &wishes) < 0)
			return 2;
	}
	if (load(&wishes, &result, why) < 0)
		return complain(why);
	fill(&wishes, &result, members);
	if (libxdp_change(&(struct libxdp_change){.ifindex = ifindex,
						  .mode = mode,
						  .last_dispatcher = wishes.last,
						  .ours = wishes.ours,
						  .n_ours = wishes.n_ours,
						  .wanted = members,
						  .n_wanted = wishes.n,
						  .map_fd = map_fd,
						  .arg = &result},
			  &changed, why) < 0)
		return complain(why);
	printf("dispatcher=%u mode=%#x\n", changed.dispatcher_id, changed.mode);
	for (size_t i = 0; i < changed.n; i++)
		printf("%s id=%u position=%u\n", wishes.items[i].name, changed.ids[i],
		       changed.positions[i]);
	return 0;
}

static int fake_map(uint32_t size, unsigned char version)
{
	unsigned char value[CONFIG_SIZE_MAX] = {236, version, 1};
	struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_ARRAY,
				    .key_size = 4,
				    .value_size = size,
				    .max_entries = 1,
				    .name = "fake.rodata"};
	int fd = bpf_map_make(&spec);
	uint32_t key = 0;

	if (version == 1)
		memcpy(value, (unsigned char[]){1, 0, 0}, 3);
	return fd < 0 || bpf_map_put(fd, &key, value, 0) < 0 ? -1 : fd;
}

static int fake(uint32_t ifindex, int map, struct reason *why)
{
	const struct libxdp_config config = {.n = 1};
	struct dispatcher_code code;
	struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_XDP,
					.expected_attach_type = BPF_XDP,
					.insns = code.insns,
					.license = "GPL",
					.name = "xdp_dispatcher",
					.func_info = code.functions,
					.n_func_info = 2};
	int fd, link;

	if (dispatcher_write(&config, &code) < 0)
		return 2;
	code.insns[DISPATCHER_MAP_INSN].imm = map;
	spec.n_insns = code.n_insns;
	spec.btf_fd = bpf_btf_load(code.btf.data, code.btf.len, NULL, 0);
	fd = dispatcher_program_load(&spec, "a look-alike", why);
	if (fd < 0)
		return complain(why);
	if (!getenv("LINK"))
		return netdev_xdp_set(ifindex, fd, -1, XDP_FLAGS_DRV_MODE, why) < 0 ? complain(why)
										    : 0;
	link = link_create_xdp(fd, ifindex, XDP_FLAGS_DRV_MODE);
	return link < 0 || bpf_pin(link, getenv("LINK"), why) < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct reason why _reason_ = {0};
	uint32_t ifindex = argc > 2 ? if_nametoindex(argv[2]) : 0;

	/* below 5.11 maps count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	if (argc == 2 && strcmp(argv[1], "possible") == 0)
		return possible(&why);
	if (argc == 3 && strcmp(argv[1], "read") == 0)
		return show(ifindex, &why);
	if (argc >= 3 && strcmp(argv[1], "change") == 0)
		return change(ifindex, argv + 3, &why);
	if (argc == 4 && strcmp(argv[1], "forget") == 0)
		return libxdp_forget((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), &why) < 0
			       ? complain(&why)
			       : 0;
	if (argc == 5 && strcmp(argv[1], "fake") == 0)
		return fake(ifindex,
			    fake_map((uint32_t)atoi(argv[3]), (unsigned char)atoi(argv[4])), &why);
	fputs("usage: libxdp possible | read IF | change IF [MODE] [WISH...]\n", stderr);
	return 2;
}
