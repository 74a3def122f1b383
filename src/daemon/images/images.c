/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of images and the lock that all threads share. */
#include "daemon/images/images.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/images/blobs.h"
#include "daemon/images/table.h"
#include "daemon/images/turns.h"
#include "daemon/store/db.h"
#include "daemon/store/store.h"

#define _rows_ _cleanup_(db_done)

struct images {
	pthread_mutex_t lock;
	struct turns *turns;
	struct db *db;
	struct store *programs;
	int dir;
};

void image_done(struct image *i)
{
	free(i->reference);
	free(i->media_type);
	free(i->dialect);
	free(i->source);
	free(i->verified);
	image_labels_done(&i->labels);
	free(i->blobs);
	memset(i, 0, sizeof(*i));
}

void image_list_done(struct image_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		image_done(&list->items[i]);
	free(list->items);
	*list = (struct image_list){0};
}

uint64_t image_size(const struct image *image)
{
	uint64_t size = 0;

	for (size_t i = 0; i < image->n_blobs; i++)
		size += image->blobs[i].size;
	return size;
}

static int make_directory(const char *path, mode_t mode, struct reason *why)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return fail(why, -errno, "cannot make %s: %s", path, strerror(errno));
	return chmod(path, mode) < 0
		       ? fail(why, -errno, "cannot set the mode of %s: %s", path, strerror(errno))
		       : 0;
}

/* bpfd-fetch reads blobs by the descriptor of their directory; nobody else gets so far: the state
 * directory is closed. */
static int open_directory(const char *state, struct images *images, struct reason *why)
{
	_text_ struct text path = {0};
	int r = make_directory(state, 0700, why);

	text_add(&path, "%s/images", state);
	if (r == 0 && path.r == 0)
		r = make_directory(path.data, 0755, why);
	text_add(&path, "/blobs");
	if (r == 0 && path.r == 0)
		r = make_directory(path.data, 0755, why);
	text_add(&path, "/sha256");
	if (r == 0 && path.r == 0)
		r = make_directory(path.data, 0755, why);
	if (r < 0 || path.r < 0)
		return r < 0 ? r : fail(why, -ENOMEM, "out of memory");
	images->dir = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return images->dir < 0 ? fail(why, -errno, "%s: %s", path.data, strerror(errno)) : 0;
}

static int is_known(const char *name, void *userdata)
{
	struct images *images = userdata;
	_rows_ struct db_rows rows = {.db = images->db};
	char digest[DIGEST_TEXT_SIZE];
	int r;

	if (snprintf(digest, sizeof(digest), "sha256:%s", name) >= (int)sizeof(digest))
		return 0;
	r = db_query(&rows, NULL, "SELECT 1 FROM blob WHERE digest=? LIMIT 1", "s", digest);
	return r < 0 ? r : db_next(&rows, NULL);
}

int images_open(const char *state, const char *programs, struct images **ret, struct reason *why)
{
	struct images *images = calloc(1, sizeof(*images));
	int r;

	if (!images)
		return fail(why, -ENOMEM, "out of memory");
	pthread_mutex_init(&images->lock, NULL);
	images->dir = -1;
	images->turns = turns_new();
	r = images->turns ? open_directory(state, images, why)
			  : fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = table_open(state, &images->db, why);
	if (r == 0)
		r = store_open(programs, &images->programs, why);
	if (r == 0 && (r = blobs_sweep(images->dir, is_known, images)) < 0)
		fail(why, r, "cannot tidy the store of images: %s", strerror(-r));
	if (r < 0) {
		images_free(images);
		return r;
	}
	*ret = images;
	return 0;
}

int images_check(const struct images *images, struct reason *why)
{
	if (images)
		return 0;
	reason_hint(why, "the log of bpfd says why: its state directory must be writable");
	return fail(why, -EROFS, "there is no store of images");
}

void images_free(struct images *images)
{
	if (!images)
		return;
	db_close(images->db);
	store_free(images->programs);
	fd_close(&images->dir);
	turns_free(images->turns);
	pthread_mutex_destroy(&images->lock);
	free(images);
}

int images_directory(const struct images *images)
{
	return images->dir;
}

