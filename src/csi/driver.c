/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the methods of CSI and of the registration. What CSI has and is not here is UNIMPLEMENTED.
 */
#include "csi/driver.h"

#include <bpfd/bpfd.h>
#include <errno.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "csi/attributes.h"
#include "csi/csi.pb-c.h"
#include "csi/registration.pb-c.h"

/* As many as bpfd makes. */
#define VOLUMES_MAX 512

static void answer(struct rpc_call *call, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	_free_ uint8_t *data = malloc(len + 1);
	struct rpc_result no_memory = {RPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0};

	if (!data) {
		rpc_call_finish(call, &no_memory);
		return;
	}
	protobuf_c_message_pack(message, data);
	rpc_call_reply(call, data, len);
}

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void plugin_info(struct rpc_call *call, void *userdata)
{
	const struct driver *d = userdata;
	Csi__V1__GetPluginInfoResponse out = CSI__V1__GET_PLUGIN_INFO_RESPONSE__INIT;

	out.name = text_of(attributes_names[d->kind].driver);
	out.vendor_version = d->version;
	answer(call, &out.base);
}

static void plugin_capabilities(struct rpc_call *call, void *userdata)
{
	Csi__V1__GetPluginCapabilitiesResponse out =
		CSI__V1__GET_PLUGIN_CAPABILITIES_RESPONSE__INIT;

	(void)userdata;
	answer(call, &out.base);
}

/* Ready is who can reach the daemon. */
static void probe(struct rpc_call *call, void *userdata)
{
	const struct driver *d = userdata;
	Csi__V1__ProbeResponse out = CSI__V1__PROBE_RESPONSE__INIT;
	Csi__V1__BoolValue ready = CSI__V1__BOOL_VALUE__INIT;
	struct bpfd_version *version = NULL;

	ready.value = bpfd_version_get(d->conn, &version) == 0;
	bpfd_version_free(version);
	out.ready = &ready;
	answer(call, &out.base);
}

static void node_info(struct rpc_call *call, void *userdata)
{
	const struct driver *d = userdata;
	Csi__V1__NodeGetInfoResponse out = CSI__V1__NODE_GET_INFO_RESPONSE__INIT;

	out.node_id = d->node;
	out.max_volumes_per_node = VOLUMES_MAX;
	answer(call, &out.base);
}

static void node_capabilities(struct rpc_call *call, void *userdata)
{
	Csi__V1__NodeServiceCapability__RPC rpc = CSI__V1__NODE_SERVICE_CAPABILITY__RPC__INIT;
	Csi__V1__NodeServiceCapability one = CSI__V1__NODE_SERVICE_CAPABILITY__INIT;
	Csi__V1__NodeServiceCapability *all[] = {&one};
	Csi__V1__NodeGetCapabilitiesResponse out = CSI__V1__NODE_GET_CAPABILITIES_RESPONSE__INIT;

	(void)userdata;
	rpc.type = CSI__V1__NODE_SERVICE_CAPABILITY__RPC__TYPE__VOLUME_MOUNT_GROUP;
	one.type_case = CSI__V1__NODE_SERVICE_CAPABILITY__TYPE_RPC;
	one.rpc = &rpc;
	out.capabilities = all;
	out.n_capabilities = array_size(all);
	answer(call, &out.base);
}

/* What the daemon said, for the kubelet. */
static int as_told(const struct driver *d, int r, struct reason *why)
{
	if (r == 0)
		return 0;
	if (*bpfd_error_hint(d->conn))
		reason_hint(why, "%s", bpfd_error_hint(d->conn));
	return fail(why, r, "%s",
		    *bpfd_error_text(d->conn) ? bpfd_error_text(d->conn) : strerror(-r));
}

/* The kubelet shows the message only: what to do belongs into it. */
static void refuse(struct rpc_call *call, struct reason *why)
{
	_text_ struct text all = {0};

	if (why->hint[0])
		text_add(&all, "%s (%s)", why->text, why->hint);
	if (all.data)
		snprintf(why->text, sizeof(why->text), "%s", all.data);
	rpc_call_fail(call, why);
}

static int publish(const struct driver *d, const struct attributes *a, struct reason *why)
{
	const struct bpfd_volume_opts opts = {
		.size = sizeof(opts),
		.volume_id = a->volume_id,
		.target_path = a->target_path,
		.config = a->request.program,
		.maps = a->maps,
		.layout = attributes_names[d->kind].layout,
		.is_read_only = a->is_read_only,
		.has_group = a->has_group,
		.group = a->group,
	};
	int r = d->allow(d->userdata, &a->request, why);

	if (r < 0)
		return fail(why, r, "pods of namespace %s may not have maps of %s",
			    a->request.namespace, a->request.program);
	return as_told(d, bpfd_volume_publish(d->conn, &opts), why);
}

