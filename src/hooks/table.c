/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of methods by kind, and the names of the XDP modes. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "hooks/kinds.h"

static const struct hook_ops *const table[_HOOK_KIND_MAX] = {
#define HOOK_KIND(suffix, text, type, attach, shape, family, ops) [HOOK_##suffix] = &ops,
#include "model/hook_kinds.def"
#undef HOOK_KIND
};

const struct hook_ops *hook_ops(enum hook_kind kind)
{
	return table[kind];
}
