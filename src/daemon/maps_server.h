/* SPDX-License-Identifier: Apache-2.0 */
/* maps.sock: descriptors of data maps for applications without privileges (wire/maps_socket.h). */
#pragma once

struct context;
struct maps_server;
struct reason;
struct sd_event;
struct volume;

/* @fd: listening SOCK_SEQPACKET socket; taken over, also on failure. */
int maps_server_new_adopt(struct sd_event *event, int fd, struct context *ctx,
			  struct maps_server **ret, struct reason *why);
/* From now on only the maps of the volume, to whoever connects; borrowed. Before the first
 * client. */
void maps_server_limit(struct maps_server *server, const struct volume *volume);
void maps_server_free(struct maps_server *server);
