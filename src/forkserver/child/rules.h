/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd-load may call and read: the lists, compiled once. */
#pragma once

struct reason;
struct sock_fprog;

int rules_look_filter(struct sock_fprog **ret, struct reason *why);
int rules_load_filter(struct sock_fprog **ret, struct reason *why);

/**
 * rules_new() - a Landlock rule set: read the kernel's BTF, version, configuration, number of CPUs.
 *
 * Return: a descriptor, or −1 on kernels without Landlock (before 5.13).
 */
int rules_new(void);

/* Put this process under the rules; −1 does nothing. */
void rules_apply(int rules);
