/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of methods: what there is, which right it needs, where it runs. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "daemon/request/handlers.h"
#include "daemon/request/request.h"

#define IN(type) &bpfd__v1__##type##__descriptor

/* Unload, Detach and Delete ask further for the owner of what goes (auth_check_owner), ReadMap for
 * the map's export or the right to read (auth_map_read). */
const struct method method_table[] = {
	{"GetVersion", RIGHT_NONE, METHOD_IN_LOOP, IN(get_version_request), NULL,
	 status_version_reply},
	{"GetStatus", RIGHT_READ, METHOD_IN_LOOP, IN(get_status_request), NULL, status_reply},
	{"Load", RIGHT_LOAD, METHOD_IN_WORKER, IN(load_request), load_plan, load_reply,
	 image_load_fetch},
	{"Unload", RIGHT_READ, METHOD_IN_WORKER, IN(unload_request), unload_plan, unload_reply},
	{"Attach", RIGHT_ATTACH, METHOD_IN_WORKER, IN(attach_request), attach_plan, attach_reply},
	{"Detach", RIGHT_READ, METHOD_IN_WORKER, IN(detach_request), detach_plan, detach_reply},
	{"ListPrograms", RIGHT_READ, METHOD_IN_LOOP, IN(list_request), NULL, list_programs_reply},
	{"ListLinks", RIGHT_READ, METHOD_IN_LOOP, IN(list_request), NULL, list_links_reply},
	{"ListMaps", RIGHT_READ, METHOD_IN_LOOP, IN(list_request), NULL, list_maps_reply},
	{"ListHooks", RIGHT_READ, METHOD_IN_WORKER, IN(list_request), NULL, hooks_list_reply},
	{"ListConfigs", RIGHT_READ, METHOD_IN_LOOP, IN(list_request), NULL, list_configs_reply},
	{"DescribeProgram", RIGHT_READ, METHOD_IN_LOOP, IN(describe_program_request), NULL,
	 list_describe_reply},
	{"Apply", RIGHT_LOAD | RIGHT_ATTACH, METHOD_IN_WORKER, IN(apply_request), apply_plan,
	 apply_reply, image_apply_fetch},
	{"Delete", RIGHT_READ, METHOD_IN_WORKER, IN(delete_request), apply_delete_plan,
	 apply_delete_reply},
	{"ReadMap", RIGHT_NONE, METHOD_STREAM, IN(read_map_request), NULL, NULL},
	{"PullImage", RIGHT_LOAD, METHOD_IN_FETCHER, IN(pull_image_request), NULL,
	 image_pull_reply},
	{"ListImages", RIGHT_READ, METHOD_IN_LOOP, IN(list_request), NULL, image_list_reply},
	{"RemoveImage", RIGHT_LOAD, METHOD_IN_WORKER, IN(remove_image_request), NULL,
	 image_remove_reply},
	{"TagImage", RIGHT_LOAD, METHOD_IN_WORKER, IN(tag_image_request), NULL, image_tag_reply},
	{"ReadBlob", RIGHT_READ, METHOD_IN_FETCHER, IN(read_blob_request), NULL, image_blob_reply},
	{"ListInterfaces", RIGHT_READ, METHOD_IN_WORKER, IN(list_interfaces_request), NULL,
	 interfaces_list_reply},
	{"FindContainers", RIGHT_READ, METHOD_IN_WORKER, IN(find_containers_request), NULL,
	 containers_find_reply},
	{"PublishVolume", RIGHT_AGENT, METHOD_IN_WORKER, IN(publish_volume_request), NULL,
	 volume_publish_reply},
	{"UnpublishVolume", RIGHT_AGENT, METHOD_IN_WORKER, IN(unpublish_volume_request), NULL,
	 volume_unpublish_reply},
	{"ListVolumes", RIGHT_AGENT, METHOD_IN_LOOP, IN(list_request), NULL, volume_list_reply},
};

const size_t method_count = array_size(method_table);

void *request_message(struct request *rq, const ProtobufCMessageDescriptor *type)
{
	void *message = wire_arena_alloc(&rq->arena, 1, type->sizeof_message);

	if (message)
		protobuf_c_message_init(type, message);
	return message;
}

char *request_string(struct request *rq, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	char *copy = n ? wire_arena_alloc(&rq->arena, 1, n + 1) : NULL;

	if (!copy)
		return (char *)(uintptr_t) "";
	memcpy(copy, s, n + 1);
	return copy;
}

int request_finish(struct request *rq, struct reason *why)
{
	return rq->arena.is_full ? fail(why, -ENOMEM, "the answer is too large") : 0;
}
