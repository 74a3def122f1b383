/* SPDX-License-Identifier: Apache-2.0 */
/* Whole layouts: right ones, wrong ones, and ones that lie. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "fixture.h"
#include "image/read.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define TAGGED(tag)	",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag "\"}"
#define PLATFORM(arch)	",\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}"
#define ATTESTATION	",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}"
#define DOCKER_LIST	"application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LAYER	"application/vnd.docker.image.rootfs.diff.tar.gzip"

static int read_image(const struct fixture *f, const char *tag, struct image_object *ret,
		      struct reason *why)
{
	struct image_source source = image_source_directory(f->fd);
	struct image_request request = {.source = &source, .tag = tag, .architecture = "amd64"};

	return image_read(&request, ret, why);
}

/* What reading says; the object is thrown away. */
static int outcome(const struct fixture *f, const char *tag, struct reason *why)
{
	_cleanup_(image_object_done) struct image_object object = {0};

	return read_image(f, tag, &object, why);
}

static void must_be_image_of_size(const struct fixture *f, const char *tag, size_t size)
{
	_cleanup_(image_object_done) struct image_object object = {0};
	_reason_ struct reason why = {0};

	assert_int_equal(read_image(f, tag, &object, &why), 0);
	assert_int_equal(object.elf.len, size);
}

static struct stored image_of_size(const struct fixture *f, size_t size)
{
	_bytes_ struct image_bytes object = fixture_object(size);

	return fixture_image(f, &(struct fixture_image){.file = &object});
}

static void path_of(const struct stored *s, char ret[static 128])
{
	snprintf(ret, 128, "blobs/sha256/%s", s->digest + 7);
}

static void an_image_is_read_with_its_labels(void **state)
{
	_cleanup_(image_object_done) struct image_object object = {0};
	_fixture_ struct fixture f;

	(void)state;
	fixture_init(&f);
	fixture_only(&f, &(struct fixture_image){.labels = "{\"io.ebpf.section_name\":\"stats\","
							   "\"io.ebpf.program_type\":\"xdp\"}",
						 .is_gzip = true});
	assert_int_equal(read_image(&f, NULL, &object, NULL), 0);
	assert_int_equal(object.elf.len, 512);
	assert_int_equal(object.labels.n_programs, 1);
	assert_string_equal(object.labels.programs[0].entry, "stats");
}

static void docker_media_types_are_read(void **state)
{
	_fixture_ struct fixture f;

	(void)state;
	fixture_init(&f);
	fixture_only(&f, &(struct fixture_image){.manifest_type = DOCKER_MANIFEST,
						 .layer_type = DOCKER_LAYER,
						 .is_gzip = true});
	must_be_image_of_size(&f, "latest", 512);
}

static void tags_choose_and_a_missing_one_lists_them(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored one, two;
	char list[DOCUMENT_MAX];

	(void)state;
	fixture_init(&f);
	one = image_of_size(&f, 100);
	two = image_of_size(&f, 200);
	strcpy(list, fixture_descriptor(OCI_MANIFEST, &one, TAGGED("v1")));
	strcat(list, ",");
	strcat(list, fixture_descriptor(OCI_MANIFEST, &two, TAGGED("localhost/x:v2")));
	fixture_index(&f, list);
	must_be_image_of_size(&f, "v1", 100);
	must_be_image_of_size(&f, "v2", 200);
	must_be_image_of_size(&f, "localhost/x:v2", 200);
	must_be_image_of_size(&f, NULL, 200);
	assert_int_equal(outcome(&f, "v3", &why), -ENOENT);
	assert_non_null(strstr(why.text, "v1, localhost/x:v2"));
}

