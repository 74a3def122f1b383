/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the attributes of both drivers and every bound of what the kubelet sends. */
#include "csi/attributes.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define KUBELET "csi.storage.k8s.io/"

const struct driver_names attributes_names[_CSI_DRIVER_MAX] = {
	[CSI_BPFD] = {"csi.bpfd.io", "program", "maps", "bpfd", "csi.sock", true},
	[CSI_BPFMAN] = {"csi.bpfman.io", "csi.bpfman.io/program", "csi.bpfman.io/maps", "bpfman",
			"bpfman.sock", false},
};

void attributes_done(struct attributes *a)
{
	if (a->data)
		csi__v1__node_publish_volume_request__free_unpacked(a->data, NULL);
	a->data = NULL;
}

int attributes_check_volume(const char *volume_id, const char *target_path, struct reason *why)
{
	if (!*volume_id || !text_is_clean(volume_id, ATTRIBUTES_ID_MAX))
		return fail(why, -EINVAL, "volume_id wants 1 to %d bytes of text",
			    ATTRIBUTES_ID_MAX);
	if (target_path[0] != '/' || !text_is_clean(target_path, ATTRIBUTES_PATH_MAX))
		return fail(why, -EINVAL, "target_path wants an absolute path of at most %d bytes",
			    ATTRIBUTES_PATH_MAX);
	return 0;
}

static int check_capability(struct attributes *a, struct reason *why)
{
	const Csi__V1__VolumeCapability *c = a->data->volume_capability;
	const char *group;

	if (!c || c->access_type_case != CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_MOUNT)
		return fail(why, -EINVAL,
			    "volume_capability wants mount: maps are no block device");
	if (c->mount->n_mount_flags > 0)
		return fail(why, -EINVAL, "mount_flags are not taken");
	group = c->mount->volume_mount_group;
	if (!*group)
		return 0;
	if (text_parse_u32(group, &a->group) < 0 || a->group == UINT32_MAX)
		return fail(why, -EINVAL, "volume_mount_group \"%.32s\" is no number of a group",
			    group);
	a->has_group = true;
	return 0;
}

/* What volume_context has beside the request's texts. */
struct context {
	struct attributes *to;
	const struct driver_names *names;
	const char *maps;
	const char *ephemeral;
};

/* What a key of volume_context is for; NULL: nothing that we take. */
static const char **place_of(struct context *c, const char *key)
{
	struct csi_request *request = &c->to->request;
	const struct {
		const char *key;
		const char **place;
	} known[] = {
		{c->names->program, &request->program},
		{c->names->maps, &c->maps},
		{KUBELET "pod.name", &request->pod},
		{KUBELET "pod.namespace", &request->namespace},
		{KUBELET "pod.uid", &request->uid},
		{KUBELET "serviceAccount.name", &request->service_account},
		{KUBELET "ephemeral", &c->ephemeral},
	};

	for (size_t i = 0; i < array_size(known); i++)
		if (strcmp(known[i].key, key) == 0)
			return known[i].place;
	return NULL;
}

static int fail_unknown(const struct driver_names *names, const char *key, struct reason *why)
{
	const char *const known[] = {names->program, names->maps, NULL};
	const char *near;

	if (!text_is_clean(key, ATTRIBUTES_NAME_MAX))
		return fail(why, -EINVAL, "volume_context has a key that is no text");
	near = text_nearest(key, known);
	if (near)
		reason_hint(why, "did you mean \"%s\"?", near);
	else
		reason_hint(why, "there are %s and %s", names->program, names->maps);
	return fail(why, -EINVAL, "unknown attribute \"%.64s\"", key);
}

static int read_context(struct attributes *a, const struct driver_names *names, const char **maps,
			struct reason *why)
{
	const Csi__V1__NodePublishVolumeRequest *in = a->data;
	struct context c = {a, names, "", ""};

