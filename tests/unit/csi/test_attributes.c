/* SPDX-License-Identifier: Apache-2.0 */
/* What the kubelet's request becomes, and what is refused of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "csi/attributes.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ENTRIES_MAX 40

struct request {
	Csi__V1__NodePublishVolumeRequest message;
	Csi__V1__VolumeCapability capability;
	Csi__V1__VolumeCapability__MountVolume mount;
	Csi__V1__NodePublishVolumeRequest__VolumeContextEntry entries[ENTRIES_MAX];
	Csi__V1__NodePublishVolumeRequest__VolumeContextEntry *list[ENTRIES_MAX];
};

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* Set or add; NULL takes it away. */
static void set(struct request *r, const char *key, const char *value)
{
	size_t i = 0;

	while (i < r->message.n_volume_context && strcmp(r->list[i]->key, key) != 0)
		i++;
	if (!value) {
		assert_true(i < r->message.n_volume_context);
		r->list[i] = r->list[--r->message.n_volume_context];
		return;
	}
	if (i == r->message.n_volume_context) {
		csi__v1__node_publish_volume_request__volume_context_entry__init(&r->entries[i]);
		r->list[i] = &r->entries[i];
		r->message.n_volume_context++;
	}
	r->list[i]->key = text_of(key);
	r->list[i]->value = text_of(value);
}

static void make(struct request *r)
{
	memset(r, 0, sizeof(*r));
	csi__v1__node_publish_volume_request__init(&r->message);
	csi__v1__volume_capability__init(&r->capability);
	csi__v1__volume_capability__mount_volume__init(&r->mount);
	r->capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_MOUNT;
	r->capability.mount = &r->mount;
	r->message.volume_capability = &r->capability;
	r->message.volume_context = r->list;
	r->message.volume_id = text_of("csi-12");
	r->message.target_path =
		text_of("/var/lib/kubelet/pods/u/volumes/kubernetes.io~csi/v/mount");
	set(r, "program", "counter");
	set(r, "maps", "a,b");
	set(r, "csi.storage.k8s.io/pod.namespace", "team-a");
	set(r, "csi.storage.k8s.io/pod.name", "web-0");
	set(r, "csi.storage.k8s.io/pod.uid", "0f4c");
	set(r, "csi.storage.k8s.io/serviceAccount.name", "default");
	set(r, "csi.storage.k8s.io/ephemeral", "true");
}

static int decode(enum csi_driver driver, struct request *r, struct attributes *ret,
		  struct reason *why)
{
	size_t len = protobuf_c_message_get_packed_size(&r->message.base);
	_free_ uint8_t *data = malloc(len + 1);

	assert_non_null(data);
	protobuf_c_message_pack(&r->message.base, data);
	return attributes_decode(driver, data, len, ret, why);
}

static void a_request_of_the_kubelet_is_understood(void **state)
{
	_cleanup_(attributes_done) struct attributes a = {.data = NULL};
	struct reason why = {0};
	struct request r;

	(void)state;
	make(&r);
	set(&r, "csi.storage.k8s.io/serviceAccount.tokens", "{}");
	r.mount.volume_mount_group = text_of("2000");
	r.message.readonly = true;
	assert_int_equal(decode(CSI_BPFD, &r, &a, &why), 0);
	assert_string_equal(a.request.driver, "csi.bpfd.io");
	assert_string_equal(a.request.namespace, "team-a");
	assert_string_equal(a.request.pod, "web-0");
	assert_string_equal(a.request.uid, "0f4c");
	assert_string_equal(a.request.service_account, "default");
	assert_string_equal(a.request.program, "counter");
	assert_string_equal(a.maps[0], "a");
	assert_string_equal(a.maps[1], "b");
	assert_null(a.maps[2]);
	assert_true(a.is_read_only && a.has_group);
	assert_int_equal(a.group, 2000);
}

static void the_attributes_of_bpfman_need_no_pod(void **state)
{
	_cleanup_(attributes_done) struct attributes a = {.data = NULL};
	struct reason why = {0};
	struct request r;

	(void)state;
	make(&r);
	r.message.n_volume_context = 0;
	set(&r, "csi.bpfman.io/program", "counter");
	set(&r, "csi.bpfman.io/maps", "a, b");
	assert_int_equal(decode(CSI_BPFMAN, &r, &a, &why), 0);
	assert_string_equal(a.request.driver, "csi.bpfman.io");
	assert_string_equal(a.request.namespace, "");
	assert_string_equal(a.maps[1], "b");
	assert_false(a.has_group);
	set(&r, "csi.storage.k8s.io/ephemeral", "false");
	assert_int_equal(decode(CSI_BPFMAN, &r, &a, &why), -EINVAL);
}

