/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/keyless.h"

#include <errno.h>

#include "base/reason.h"

int trust_root_parse(const struct key_bytes *text, struct trust_root **ret, struct reason *why)
{
	(void)text;
	*ret = NULL;
	return fail(why, -EINVAL, "TODO");
}

void trust_root_free(struct trust_root *root)
{
	(void)root;
}

int keyless_verify(const struct trust_root *root, const struct trust_rule *rule,
		   const struct keyless_proof *proof, struct text *by, struct reason *why)
{
	(void)root;
	(void)rule;
	(void)proof;
	(void)by;
	return fail(why, -EACCES, "TODO");
}

void trust_root_describe(const struct trust_root *root, char *ret, size_t size)
{
	(void)root;
	(void)size;
	ret[0] = 0;
}