	if (in->n_volume_context > ATTRIBUTES_MAX)
		return fail(why, -EINVAL, "volume_context has %zu entries, at most %d are taken",
			    in->n_volume_context, ATTRIBUTES_MAX);
	for (size_t i = 0; i < in->n_volume_context; i++) {
		const char *key = in->volume_context[i]->key;
		const char **place = place_of(&c, key);

		if (place)
			*place = in->volume_context[i]->value;
		else if (strncmp(key, KUBELET, strlen(KUBELET)) != 0)
			return fail_unknown(names, key, why);
	}
	*maps = c.maps;
	if (strcmp(c.ephemeral, "true") == 0 || (!*c.ephemeral && !names->needs_pod_info))
		return 0;
	reason_hint(why, "write it inline into the pod (volumes[].csi); the CSIDriver object wants"
			 " volumeLifecycleModes: [Ephemeral] and podInfoOnMount: true");
	return fail(why, -EINVAL, "volumes of %s live with their pod", names->driver);
}

/* The text is ours: commas become ends. */
static int split_maps(struct attributes *a, char *maps, const char *attribute, struct reason *why)
{
	char *save = NULL;
	size_t n = 0;

	for (char *name = strtok_r(maps, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
		if (n == ATTRIBUTES_MAPS_MAX)
			return fail(why, -EINVAL, "%s has more than %d maps", attribute,
				    ATTRIBUTES_MAPS_MAX);
		if (!text_is_name(name, ATTRIBUTES_MAP_MAX))
			return fail(why, -EINVAL, "%s: \"%.64s\" is no name of a map", attribute,
				    name);
		a->maps[n++] = name;
	}
	a->maps[n] = NULL;
	return n ? 0 : fail(why, -EINVAL, "attribute %s is missing: \"MAP,MAP\"", attribute);
}

static int check_pod(const struct attributes *a, const struct driver_names *names,
		     struct reason *why)
{
	const struct {
		const char *what;
		const char *text;
		bool is_needed;
	} texts[] = {
		{"pod.namespace", a->request.namespace, names->needs_pod_info},
		{"pod.name", a->request.pod, names->needs_pod_info},
		{"pod.uid", a->request.uid, names->needs_pod_info},
		{"serviceAccount.name", a->request.service_account, false},
	};

	for (size_t i = 0; i < array_size(texts); i++) {
		if (!*texts[i].text && texts[i].is_needed) {
			reason_hint(why, "the CSIDriver object wants podInfoOnMount: true");
			return fail(why, -EINVAL, "the kubelet does not say " KUBELET "%s",
				    texts[i].what);
		}
		if (*texts[i].text && !text_is_name(texts[i].text, ATTRIBUTES_NAME_MAX))
			return fail(why, -EINVAL, KUBELET "%s is no name", texts[i].what);
	}
	return 0;
}

static int decode(struct attributes *a, const struct driver_names *names, struct reason *why)
{
	const char *maps = "";
	int r = attributes_check_volume(a->volume_id, a->target_path, why);

	if (r == 0)
		r = check_capability(a, why);
	if (r == 0)
		r = read_context(a, names, &maps, why);
	if (r == 0)
		r = check_pod(a, names, why);
	if (r == 0 && !text_is_name(a->request.program, ATTRIBUTES_NAME_MAX))
		r = fail(why, -EINVAL, "attribute %s wants the name of a config or program",
			 names->program);
	return r < 0 ? r : split_maps(a, (char *)(uintptr_t)maps, names->maps, why);
}

int attributes_decode(enum csi_driver driver, const void *data, size_t len, struct attributes *ret,
		      struct reason *why)
{
	const struct driver_names *names = &attributes_names[driver];
	_cleanup_(attributes_done) struct attributes a = {.request = {.driver = names->driver,
								      .namespace = "",
								      .pod = "",
								      .uid = "",
								      .service_account = "",
								      .program = ""}};
	int r;

	a.data = csi__v1__node_publish_volume_request__unpack(NULL, len, data);
	if (!a.data)
		return fail(why, -EINVAL, "the request is not a NodePublishVolumeRequest");
	a.volume_id = a.data->volume_id;
	a.target_path = a.data->target_path;
	a.is_read_only = a.data->readonly;
	r = decode(&a, names, why);
	if (r < 0)
		return r;
	*ret = a;
	ret->request.maps = ret->maps;
	a.data = NULL;
	return 0;
}
