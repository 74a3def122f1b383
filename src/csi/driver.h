/* SPDX-License-Identifier: Apache-2.0 */
/* One driver: what it answers to the kubelet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "csi/csi.h"
#include "rpc/server.h"

/**
 * struct driver - userdata of its services.
 * @endpoint: path of its CSI socket. @error: what the kubelet said last.
 */
struct driver {
	enum csi_driver kind;
	char *node;
	char *version;
	char *endpoint;
	struct bpfd_conn *conn;
	csi_allow_fn *allow;
	void *userdata;
	bool is_registered;
	char error[256];
};

/* csi.v1.Identity and csi.v1.Node; pluginregistration.Registration. The driver is borrowed. */
struct rpc_service driver_csi_service(struct driver *driver);
struct rpc_service driver_registration_service(struct driver *driver);