static void without_a_tag_latest_wins_and_signatures_do_not(void **state)
{
	_fixture_ struct fixture f;
	struct stored one, two;
	char list[DOCUMENT_MAX];

	(void)state;
	fixture_init(&f);
	one = image_of_size(&f, 100);
	two = image_of_size(&f, 200);
	strcpy(list, fixture_descriptor(OCI_MANIFEST, &one, TAGGED("latest")));
	strcat(list, ",");
	strcat(list, fixture_descriptor(OCI_MANIFEST, &two, TAGGED("v2")));
	fixture_index(&f, list);
	must_be_image_of_size(&f, NULL, 100);
	strcpy(list, fixture_descriptor(OCI_MANIFEST, &one, ""));
	strcat(list, ",");
	strcat(list, fixture_descriptor(OCI_MANIFEST, &two, TAGGED("sha256-aa.sig")));
	fixture_index(&f, list);
	must_be_image_of_size(&f, NULL, 100);
}

static struct stored index_of(const struct fixture *f, const char *type, const char *one,
			      const char *two)
{
	struct stored arm = image_of_size(f, 100), amd = image_of_size(f, 200);
	char text[2 * DOCUMENT_MAX];

	snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[",
		 type);
	strcat(text, fixture_descriptor(OCI_MANIFEST, &arm, one));
	strcat(text, ",");
	strcat(text, fixture_descriptor(OCI_MANIFEST, &amd, two));
	strcat(text, "]}");
	return fixture_blob(f, text, strlen(text));
}

static void an_index_of_machines_gives_the_one_for_this(void **state)
{
	static const char *const types[] = {OCI_INDEX, DOCKER_LIST};

	(void)state;
	for (size_t i = 0; i < array_size(types); i++) {
		_fixture_ struct fixture f;
		struct stored index;

		fixture_init(&f);
		index = index_of(&f, types[i], PLATFORM("arm64"), PLATFORM("amd64"));
		fixture_index(&f, fixture_descriptor(types[i], &index, TAGGED("multi")));
		must_be_image_of_size(&f, "multi", 200);
		must_be_image_of_size(&f, NULL, 200);
	}
}

static void no_object_for_this_machine_says_which_there_are(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored index;

	(void)state;
	fixture_init(&f);
	index = index_of(&f, OCI_INDEX, PLATFORM("arm64"), ATTESTATION);
	fixture_index(&f, fixture_descriptor(OCI_INDEX, &index, ""));
	assert_int_equal(outcome(&f, NULL, &why), -ENOEXEC);
	assert_non_null(strstr(why.text, "linux/arm64"));
}

static void an_index_that_contains_itself_ends(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored s;
	char text[DOCUMENT_MAX];

	(void)state;
	fixture_init(&f);
	s = image_of_size(&f, 100);
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "{\"manifests\":[%s]}",
			 fixture_descriptor(i == 0 ? OCI_MANIFEST : OCI_INDEX, &s, ""));
		s = fixture_blob(&f, text, strlen(text));
	}
	fixture_index(&f, fixture_descriptor(OCI_INDEX, &s, ""));
	assert_int_equal(outcome(&f, NULL, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "deep"));
}

