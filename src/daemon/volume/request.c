/* SPDX-License-Identifier: Apache-2.0 */
/* PublishVolume, UnpublishVolume and ListVolumes: messages in, messages out. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/request/request.h"
#include "daemon/store/volume.h"
#include "daemon/volume/publish.h"

static int decode(const Bpfd__V1__PublishVolumeRequest *in, struct volume *v, struct reason *why)
{
	if (volume_layout_parse(in->layout, &v->layout) < 0)
		return fail(why, -EINVAL, "layout \"%.32s\": it is bpfd or bpfman", in->layout);
	if (text_set(&v->id, in->volume_id) < 0 || text_set(&v->target, in->target_path) < 0 ||
	    text_set(&v->config, in->config) < 0)
		return fail(why, -ENOMEM, "out of memory");
	v->is_read_only = in->read_only;
	v->has_group =
		in->has_fs_group_case == BPFD__V1__PUBLISH_VOLUME_REQUEST__HAS_FS_GROUP_FS_GROUP;
	v->group = v->has_group ? in->fs_group : 0;
	return volume_set_maps(v, in->maps, in->n_maps, why);
}

int volume_publish_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__PublishVolumeRequest *in = (const Bpfd__V1__PublishVolumeRequest *)rq->in;
	_cleanup_(volume_done) struct volume v = {0};
	int r = decode(in, &v, why);

	rq->out = request_message(rq, &bpfd__v1__publish_volume_response__descriptor);
	if (r == 0)
		r = volume_publish(rq->ctx, rq->caller, &v, why);
	if (r < 0)
		reason_prefix(why, "volume %.64s", in->volume_id);
	return r < 0 ? r : request_finish(rq, why);
}

int volume_unpublish_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__UnpublishVolumeRequest *in =
		(const Bpfd__V1__UnpublishVolumeRequest *)rq->in;
	int r = *in->volume_id && strlen(in->volume_id) <= VOLUME_ID_MAX &&
				strlen(in->target_path) <= VOLUME_TARGET_MAX
			? 0
			: fail(why, -EINVAL, "an id of 1 to %d bytes and a target of at most %d",
			       VOLUME_ID_MAX, VOLUME_TARGET_MAX);

	rq->out = request_message(rq, &bpfd__v1__unpublish_volume_response__descriptor);
	if (r == 0)
		r = volume_unpublish(rq->ctx, in->volume_id, in->target_path, why);
	if (r < 0)
		reason_prefix(why, "volume %.64s", in->volume_id);
	return r < 0 ? r : request_finish(rq, why);
}

static Bpfd__V1__Volume *encode(struct request *rq, const struct volume *v)
{
	Bpfd__V1__Volume *to = request_message(rq, &bpfd__v1__volume__descriptor);
	char name[VOLUME_MAP_MAX + 1];
	const char *at = v->maps;

	if (!to || !(to->maps = reply_array(rq, VOLUME_MAPS_MAX)))
		return NULL;
	to->volume_id = request_string(rq, v->id);
	to->target_path = request_string(rq, v->target);
	to->config = request_string(rq, v->config);
	while (to->n_maps < VOLUME_MAPS_MAX && volume_next_map(&at, name))
		to->maps[to->n_maps++] = request_string(rq, name);
	to->read_only = v->is_read_only;
	if (v->has_group) {
		to->has_fs_group_case = BPFD__V1__VOLUME__HAS_FS_GROUP_FS_GROUP;
		to->fs_group = v->group;
	}
	to->layout = request_string(rq, volume_layout_name(v->layout));
	to->owner_uid = v->owner;
	to->published_at = v->published_at;
	return to;
}

int volume_list_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;
	Bpfd__V1__ListVolumesResponse *out =
		request_message(rq, &bpfd__v1__list_volumes_response__descriptor);
	_cleanup_(volume_list_done) struct volume_list list = {0};
	int r = store_volume_list(rq->ctx->store, true, &list, why);

	if (r < 0)
		return r;
	if (!out || !(out->volumes = reply_array(rq, list.n)))
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < list.n; i++) {
		Bpfd__V1__Volume *v = NULL;

		if (*in->ref && strcmp(in->ref, list.items[i].id) != 0)
			continue;
		v = encode(rq, &list.items[i]);
		if (v)
			out->volumes[out->n_volumes++] = v;
	}
	if (*in->ref && out->n_volumes == 0)
		return fail(why, -ENOENT, "no volume \"%.64s\"", in->ref);
	rq->out = &out->base;
	return request_finish(rq, why);
}