/* @words: of the error. */
static void refuses(struct request *r, const char *words)
{
	struct attributes a = {.data = NULL};
	struct reason why = {0};

	assert_int_equal(decode(CSI_BPFD, r, &a, &why), -EINVAL);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why.text);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *key;
		const char *words;
	} keys[] = {{"program", "attribute program"},
		    {"maps", "attribute maps is missing"},
		    {"csi.storage.k8s.io/pod.namespace", "pod.namespace"},
		    {"csi.storage.k8s.io/pod.name", "pod.name"},
		    {"csi.storage.k8s.io/pod.uid", "pod.uid"},
		    {"csi.storage.k8s.io/ephemeral", "live with their pod"}};
	struct request r;

	(void)state;
	for (size_t i = 0; i < array_size(keys); i++) {
		make(&r);
		set(&r, keys[i].key, NULL);
		refuses(&r, keys[i].words);
	}
	make(&r);
	r.message.volume_capability = NULL;
	refuses(&r, "volume_capability");
	make(&r);
	r.message.volume_id = text_of("");
	refuses(&r, "volume_id");
	make(&r);
	r.message.target_path = text_of("relative");
	refuses(&r, "target_path");
}

static void what_cannot_be_done_is_refused(void **state)
{
	Csi__V1__VolumeCapability__BlockVolume block =
		CSI__V1__VOLUME_CAPABILITY__BLOCK_VOLUME__INIT;
	char *flags[] = {text_of("exec")};
	struct request r;

	(void)state;
	make(&r);
	r.capability.access_type_case = CSI__V1__VOLUME_CAPABILITY__ACCESS_TYPE_BLOCK;
	r.capability.block = &block;
	refuses(&r, "block device");
	make(&r);
	r.mount.mount_flags = flags;
	r.mount.n_mount_flags = 1;
	refuses(&r, "mount_flags");
	make(&r);
	r.mount.volume_mount_group = text_of("-1");
	refuses(&r, "volume_mount_group");
	make(&r);
	r.mount.volume_mount_group = text_of("4294967295");
	refuses(&r, "volume_mount_group");
	make(&r);
	set(&r, "csi.storage.k8s.io/ephemeral", "false");
	refuses(&r, "live with their pod");
	make(&r);
	set(&r, "prgram", "x");
	refuses(&r, "unknown attribute \"prgram\"");
}

static void bounds_are_kept(void **state)
{
	char long_text[ATTRIBUTES_PATH_MAX + 2], maps[4 * ATTRIBUTES_MAPS_MAX + 8] = "m";
	struct request r;

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	long_text[0] = '/';
	long_text[sizeof(long_text) - 1] = '\0';
	make(&r);
	r.message.target_path = long_text;
	refuses(&r, "target_path");
	make(&r);
	long_text[1 + ATTRIBUTES_ID_MAX + 1] = '\0';
	r.message.volume_id = long_text + 1;
	refuses(&r, "volume_id");
	make(&r);
	set(&r, "maps", long_text + 1);
	refuses(&r, "no name of a map");
	make(&r);
	for (size_t i = 0; i < ATTRIBUTES_MAPS_MAX; i++)
		strcat(maps, ",m");
	set(&r, "maps", maps);
	refuses(&r, "more than 64 maps");
	make(&r);
	set(&r, "program", "../x");
	refuses(&r, "attribute program");
	make(&r);
	set(&r, "csi.storage.k8s.io/pod.namespace", "a\nb");
	refuses(&r, "pod.namespace is no name");
}

static void too_many_attributes_are_refused(void **state)
{
	char keys[ENTRIES_MAX][48];
	struct request r;

	(void)state;
	make(&r);
	for (size_t i = 0; r.message.n_volume_context <= ATTRIBUTES_MAX; i++) {
		snprintf(keys[i], sizeof(keys[i]), "csi.storage.k8s.io/x%zu", i);
		set(&r, keys[i], "");
	}
	refuses(&r, "at most 32");
}

static void what_is_no_request_is_refused(void **state)
{
	struct attributes a = {.data = NULL};
	struct reason why = {0};

	(void)state;
	assert_int_equal(attributes_decode(CSI_BPFD, "\xff\xff", 2, &a, &why), -EINVAL);
	assert_int_equal(attributes_decode(CSI_BPFD, "", 0, &a, &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_of_the_kubelet_is_understood),
		cmocka_unit_test(the_attributes_of_bpfman_need_no_pod),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_cannot_be_done_is_refused),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(too_many_attributes_are_refused),
		cmocka_unit_test(what_is_no_request_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
