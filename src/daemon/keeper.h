/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of links that this kernel cannot pin (tracepoint and uprobe below 5.15) outlive the
 * daemon here: in systemd's descriptor store, else in a tiny process that does nothing but hold
 * them. The store has to outlive a stop of the unit as well: systemd from 254 on has such a one,
 * and says so by $FDSTORE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct keeper;
struct reason;

/* @socket: where the keeper process listens (0600); @executable: started as "EXE --keeper SOCKET"
 * when first needed. */
int keeper_new(const char *socket, const char *executable, struct keeper **ret, struct reason *why);
void keeper_free(struct keeper *keeper);

/* Start the keeper process, if there is no store and no keeper yet. It ends with this one while it
 * holds nothing. */
int keeper_prepare(struct keeper *keeper, struct reason *why);

/* Take descriptors back that systemd hands over at start. @name: "link-ID". Takes over @fd. */
void keeper_restore_adopt(struct keeper *keeper, const char *name, int fd);

/* Keep a duplicate of @fd as that of link @id. */
int keeper_put(struct keeper *keeper, uint32_t id, int fd, struct reason *why);

/* Close it: the link ends. Unknown ids are fine. */
void keeper_drop(struct keeper *keeper, uint32_t id);

/* Is there a descriptor for this link? */
bool keeper_has(struct keeper *keeper, uint32_t id);

/* Drop all whose id is not in @ids (after recovery). */
void keeper_retain(struct keeper *keeper, const uint32_t *ids, uint32_t n);

/* The main function of the keeper process: serve on @fd until the last descriptor is dropped. */
int keeper_main(int fd);
