/* SPDX-License-Identifier: Apache-2.0 */
/* Layers: compression, bounds, and which file of a tar is the object. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/reason.h"
#include "fixture.h"
#include "image/layer.h"
#include "image/build/pack.h"
#include "model/object.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define TAR_SPACE (16u << 20)

/* A tar under construction. */
struct tar {
	struct archive *a;
	struct image_bytes bytes;
};

static void tar_begin(struct tar *t)
{
	t->bytes = (struct image_bytes){.data = malloc(TAR_SPACE)};
	t->a = archive_write_new();
	archive_write_set_format_pax_restricted(t->a);
	assert_int_equal(archive_write_open_memory(t->a, t->bytes.data, TAR_SPACE, &t->bytes.len),
			 0);
}

/* One entry; members left out are absent. */
struct member {
	const char *name;
	unsigned int type;
	const char *hardlink;
	const char *symlink;
	const struct image_bytes *file;
};

static void tar_add(struct tar *t, const struct member *m)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, m->name);
	archive_entry_set_filetype(e, m->type);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, m->file ? (la_int64_t)m->file->len : 0);
	if (m->hardlink)
		archive_entry_set_hardlink(e, m->hardlink);
	if (m->symlink)
		archive_entry_set_symlink(e, m->symlink);
	/* A warning: the name is not of this locale. */
	assert_true(archive_write_header(t->a, e) >= ARCHIVE_WARN);
	if (m->file)
		assert_int_equal(archive_write_data(t->a, m->file->data, m->file->len),
				 m->file->len);
	archive_entry_free(e);
}

static void tar_add_file(struct tar *t, const char *name, const struct image_bytes *file)
{
	tar_add(t, &(struct member){.name = name, .type = AE_IFREG, .file = file});
}

static void tar_end(struct tar *t)
{
	archive_write_close(t->a);
	archive_write_free(t->a);
}

static struct image_bytes text_file(const char *text)
{
	return (struct image_bytes){.data = (char *)(uintptr_t)text, .len = strlen(text)};
}

static void the_first_bpf_object_is_found_behind_other_files(void **state)
{
	_bytes_ struct image_bytes object = fixture_object(700);
	_bytes_ struct image_bytes found = {0};
	struct image_bytes readme = text_file("read me");
	struct tar t;

	(void)state;
	tar_begin(&t);
	tar_add(&t, &(struct member){"etc", AE_IFDIR});
	tar_add_file(&t, "etc/README", &readme);
	tar_add(&t, &(struct member){"a.o", AE_IFLNK, .symlink = "etc/README"});
	tar_add(&t, &(struct member){"b.o", AE_IFREG, .hardlink = "etc/README"});
	tar_add(&t, &(struct member){"fifo.o", AE_IFIFO});
	tar_add_file(&t, "opt/\xc3\xa9\xe4\xb8\xad.bin", &object);
	tar_end(&t);
	assert_int_equal(image_layer_find(&t.bytes, NULL, &found, NULL), 1);
	assert_int_equal(found.len, 700);
	assert_memory_equal(found.data, object.data, 700);
	image_bytes_done(&t.bytes);
}

static void the_label_picks_among_several_objects(void **state)
{
	_bytes_ struct image_bytes one = fixture_object(100);
	_bytes_ struct image_bytes two = fixture_object(200);
	_bytes_ struct image_bytes found = {0};
	struct tar t;

	(void)state;
	tar_begin(&t);
	tar_add_file(&t, "one.o", &one);
	tar_add_file(&t, "bpf/two.o", &two);
	tar_end(&t);
	assert_int_equal(image_layer_find(&t.bytes, "./two.o", &found, NULL), 1);
	assert_int_equal(found.len, 200);
	assert_int_equal(image_layer_find(&t.bytes, "three.o", &found, NULL), 0);
	image_bytes_done(&t.bytes);
}

static void a_file_that_is_no_bpf_object_is_named(void **state)
{
	struct image_bytes other =
		text_file("\177ELF and nothing that follows is one, but it is long "
			  "enough to be looked at");
	_bytes_ struct image_bytes found = {0};
	_reason_ struct reason why = {0};
	struct tar t;

	(void)state;
	tar_begin(&t);
	tar_add_file(&t, "x.o", &other);
	tar_end(&t);
	assert_int_equal(image_layer_find(&t.bytes, "x.o", &found, &why), -ENOEXEC);
	assert_non_null(strstr(why.text, "x.o"));
	assert_int_equal(image_layer_find(&t.bytes, NULL, &found, NULL), -ENOEXEC);
	image_bytes_done(&t.bytes);
}

static void too_many_entries_are_refused(void **state)
{
	_bytes_ struct image_bytes found = {0};
	_reason_ struct reason why = {0};
	struct tar t;

	(void)state;
	tar_begin(&t);
	for (int i = 0; i <= IMAGE_ENTRIES_MAX; i++)
		tar_add(&t, &(struct member){"d", AE_IFDIR});
	tar_end(&t);
	assert_int_equal(image_layer_find(&t.bytes, NULL, &found, &why), -EFBIG);
	image_bytes_done(&t.bytes);
}

