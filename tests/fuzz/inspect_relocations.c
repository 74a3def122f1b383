/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as .BTF.ext of an object with a few types: names are those of BTF, each once. */
#include <bpf/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "inspect/relocations.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();

	if (!btf || btf__add_struct(btf, "task_struct", 4) != 1 ||
	    btf__add_union(btf, "value", 4) != 2 || btf__add_int(btf, "int", 4, 0) != 3)
		abort();
	return btf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(relocations_done) struct relocations r = {.n = 0};
	static struct btf *btf;

	if (!btf)
		btf = make_btf();
	if (relocations_read(btf, data, size, &r, NULL) < 0)
		return 0;
	if (r.n_types > 3)
		abort();
	return 0;
}