static int get_text(const struct db_rows *rows, int column, char **ret)
{
	return text_set(ret, db_str(rows, column));
}

static void get_digest(const struct db_rows *rows, int column, char ret[static DIGEST_TEXT_SIZE])
{
	const char *s = db_str(rows, column);

	snprintf(ret, DIGEST_TEXT_SIZE, "%s", s && digest_is_valid(s) ? s : "");
}

static int read_row(const struct db_rows *rows, struct image *i)
{
	size_t len;
	const void *labels = db_blob(rows, 7, &len);
	int r = get_text(rows, 0, &i->reference);

	get_digest(rows, 1, i->digest);
	get_digest(rows, 2, i->manifest);
	get_digest(rows, 3, i->object);
	if (r == 0)
		r = get_text(rows, 4, &i->media_type);
	if (r == 0)
		r = get_text(rows, 5, &i->dialect);
	if (r == 0)
		r = get_text(rows, 6, &i->source);
	if (r == 0 && len > 0)
		r = image_labels_decode(labels, len, &i->labels);
	i->pulled_at = (uint64_t)db_int(rows, 8);
	i->used_at = (uint64_t)db_int(rows, 9);
	get_digest(rows, 10, i->rule);
	get_digest(rows, 12, i->evidence);
	if (r == 0)
		r = get_text(rows, 11, &i->verified);
	return r;
}

static int read_blobs(struct images *images, struct image *i, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = images->db};
	int r = db_query(&rows, why, "SELECT digest, size FROM blob WHERE reference=?", "s",
			 i->reference);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct image_blob *b =
			array_add((void **)&i->blobs, &i->n_blobs, sizeof(struct image_blob));

		if (!b)
			return fail(why, -ENOMEM, "out of memory");
		get_digest(&rows, 0, b->digest);
		b->size = (uint64_t)db_int(&rows, 1);
	}
	return r;
}

static int list(struct images *images, const char *reference, struct image_list *ret,
		struct reason *why)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	_rows_ struct db_rows rows = {.db = images->db};
	int r = db_query(
		&rows, why,
		"SELECT reference, digest, manifest, object, media_type, dialect, source, labels, pulled_at, used_at, rule, verified, evidence FROM image"
		" WHERE ?1 IS NULL OR reference=?1 OR digest=?1 OR manifest=?1"
		" ORDER BY reference=?1 DESC, reference",
		"s", reference);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct image *i = array_add((void **)&l.items, &l.n, sizeof(struct image));

		r = i ? read_row(&rows, i) : -ENOMEM;
		if (r < 0)
			return fail(why, r, "cannot read the table of images: %s", strerror(-r));
		r = read_blobs(images, i, why);
	}
	if (r < 0)
		return r;
	*ret = l;
	l = (struct image_list){0};
	return 0;
}

int images_list(struct images *images, struct image_list *ret, struct reason *why)
{
	int r;

	pthread_mutex_lock(&images->lock);
	r = list(images, NULL, ret, why);
	pthread_mutex_unlock(&images->lock);
	return r;
}

int images_get(struct images *images, const char *reference, struct image *ret, struct reason *why)
{
	_cleanup_(image_list_done) struct image_list l = {0};
	int r;

	pthread_mutex_lock(&images->lock);
	r = list(images, reference, &l, why);
	pthread_mutex_unlock(&images->lock);
	if (r < 0 || l.n == 0)
		return r;
	*ret = l.items[0];
	l.items[0] = (struct image){0};
	return 1;
}

