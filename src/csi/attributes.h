/* SPDX-License-Identifier: Apache-2.0 */
/* NodePublishVolume as bytes becomes what a volume is. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csi/csi.h"
#include "csi/csi.pb-c.h"

struct reason;

#define ATTRIBUTES_ID_MAX   128
#define ATTRIBUTES_PATH_MAX 1024
#define ATTRIBUTES_NAME_MAX 253 /* of a config, a pod, a namespace, a service account */
#define ATTRIBUTES_MAP_MAX  63
#define ATTRIBUTES_MAPS_MAX 64
#define ATTRIBUTES_MAX	    32 /* entries of volume_context */

/* The names of a driver: "csi.bpfd.io", and of the attributes it takes. */
struct driver_names {
	const char *driver;
	const char *program;
	const char *maps;
	const char *layout;  /* of bpfd_volume_publish() */
	const char *socket;  /* in the plugin directory */
	bool needs_pod_info; /* without it the request is refused */
};
extern const struct driver_names attributes_names[_CSI_DRIVER_MAX];

/**
 * struct attributes - a request that can be asked for; every text is clean and in its bound.
 * @data: what the texts are in; owned.
 */
struct attributes {
	struct csi_request request;
	const char *maps[ATTRIBUTES_MAPS_MAX + 1];
	const char *volume_id;
	const char *target_path;
	bool is_read_only;
	bool has_group;
	uint32_t group;
	Csi__V1__NodePublishVolumeRequest *data;
};

/**
 * attributes_decode() - read and check a NodePublishVolumeRequest.
 *
 * Only volumes that live with their pod, only mounts, no mount flags; unknown attributes are
 * errors, those of csi.storage.k8s.io/ are the kubelet's. Return: 0, -EINVAL, -ENOMEM.
 */
int attributes_decode(enum csi_driver driver, const void *data, size_t len, struct attributes *ret,
		      struct reason *why);
void attributes_done(struct attributes *attributes);

/* Is it usable as volume_id and target_path? Return: 0, -EINVAL. */
int attributes_check_volume(const char *volume_id, const char *target_path, struct reason *why);
