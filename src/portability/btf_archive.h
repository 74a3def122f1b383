/* SPDX-License-Identifier: Apache-2.0 */
/* The name of this kernel in archives of BTF (btfhub's, and BTFGen's in gadgets). */
#pragma once

struct text;

/* The prefix of the tail's name (base/tail.h) that carries BTF for a kernel without its own; the
 * release of the kernel follows. */
#define BTF_TAIL "btf:"

/**
 * btf_archive_name() - "ubuntu/20.04/x86_64/5.8.0-45-generic.btf".
 * @ret: stays empty where the kernel has BTF itself.
 */
void btf_archive_name(struct text *ret);