static void a_changed_blob_does_not_match_its_digest(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored s;
	char path[128];
	int fd;

	(void)state;
	fixture_init(&f);
	s = image_of_size(&f, 100);
	fixture_index(&f, fixture_descriptor(OCI_MANIFEST, &s, ""));
	path_of(&s, path);
	fd = openat(f.fd, path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\t", 1, 1), 1);
	assert_int_equal(outcome(&f, NULL, &why), -EBADMSG);
	assert_non_null(strstr(why.text, "digest"));
	/* Longer than the descriptor says. */
	assert_int_equal(pwrite(fd, " ", 1, (off_t)s.size), 1);
	close(fd);
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
}

static void a_wrong_diff_id_is_a_mismatch(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;

	(void)state;
	fixture_init(&f);
	fixture_only(&f, &(struct fixture_image){.diff_id = "sha256:00", .is_gzip = true});
	assert_int_equal(outcome(&f, NULL, &why), -EBADMSG);
}

static void a_manifest_that_calls_itself_an_index_is_refused(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored s;

	(void)state;
	fixture_init(&f);
	s = fixture_image(&f, &(struct fixture_image){.manifest_type = OCI_INDEX});
	fixture_index(&f, fixture_descriptor(OCI_MANIFEST, &s, ""));
	assert_int_equal(outcome(&f, NULL, &why), -EBADMSG);
}

static void what_is_not_a_layout_is_said(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;

	(void)state;
	fixture_init(&f);
	assert_int_equal(outcome(&f, NULL, NULL), -ENOENT);
	fixture_write(&f, "index.json", "[");
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
	fixture_write(&f, "index.json", "{\"manifests\":{}}");
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
	fixture_index(&f, "");
	assert_int_equal(outcome(&f, NULL, NULL), -ENOENT);
	fixture_index(&f, "{\"mediaType\":1}");
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
	fixture_write(&f, "oci-layout", "{\"imageLayoutVersion\":\"2.0\"}");
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
	unlinkat(f.fd, "oci-layout", 0);
	assert_int_equal(outcome(&f, NULL, &why), -ENOENT);
	assert_non_null(strstr(why.text, "not an OCI image layout"));
}

static void links_fifos_and_foreign_names_are_not_opened(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;
	struct stored s;
	char path[128];

	(void)state;
	fixture_init(&f);
	s = image_of_size(&f, 100);
	fixture_index(&f, fixture_descriptor(OCI_MANIFEST, &s, ""));
	path_of(&s, path);
	assert_int_equal(renameat(f.fd, path, f.fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("../../elsewhere", f.fd, path), 0);
	assert_int_equal(outcome(&f, NULL, &why), -ELOOP);
	unlinkat(f.fd, path, 0);
	assert_int_equal(mkfifoat(f.fd, path, 0644), 0);
	assert_int_equal(outcome(&f, NULL, NULL), -EINVAL);
	unlinkat(f.fd, path, 0);
	assert_int_equal(outcome(&f, NULL, NULL), -ENOENT);
	strcpy(s.digest, "sha256:../../../../etc/passwd");
	fixture_index(&f, fixture_descriptor(OCI_MANIFEST, &s, ""));
	assert_int_equal(outcome(&f, NULL, NULL), -EBADMSG);
}

static void documents_above_the_bounds_are_refused(void **state)
{
	_fixture_ struct fixture f;
	struct stored s;
	char *large = malloc(IMAGE_JSON_MAX + 2);
	char *list = malloc(512 * 1024);
	size_t n = 0;

	(void)state;
	fixture_init(&f);
	s = image_of_size(&f, 100);
	s.size = (size_t)IMAGE_JSON_MAX + 1;
	fixture_index(&f, fixture_descriptor(OCI_MANIFEST, &s, ""));
	assert_int_equal(outcome(&f, NULL, NULL), -EFBIG);
	n += (size_t)sprintf(list, "{\"manifests\":[{}");
	for (int i = 0; i < 300; i++)
		n += (size_t)sprintf(list + n, ",{}");
	strcpy(list + n, "]}");
	fixture_write(&f, "index.json", list);
	assert_int_equal(outcome(&f, NULL, NULL), -E2BIG);
	memset(large, ' ', IMAGE_JSON_MAX + 1);
	large[IMAGE_JSON_MAX + 1] = '\0';
	fixture_write(&f, "index.json", large);
	assert_int_equal(outcome(&f, NULL, NULL), -EFBIG);
	free(large);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_read_with_its_labels),
		cmocka_unit_test(docker_media_types_are_read),
		cmocka_unit_test(tags_choose_and_a_missing_one_lists_them),
		cmocka_unit_test(without_a_tag_latest_wins_and_signatures_do_not),
		cmocka_unit_test(an_index_of_machines_gives_the_one_for_this),
		cmocka_unit_test(no_object_for_this_machine_says_which_there_are),
		cmocka_unit_test(an_index_that_contains_itself_ends),
		cmocka_unit_test(a_changed_blob_does_not_match_its_digest),
		cmocka_unit_test(a_wrong_diff_id_is_a_mismatch),
		cmocka_unit_test(a_manifest_that_calls_itself_an_index_is_refused),
		cmocka_unit_test(what_is_not_a_layout_is_said),
		cmocka_unit_test(links_fifos_and_foreign_names_are_not_opened),
		cmocka_unit_test(documents_above_the_bounds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
