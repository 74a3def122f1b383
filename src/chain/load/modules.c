/* SPDX-License-Identifier: Apache-2.0 */
/* Owns finding the BTF of modules by name. Numbers of functions stay as they are: code is kept for
 * one boot only. */
#include "chain/load/modules.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "chain/link.h"
#include "kernel/bpf.h"

void modules_done(struct modules *modules)
{
	for (int i = 1; i <= modules->n; i++)
		fd_close(&modules->fds[i]);
	modules->n = 0;
}

static bool has_name(int fd, const char *name)
{
	char said[64] = "";
	struct bpf_btf_info info = {.name = (uintptr_t)said, .name_len = sizeof(said)};

	return bpf_info(fd, &info, sizeof(info)) == 0 && info.kernel_btf && strcmp(said, name) == 0;
}

static int open_module(const char *name)
{
	uint32_t id = 0;
	int r;

	while ((r = bpf_id_next(BPF_OBJECT_BTF, id, &id)) == 0) {
		int fd _close_ = bpf_id_open(BPF_OBJECT_BTF, id);

		if (fd >= 0 && has_name(fd, name))
			return take_fd(&fd);
	}
	return r;
}

/* Return: its index, or -errno. */
static int find_module(struct modules *modules, const char *name, struct reason *why)
{
	int fd;

	for (int i = 1; i <= modules->n; i++)
		if (strcmp(modules->names[i], name) == 0)
			return i;
	if (modules->n == MODULES_MAX)
		return fail(why, -E2BIG, "the chain calls functions of more than %d modules",
			    MODULES_MAX);
	fd = open_module(name);
	if (fd < 0)
		return fail(why, fd, "types of the kernel module %s cannot be opened: %s", name,
			    strerror(-fd));
	modules->n++;
	modules->fds[modules->n] = fd;
	modules->names[modules->n] = name;
	return modules->n;
}

int modules_enter(struct modules *ret, struct chain_code *code, struct reason *why)
{
	struct bpf_insn *insns = code->insns;

	for (uint32_t i = 0; i < code->n_kfuncs; i++) {
		const struct kfunc_ref *call = &code->kfuncs[i];
		int index = 0;

		if (!*call->module && insns[call->insn].off != 0)
			return fail(why, -EOPNOTSUPP,
				    "the module of a kernel function is not known: %s",
				    *call->name ? call->name : "without a name");
		if (*call->module)
			index = find_module(ret, call->module, why);
		if (index < 0)
			return index;
		insns[call->insn].off = (int16_t)index;
	}
	return 0;
}
