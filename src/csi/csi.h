/* SPDX-License-Identifier: Apache-2.0 */
/* A CSI node plugin for inline volumes of maps: the kubelet at one end, bpfd at the other. Serves
 * csi.bpfd.io and csi.bpfman.io, and their registration (docs/KUBERNETES-MAPS.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bpfd_conn;
struct csi_server;
struct reason;

/* The two drivers; csi_server_is_registered(). */
enum csi_driver { CSI_BPFD, CSI_BPFMAN, _CSI_DRIVER_MAX };

/**
 * struct csi_request - which pod wants what; all texts are clean and bounded.
 * @driver:    "csi.bpfd.io" or "csi.bpfman.io".
 * @namespace, @pod, @uid, @service_account: as the kubelet says (podInfoOnMount). Never "" for
 *             csi.bpfd.io; for csi.bpfman.io "" when its CSIDriver object has no podInfoOnMount:
 *             allow nothing then that is not open to all namespaces.
 * @program:   name of a config or program. @maps: names, NULL at the end.
 */
struct csi_request {
	const char *driver;
	const char *namespace;
	const char *pod;
	const char *uid;
	const char *service_account;
	const char *program;
	const char *const *maps;
};

/**
 * csi_allow_fn - may that pod have these maps?
 *
 * Called for each publish, in csi_server_dispatch(). Return: 0; -ENOENT (the config is not known
 * yet: the kubelet tries again), -EACCES (never), -EAGAIN (cannot be said now), with a reason.
 */
typedef int csi_allow_fn(void *userdata, const struct csi_request *request, struct reason *why);

/**
 * struct csi_options - all borrowed; @conn, @allow and its data as long as the server lives, the
 * texts for csi_server_new() only.
 * @node:      name of this node.
 * @version:   of the agent.
 * @plugin_directory:       gets csi.sock and bpfman.sock; the kubelet's path of it too.
 * @registration_directory: gets csi.bpfd.io-reg.sock and csi.bpfman.io-reg.sock; below the
 * kubelet's plugins_registry. Both must be there and writable.
 * @conn:      to the agent's socket of bpfd. A publish waits for its answer, at most its timeout.
 */
struct csi_options {
	const char *node;
	const char *version;
	const char *plugin_directory;
	const char *registration_directory;
	struct bpfd_conn *conn;
	csi_allow_fn *allow;
	void *userdata;
};

/**
 * csi_server_new() - listen at the four sockets; those of CSI first. What a dead agent left there
 * is removed.
 *
 * Return: 0, -EINVAL (names or paths that cannot be used), -EADDRINUSE (another agent answers),
 * -errno of bind(2), -ENOMEM.
 */
int csi_server_new(const struct csi_options *options, struct csi_server **ret, struct reason *why);

/* Poll it for reading, then dispatch; borrowed. Return of dispatch: 0 or -errno. */
int csi_server_fd(const struct csi_server *server);
int csi_server_dispatch(struct csi_server *server);

/* Has the kubelet said so? *ret_error: what it said instead, "" for nothing; borrowed. May be NULL.
 */
bool csi_server_is_registered(const struct csi_server *server, enum csi_driver driver,
			      const char **ret_error);

/* Close and remove the sockets (which ends the registration). Accepts NULL. */
void csi_server_free(struct csi_server *server);
