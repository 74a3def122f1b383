/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz and /readyz of the agent. */
#pragma once

struct agent;
struct agent_monitor;
struct reason;

/* @at: "ADDRESS:PORT". Return: 0, what health_new() says. */
int agent_monitor_new(struct agent *agent, const char *at, struct agent_monitor **ret,
		      struct reason *why);
void agent_monitor_free(struct agent_monitor *monitor);
