/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what is read of other tools' dispatchers: the configuration and BTF, also as a base to add
 * to, and a member's instructions. The first byte chooses. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "libxdp/btf.h"
#include "libxdp/config.h"
#include "libxdp/member.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_to(const uint8_t *data, size_t size)
{
	_cleanup_(btf_done) struct btf_writer w = {0};
	struct text btf _text_ = {0};
	uint32_t id;

	if (btf_begin_with(&w, data, size) < 0)
		return;
	id = btf_add_function(&w, "f", btf_add_prototype(&w), true);
	if (btf_finish(&w, &btf) == 0 && !btf_find_function(btf.data, btf.len, id))
		abort();
}

static void write_member(const uint8_t *data, size_t size)
{
	struct instructions in = {.insns = (void *)(uintptr_t)data,
				  .n_insns = (uint32_t)(size / 8)};
	_cleanup_(member_code_done) struct member_code code = {0};

	member_write(&(struct libxdp_member){.name = "f", .code = &in}, &code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct libxdp_config config;

	if (size < 1)
		return 0;
	if (data[0] % 4 == 0)
		config_decode(data + 1, size - 1, &config);
	else if (data[0] % 4 == 1)
		btf_find_function(data + 1, size - 1, data[0] / 4);
	else if (data[0] % 4 == 2)
		add_to(data + 1, size - 1);
	else
		write_member(data + 1, size - 1);
	return 0;
}
