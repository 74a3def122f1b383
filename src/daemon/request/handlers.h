/* SPDX-License-Identifier: Apache-2.0 */
/* The methods' stages, one file a noun; used by the table only. */
#pragma once

struct reason;
struct request;

int status_version_reply(struct request *rq, struct reason *why);
int status_reply(struct request *rq, struct reason *why);
int load_plan(struct request *rq, struct reason *why);
int load_reply(struct request *rq, struct reason *why);
int unload_plan(struct request *rq, struct reason *why);
int unload_reply(struct request *rq, struct reason *why);
int attach_plan(struct request *rq, struct reason *why);
int attach_reply(struct request *rq, struct reason *why);
int detach_plan(struct request *rq, struct reason *why);
int detach_reply(struct request *rq, struct reason *why);
int list_programs_reply(struct request *rq, struct reason *why);
int list_links_reply(struct request *rq, struct reason *why);
int list_maps_reply(struct request *rq, struct reason *why);
int hooks_list_reply(struct request *rq, struct reason *why);
int interfaces_list_reply(struct request *rq, struct reason *why);
int containers_find_reply(struct request *rq, struct reason *why);
int list_configs_reply(struct request *rq, struct reason *why);
int list_describe_reply(struct request *rq, struct reason *why);
int apply_plan(struct request *rq, struct reason *why);
int apply_reply(struct request *rq, struct reason *why);
int apply_delete_plan(struct request *rq, struct reason *why);
int apply_delete_reply(struct request *rq, struct reason *why);

/* daemon/images/request.c */
int image_load_fetch(struct request *rq, struct reason *why);
int image_apply_fetch(struct request *rq, struct reason *why);
int image_pull_reply(struct request *rq, struct reason *why);
int image_list_reply(struct request *rq, struct reason *why);
int image_remove_reply(struct request *rq, struct reason *why);
int image_tag_reply(struct request *rq, struct reason *why);
int image_blob_reply(struct request *rq, struct reason *why);

/* daemon/volume/request.c */
int volume_publish_reply(struct request *rq, struct reason *why);
int volume_unpublish_reply(struct request *rq, struct reason *why);
int volume_list_reply(struct request *rq, struct reason *why);
