/* SPDX-License-Identifier: Apache-2.0 */
/* After a start: finish or undo what a crash left half done, so that rows and pins agree again. */
#pragma once

struct context;
struct reason;

/**
 * recover() - compare rows, pins and the trash.
 *
 * Pending rows and their pins are removed; what was set aside for a removal that was not committed
 * goes back; pins below our directories without a row are removed; lost exports are made again.
 * What is attached stays attached throughout.
 *
 * Return: 0, or -errno when the state cannot be read.
 */
int recover(struct context *ctx, struct reason *why);
