/* SPDX-License-Identifier: Apache-2.0 */
/* The method tables of the kinds, one each file, named in model/hook_kinds.def. */
#pragma once

#include "hooks/ops.h"

extern const struct hook_ops hook_xdp;
extern const struct hook_ops hook_tc;
extern const struct hook_ops hook_tcx;
extern const struct hook_ops hook_flow_dissector;
extern const struct hook_ops hook_tracepoint;
extern const struct hook_ops hook_raw_tp;
extern const struct hook_ops hook_uprobe;

/* The way of tc below 6.6. */
extern const struct hook_ops hook_tc_filter;

/* What the codes of tc mean by each way. */
extern const struct chain_rules tc_rules_tcx;
extern const struct chain_rules tc_rules_filter;
