/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading for signatures what copy/place.h reads for copies. */
#include "sign/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/reason.h"

bool sign_is_file(const char *word)
{
	struct stat st;

	return strncmp(word, "oci:", 4) != 0 && !strstr(word, "://") && stat(word, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

static void take(struct registry_document *d, struct trust_bytes *ret)
{
	*ret = (struct trust_bytes){take_ptr(d->data), d->len};
}

static int read_document(void *data, const char *version, struct trust_bytes *ret,
			 struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = place_document(data, version, &d, why);

	if (r == 0)
		take(&d, ret);
	return r;
}

static int read_referrers(void *data, const char *digest, struct trust_bytes *ret,
			  struct reason *why)
{
	_document_ struct registry_document d = {0};
	struct place *place = data;
	int r = place->registry ? registry_referrers(place->registry, digest, &d, why) : -ENOENT;

	if (r == 0)
		take(&d, ret);
	return r;
}

static int read_blob(void *data, const char *digest, uint64_t size, struct trust_bytes *ret,
		     struct reason *why)
{
	const struct image_descriptor d = {.digest = digest, .size = size};
	struct image_bytes bytes;
	int r = place_blob(data, &d, &bytes, why);

	if (r == 0)
		*ret = (struct trust_bytes){bytes.data, bytes.len};
	return r;
}

struct signature_reader sign_reader(struct place *place)
{
	return (struct signature_reader){.data = place,
					 .document = read_document,
					 .referrers = read_referrers,
					 .blob = read_blob};
}

int sign_read_file(const char *path, size_t max, struct trust_bytes *ret, struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = fd < 0 ? -errno : fd_read_all(fd, max, &ret->data, &ret->len);

	return r < 0 ? fail(why, r, "%s: %s", path, strerror(-r)) : 0;
}
