/* SPDX-License-Identifier: Apache-2.0 */
/* Owns libbpf, which nothing else here uses. */
#include "floor.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

/* Since 6.6; the headers of Debian 12 do not know it. */
#define TCX_INGRESS 46

struct tcx_create {
	uint32_t program_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative;
	uint32_t reserved;
	uint64_t revision;
};

struct bpf_object *floor_load(const char *path, const char *pin)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object || bpf_object__load(object) < 0 ||
	    bpf_program__pin(bpf_object__next_program(object, NULL), pin) < 0)
		report_fail("libbpf load", strerror(errno));
	return object;
}

void floor_unload(struct bpf_object *object, const char *pin)
{
	bpf_object__close(object);
	if (unlink(pin) < 0)
		report_fail(pin, strerror(errno));
}

struct bpf_link *floor_attach_tracepoint(struct bpf_object *object, const char *pin)
{
	struct bpf_link *link = bpf_program__attach(bpf_object__next_program(object, NULL));

	if (!link || (pin && bpf_link__pin(link, pin) < 0))
		report_fail("libbpf attach", strerror(errno));
	return link;
}

void floor_release(struct bpf_link *link)
{
	bpf_link__destroy(link);
}

void floor_attach_tcx(struct bpf_object *object, const char *interface, const char *pin)
{
	struct tcx_create create = {
		.program_fd = (uint32_t)bpf_program__fd(bpf_object__next_program(object, NULL)),
		.ifindex = if_nametoindex(interface),
		.attach_type = TCX_INGRESS,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

	if (fd < 0 || bpf_obj_pin((int)fd, pin) < 0)
		report_fail("BPF_LINK_CREATE tcx", strerror(errno));
	close((int)fd);
}
