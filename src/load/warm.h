/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a trivial object of our own once, so that libbpf's probes of the kernel (some 15 system
 * calls) are done and inherited by every child. */
#pragma once

/* Nothing is lost when it fails: the children probe for themselves. */
void warm_up(void);
