/* SPDX-License-Identifier: Apache-2.0 */
/* The least that the same work costs: libbpf and bpf(2) in this process, pins included. Failures
 * end the program. */
#pragma once

struct bpf_link;
struct bpf_object;

/* Open, load and pin at @pin; the object to be given back. */
struct bpf_object *floor_load(const char *path, const char *pin);
void floor_unload(struct bpf_object *object, const char *pin);

/* Attach the only program; with @pin the link is pinned there. */
struct bpf_link *floor_attach_tracepoint(struct bpf_object *object, const char *pin);

/* Close the link's descriptors: where it is not pinned this is the detach, and it waits. */
void floor_release(struct bpf_link *link);

/* Attach and pin, keeping no descriptor. */
void floor_attach_tcx(struct bpf_object *object, const char *interface, const char *pin);