static void an_object_above_the_bound_is_refused_before_it_is_read(void **state)
{
	_bytes_ struct image_bytes found = {0};
	_reason_ struct reason why = {0};
	char head[1024] = "x.o";

	(void)state;
	/* Size 0400000001 octal is 64 MiB and 1; the data is not even there. */
	memcpy(head + 100, "0000644\0000000000\0000000000\00000400000001\00000000000000\0", 48);
	memcpy(head + 257, "ustar\00000", 8);
	head[156] = '0';
	unsigned int sum = 8 * ' ';
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)(i >= 148 && i < 156 ? 0 : head[i]);
	snprintf(head + 148, 8, "%06o", sum);
	struct image_bytes tar = {head, sizeof(head)};

	assert_int_equal(image_layer_find(&tar, "x.o", &found, &why), -EFBIG);
}

static void a_cut_tar_is_broken(void **state)
{
	_bytes_ struct image_bytes object = fixture_object(100000);
	_bytes_ struct image_bytes tar = {0};
	_bytes_ struct image_bytes found = {0};

	(void)state;
	assert_int_equal(image_pack_tar("x.o", &object, &tar, NULL), 0);
	tar.len = 50000;
	assert_int_equal(image_layer_find(&tar, NULL, &found, NULL), -EBADMSG);
	tar.len = 300;
	assert_int_equal(image_layer_find(&tar, NULL, &found, NULL), -EBADMSG);
}

static int unpack(const char *type, const struct image_bytes *packed, const char *diff_id,
		  struct reason *why)
{
	struct image_descriptor layer = {.media_type = type};
	_bytes_ struct image_bytes tar = {0};

	return image_layer_unpack(&layer, diff_id, packed, &tar, why);
}

/* @filter: a compressor of libarchive. */
static struct image_bytes compress(const struct image_bytes *data, int (*filter)(struct archive *))
{
	struct image_bytes ret = {.data = malloc(data->len + 65536)};
	struct archive_entry *e = archive_entry_new();
	struct archive *a = archive_write_new();

	archive_write_set_format_raw(a);
	filter(a);
	archive_write_set_bytes_in_last_block(a, 1);
	archive_write_open_memory(a, ret.data, data->len + 65536, &ret.len);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_write_header(a, e);
	archive_write_data(a, data->data, data->len);
	archive_write_close(a);
	archive_write_free(a);
	archive_entry_free(e);
	return ret;
}

static void gzip_zstd_and_plain_layers_are_unpacked(void **state)
{
	_bytes_ struct image_bytes object = fixture_object(5000);
	_bytes_ struct image_bytes tar = {0};
	_bytes_ struct image_bytes gzip = {0};
	_bytes_ struct image_bytes zstd = {0};
	char diff_id[DIGEST_TEXT_SIZE];

	(void)state;
	assert_int_equal(image_pack_tar("x.o", &object, &tar, NULL), 0);
	assert_int_equal(image_pack_gzip(&tar, &gzip, NULL), 0);
	zstd = compress(&tar, archive_write_add_filter_zstd);
	digest_text(tar.data, tar.len, diff_id);
	assert_int_equal(unpack(OCI_LAYER, &tar, diff_id, NULL), 0);
	assert_int_equal(unpack(OCI_LAYER "+gzip", &gzip, diff_id, NULL), 0);
	assert_int_equal(unpack(OCI_LAYER "+zstd", &zstd, diff_id, NULL), 0);
	assert_int_equal(
		unpack("application/vnd.docker.image.rootfs.diff.tar.gzip", &gzip, diff_id, NULL),
		0);
}

static void another_diff_id_or_media_type_is_refused(void **state)
{
	_bytes_ struct image_bytes object = fixture_object(5000);
	_bytes_ struct image_bytes gzip = {0};
	_reason_ struct reason why = {0};
	char other[DIGEST_TEXT_SIZE];

	(void)state;
	assert_int_equal(image_pack_gzip(&object, &gzip, NULL), 0);
	digest_text("", 0, other);
	assert_int_equal(unpack(OCI_LAYER "+gzip", &gzip, other, &why), -EBADMSG);
	assert_int_equal(unpack(OCI_LAYER "+xz", &gzip, other, NULL), -EOPNOTSUPP);
	gzip.len /= 2;
	assert_int_equal(unpack(OCI_LAYER "+gzip", &gzip, other, NULL), -EBADMSG);
}

static void bombs_are_refused_by_size_and_by_ratio(void **state)
{
	struct image_bytes zeros = {.data = calloc(1, IMAGE_TAR_MAX + 2),
				    .len = IMAGE_RATIO_FREE * 2};
	_bytes_ struct image_bytes small = compress(&zeros, archive_write_add_filter_zstd);
	_reason_ struct reason why = {0};
	_reason_ struct reason why_large = {0};

	(void)state;
	assert_int_equal(unpack(OCI_LAYER "+zstd", &small, "", &why), -EFBIG);
	assert_non_null(strstr(why.text, "times"));
	/* Uncompressed, so that the ratio is innocent. */
	zeros.len = IMAGE_TAR_MAX + 1;
	assert_int_equal(unpack(OCI_LAYER, &zeros, "", &why_large), -EFBIG);
	assert_non_null(strstr(why_large.text, "bytes"));
	free(zeros.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bpf_object_is_found_behind_other_files),
		cmocka_unit_test(the_label_picks_among_several_objects),
		cmocka_unit_test(a_file_that_is_no_bpf_object_is_named),
		cmocka_unit_test(too_many_entries_are_refused),
		cmocka_unit_test(an_object_above_the_bound_is_refused_before_it_is_read),
		cmocka_unit_test(a_cut_tar_is_broken),
		cmocka_unit_test(gzip_zstd_and_plain_layers_are_unpacked),
		cmocka_unit_test(another_diff_id_or_media_type_is_refused),
		cmocka_unit_test(bombs_are_refused_by_size_and_by_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
