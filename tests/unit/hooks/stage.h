/* SPDX-License-Identifier: Apache-2.0 */
/* A stage for tests on the real kernel: own netns with a veth pair, tiny programs that count. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hooks/ops.h"
#include "hooks/seen.h"

#define STAGE_DEV  "stage0" /* where programs hang */
#define STAGE_PEER "stage1" /* its other end */

/* Enter a new netns with the pair up, and an own mount namespace with a bpffs at stage_pins().
 * Return: 0, 1 (not root: skip) or -errno. */
int stage_open(void);
const char *stage_pins(void);

/* A program that adds 1 to *count and returns @verdict. */
struct stage_program {
	int fd;
	int map_fd;
	uint32_t id;
};

/* Return: 0 or -errno. */
int stage_program_load(struct stage_program *ret, uint32_t type, int verdict);
void stage_program_done(struct stage_program *program);
uint64_t stage_count(const struct stage_program *program);

/* Send n frames out of an interface; those of STAGE_PEER arrive at STAGE_DEV. */
void stage_send(const char *ifname, int n);

/* Make a place of a hook text: parse and resolve. Free with stage_place_done(). */
int stage_place(const char *text, struct hook_place *ret, struct reason *why);
void stage_place_done(struct hook_place *place);

/* Is program @id seen on hook @text, and how? */
bool stage_sees(const char *text, uint32_t id, struct hook_seen *ret);