static void node_publish(struct rpc_call *call, void *userdata)
{
	const struct driver *d = userdata;
	Csi__V1__NodePublishVolumeResponse out = CSI__V1__NODE_PUBLISH_VOLUME_RESPONSE__INIT;
	_cleanup_(attributes_done) struct attributes a = {.data = NULL};
	_reason_ struct reason why = {0};
	size_t len;
	const void *data = rpc_call_request(call, &len);
	int r = attributes_decode(d->kind, data, len, &a, &why);

	/* The copy has moved. */
	a.request.maps = a.maps;
	if (r == 0)
		r = publish(d, &a, &why);
	if (r < 0)
		refuse(call, &why);
	else
		answer(call, &out.base);
}

static int unpublish(const struct driver *d, const void *data, size_t len, struct reason *why)
{
	Csi__V1__NodeUnpublishVolumeRequest *in =
		csi__v1__node_unpublish_volume_request__unpack(NULL, len, data);
	int r = in ? attributes_check_volume(in->volume_id, in->target_path, why)
		   : fail(why, -EINVAL, "the request is not a NodeUnpublishVolumeRequest");

	if (r == 0)
		r = as_told(d, bpfd_volume_unpublish(d->conn, in->volume_id, in->target_path), why);
	csi__v1__node_unpublish_volume_request__free_unpacked(in, NULL);
	return r;
}

static void node_unpublish(struct rpc_call *call, void *userdata)
{
	Csi__V1__NodeUnpublishVolumeResponse out = CSI__V1__NODE_UNPUBLISH_VOLUME_RESPONSE__INIT;
	_reason_ struct reason why = {0};
	size_t len;
	const void *data = rpc_call_request(call, &len);

	if (unpublish(userdata, data, len, &why) < 0)
		refuse(call, &why);
	else
		answer(call, &out.base);
}

static void registration_info(struct rpc_call *call, void *userdata)
{
	const struct driver *d = userdata;
	Pluginregistration__PluginInfo out = PLUGINREGISTRATION__PLUGIN_INFO__INIT;
	char *versions[] = {text_of("1.0.0")};

	out.type = text_of("CSIPlugin");
	out.name = text_of(attributes_names[d->kind].driver);
	out.endpoint = d->endpoint;
	out.supported_versions = versions;
	out.n_supported_versions = array_size(versions);
	answer(call, &out.base);
}

static void registration_status(struct rpc_call *call, void *userdata)
{
	struct driver *d = userdata;
	Pluginregistration__RegistrationStatusResponse out =
		PLUGINREGISTRATION__REGISTRATION_STATUS_RESPONSE__INIT;
	_reason_ struct reason why = {0};
	size_t len;
	const void *data = rpc_call_request(call, &len);
	Pluginregistration__RegistrationStatus *in =
		pluginregistration__registration_status__unpack(NULL, len, data);

	if (!in) {
		fail(&why, -EINVAL, "the request is not a RegistrationStatus");
		rpc_call_fail(call, &why);
		return;
	}
	d->is_registered = in->plugin_registered;
	snprintf(d->error, sizeof(d->error), "%s",
		 text_is_clean_multiline(in->error, sizeof(d->error) - 1) ? in->error : "?");
	if (d->is_registered)
		log_info("%s is registered with the kubelet", attributes_names[d->kind].driver);
	else
		log_warning("%s is not registered with the kubelet: %s",
			    attributes_names[d->kind].driver, d->error);
	pluginregistration__registration_status__free_unpacked(in, NULL);
	answer(call, &out.base);
}

static const struct rpc_method csi_methods[] = {
	{.path = "/csi.v1.Identity/GetPluginInfo", .handle = plugin_info},
	{.path = "/csi.v1.Identity/GetPluginCapabilities", .handle = plugin_capabilities},
	{.path = "/csi.v1.Identity/Probe", .handle = probe},
	{.path = "/csi.v1.Node/NodeGetInfo", .handle = node_info},
	{.path = "/csi.v1.Node/NodeGetCapabilities", .handle = node_capabilities},
	{.path = "/csi.v1.Node/NodePublishVolume", .handle = node_publish},
	{.path = "/csi.v1.Node/NodeUnpublishVolume", .handle = node_unpublish},
};

static const struct rpc_method registration_methods[] = {
	{.path = "/pluginregistration.Registration/GetInfo", .handle = registration_info},
	{.path = "/pluginregistration.Registration/NotifyRegistrationStatus",
	 .handle = registration_status},
};

struct rpc_service driver_csi_service(struct driver *driver)
{
	return (struct rpc_service){csi_methods, array_size(csi_methods), driver, NULL};
}

struct rpc_service driver_registration_service(struct driver *driver)
{
	return (struct rpc_service){registration_methods, array_size(registration_methods), driver,
				    NULL};
}
