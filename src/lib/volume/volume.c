/* SPDX-License-Identifier: Apache-2.0 */
/* Owns volumes for pods: publish, unpublish, list. */
#include <errno.h>

#include "lib/args.h"
#include "lib/conn.h"

static int fill(const struct args *args, const struct bpfd_volume_opts *opts,
		Bpfd__V1__PublishVolumeRequest *m)
{
	struct bpfd_volume_opts o;
	size_t n = 0;
	int r = args_take(opts, &o, sizeof(o), args->why);

	if (r < 0)
		return r;
	bpfd__v1__publish_volume_request__init(m);
	while (o.maps && o.maps[n])
		n++;
	m->maps = wire_arena_alloc(args->arena, n + 1, sizeof(*m->maps));
	if (!m->maps)
		return fail(args->why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		m->maps[m->n_maps++] = args_text(o.maps[i]);
	m->volume_id = args_text(o.volume_id);
	m->target_path = args_text(o.target_path);
	m->config = args_text(o.config);
	m->layout = args_text(o.layout);
	m->read_only = o.is_read_only;
	if (o.has_group) {
		m->has_fs_group_case = BPFD__V1__PUBLISH_VOLUME_REQUEST__HAS_FS_GROUP_FS_GROUP;
		m->fs_group = o.group;
	}
	return 0;
}

int bpfd_volume_publish(struct bpfd_conn *conn, const struct bpfd_volume_opts *opts)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__PublishVolumeRequest request;
	struct conn_call call = {"PublishVolume", &request.base,
				 &bpfd__v1__publish_volume_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, conn);

	if (r == 0)
		r = fill(&(struct args){&arena, &conn->why}, opts, &request);
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r == 0)
		reply_free(reply);
	return r;
}

int bpfd_volume_unpublish(struct bpfd_conn *conn, const char *volume_id, const char *target_path)
{
	Bpfd__V1__UnpublishVolumeRequest request = BPFD__V1__UNPUBLISH_VOLUME_REQUEST__INIT;
	struct conn_call call = {"UnpublishVolume", &request.base,
				 &bpfd__v1__unpublish_volume_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, conn);

	if (r < 0)
		return r;
	request.volume_id = args_text(volume_id);
	request.target_path = args_text(target_path);
	r = conn_run(conn, &call, &reply);
	if (r == 0)
		reply_free(reply);
	return r;
}

int bpfd_volume_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		     struct bpfd_volumes **ret)
{
	const struct conn_list list = {"ListVolumes", &bpfd__v1__list_volumes_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListVolumesResponse, *reply)->volumes,
				reply_answer(ListVolumesResponse, *reply)->n_volumes);
	return r;
}

REPLY_LIST(volume, volumes)

REPLY_TEXT(element, volume, Volume, id, volume_id)
REPLY_TEXT(element, volume, Volume, target_path, target_path)
REPLY_TEXT(element, volume, Volume, config, config)
REPLY_TEXT(element, volume, Volume, layout, layout)
REPLY_NUMBER(element, bool, volume, Volume, is_read_only, read_only)
REPLY_NUMBER(element, uint64_t, volume, Volume, published_at, published_at)
REPLY_ITEM(element, const char *, volume, Volume, map, maps)

bool bpfd_volume_group(const struct bpfd_volume *volume, uint32_t *ret)
{
	const Bpfd__V1__Volume *m = reply_element(Volume, volume);

	if (!m || m->has_fs_group_case != BPFD__V1__VOLUME__HAS_FS_GROUP_FS_GROUP)
		return false;
	if (ret)
		*ret = m->fs_group;
	return true;
}
