/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz and /readyz of the operator. */
#pragma once

struct op;
struct op_monitor;
struct reason;

/* Return: 0, what health_new() says. */
int op_monitor_new(struct op *op, const char *at, struct op_monitor **ret, struct reason *why);
void op_monitor_free(struct op_monitor *monitor);
