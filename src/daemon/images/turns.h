/* SPDX-License-Identifier: Apache-2.0 */
/* Threads take turns with a name: who comes while another has it waits. */
#pragma once

struct turns;

/* Return: NULL without memory. */
struct turns *turns_new(void);
void turns_free(struct turns *turns);

/* Return: 1 when it had to wait, else 0. */
int turns_take(struct turns *turns, const char *name);
void turns_give(struct turns *turns, const char *name);
