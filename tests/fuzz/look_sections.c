/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the first checks of an object, which bpfd-look makes before libbpf sees it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "look/sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char license[SECTIONS_LICENSE_SIZE];

	if (sections_check(data, size, NULL) == 0)
		sections_license(data, license);
	return 0;
}