static int put_row(struct db *db, const struct image *i, struct reason *why)
{
	_text_ struct text labels = {0};

	image_labels_encode(&i->labels, &labels);
	if (labels.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return db_run(db, why, "INSERT OR REPLACE INTO image VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
		      "sssssssbiisss", i->reference, i->digest, i->manifest, i->object,
		      i->media_type, i->dialect, i->source, labels.data, labels.len,
		      (int64_t)i->pulled_at, (int64_t)i->used_at, i->rule, i->verified,
		      i->evidence);
}

static int put(struct images *images, const struct image *i, struct reason *why)
{
	int r = 0;

	for (size_t k = 0; k < i->n_blobs; k++)
		if (faccessat(images->dir, blobs_name(i->blobs[k].digest), F_OK, 0) < 0)
			return fail(why, -EAGAIN, "a blob of %s was removed while it was pulled",
				    i->reference);
	r = put_row(images->db, i, why);
	for (size_t k = 0; k < i->n_blobs && r == 0; k++)
		r = db_run(images->db, why, "INSERT OR REPLACE INTO blob VALUES(?,?,?)", "ssi",
			   i->reference, i->blobs[k].digest, (int64_t)i->blobs[k].size);
	return r;
}

/* Those of @was that no name has any more. */
static void drop_blobs(struct images *images, const struct image *was, uint64_t *ret_bytes)
{
	for (size_t k = 0; k < was->n_blobs; k++) {
		const char *name = blobs_name(was->blobs[k].digest);

		if (is_known(name, images) == 0 && unlinkat(images->dir, name, 0) == 0)
			*ret_bytes += was->blobs[k].size;
	}
}

static int replace(struct images *images, const struct image *i, struct reason *why)
{
	_cleanup_(image_list_done) struct image_list was = {0};
	uint64_t bytes = 0;
	int r = list(images, i->reference, &was, why);

	if (r == 0)
		r = db_script(images->db, "BEGIN IMMEDIATE", why);
	if (r < 0)
		return r;
	r = put(images, i, why);
	if (r < 0) {
		db_script(images->db, "ROLLBACK", NULL);
		return r;
	}
	r = db_script(images->db, "COMMIT", why);
	if (r == 0 && was.n > 0 && strcmp(was.items[0].reference, i->reference) == 0)
		drop_blobs(images, &was.items[0], &bytes);
	return r;
}

int images_put(struct images *images, const struct image *image, struct reason *why)
{
	int r;

	pthread_mutex_lock(&images->lock);
	r = replace(images, image, why);
	pthread_mutex_unlock(&images->lock);
	return r;
}

int images_is_used(struct images *images, const struct image *image, struct reason *why)
{
	int r;

	pthread_mutex_lock(&images->lock);
	r = store_program_has_digest(images->programs, image->object, why);
	pthread_mutex_unlock(&images->lock);
	return r;
}

void images_touch(struct images *images, const char *reference, uint64_t now)
{
	pthread_mutex_lock(&images->lock);
	db_run(images->db, NULL, "UPDATE image SET used_at=? WHERE reference=?", "is", (int64_t)now,
	       reference);
	pthread_mutex_unlock(&images->lock);
}

static int remove_locked(struct images *images, const char *reference, uint64_t *ret_bytes,
			 struct reason *why)
{
	_cleanup_(image_list_done) struct image_list was = {0};
	int r = list(images, reference, &was, why);

	if (r == 0 && was.n == 0)
		r = fail(why, -ENOENT, "no image %s in the store", reference);
	if (r == 0)
		r = db_run(images->db, why, "DELETE FROM image WHERE reference=?", "s",
			   was.items[0].reference);
	if (r == 0)
		drop_blobs(images, &was.items[0], ret_bytes);
	return r;
}

int images_remove(struct images *images, const char *reference, uint64_t *ret_bytes,
		  struct reason *why)
{
	int r;

	pthread_mutex_lock(&images->lock);
	r = remove_locked(images, reference, ret_bytes, why);
	pthread_mutex_unlock(&images->lock);
	return r;
}

static int total(struct db *db, uint64_t *ret, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = db};
	int r = db_query(
		&rows, why,
		"SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT digest, size FROM blob)", "");

	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	*ret = (uint64_t)db_int(&rows, 0);
	return 0;
}

int images_total(struct images *images, uint64_t *ret, struct reason *why)
{
	int r;

	pthread_mutex_lock(&images->lock);
	r = total(images->db, ret, why);
	pthread_mutex_unlock(&images->lock);
	return r;
}

int images_open_blob(const struct images *images, const char *digest, struct reason *why)
{
	return blobs_open(images->dir, digest, why);
}

int images_begin(struct images *images, const char *reference)
{
	return turns_take(images->turns, reference);
}

void images_end(struct images *images, const char *reference)
{
	turns_give(images->turns, reference);
}
