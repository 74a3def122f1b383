/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the object that warms libbpf; built from warm.bpf.c. */
#include "load/warm.h"

#include <bpf/libbpf.h>
#include <stddef.h>

__asm__(".section .rodata.warm, \"a\"\n"
	".balign 8\n"
	"warm_object:\n"
	".incbin \"" WARM_OBJECT "\"\n"
	"warm_object_end:\n"
	".previous\n");

extern const char warm_object[] __attribute__((visibility("hidden")));
extern const char warm_object_end[] __attribute__((visibility("hidden")));

void warm_up(void)
{
	struct bpf_object *obj;

	obj = bpf_object__open_mem(warm_object, (size_t)(warm_object_end - warm_object), NULL);
	if (!obj)
		return;
	bpf_object__load(obj);
	bpf_object__close(obj);
}
