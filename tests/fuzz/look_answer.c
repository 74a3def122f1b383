/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what the children send to bpfd: descriptions, results of loads, captured instructions. The
 * first byte chooses. */
#include <stddef.h>
#include <stdint.h>

#include "load/request.h"
#include "model/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_object(const uint8_t *data, size_t size)
{
	struct object o = {0};

	if (object_decode(data, size, &o) == 0)
		object_done(&o);
}

static void fuzz_result(const uint8_t *data, size_t size)
{
	struct load_result result = {.btf_fd = -1};
	int fds[8] = {-1, -1, -1, -1, -1, -1, -1, -1};

	for (size_t n = 0; n <= 8; n++) {
		struct load_parcel parcel = {data, size, fds, n};

		if (load_result_decode(&parcel, &result) == 0)
			load_result_done(&result);
	}
}

static void fuzz_instructions(const uint8_t *data, size_t size)
{
	struct instructions in = {0};

	if (instructions_decode(data, size, &in) == 0)
		instructions_done(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const decoders[])(const uint8_t *, size_t) = {fuzz_object, fuzz_result,
								    fuzz_instructions};

	if (size > 0)
		decoders[data[0] % 3](data + 1, size - 1);
	return 0;
}
