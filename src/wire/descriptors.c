/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the embedded file; the build says where it is (DESCRIPTORS_FILE). */
#include "wire/descriptors.h"

__asm__(".pushsection .rodata\n"
	".global wire_descriptors_start\n"
	".global wire_descriptors_end\n"
	".hidden wire_descriptors_start\n"
	".hidden wire_descriptors_end\n"
	"wire_descriptors_start: .incbin \"" DESCRIPTORS_FILE "\"\n"
	"wire_descriptors_end:\n"
	".popsection\n");

extern const char wire_descriptors_start[], wire_descriptors_end[];

const void *wire_descriptors(size_t *ret_len)
{
	*ret_len = (size_t)(wire_descriptors_end - wire_descriptors_start);
	return wire_descriptors_start;
}
