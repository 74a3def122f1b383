/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the digest's text form; the arithmetic is nettle's. */
#include "base/digest.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void finish(struct sha256_ctx *ctx, char ret[static DIGEST_TEXT_SIZE])
{
	uint8_t sum[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(sum), sum);
	memcpy(ret, "sha256:", 7);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(ret + 7 + 2 * i, 3, "%02x", sum[i]);
}

void digest_text(const void *data, size_t len, char ret[static DIGEST_TEXT_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	finish(&ctx, ret);
}

int digest_fd(int fd, size_t max, char ret[static DIGEST_TEXT_SIZE])
{
	struct sha256_ctx ctx;
	uint8_t part[16384];
	size_t total = 0;

	sha256_init(&ctx);
	for (;;) {
		ssize_t n = pread(fd, part, sizeof(part), (off_t)total);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > max)
			return -EFBIG;
		sha256_update(&ctx, (size_t)n, part);
	}
	finish(&ctx, ret);
	return 0;
}

bool digest_is_valid(const char *s)
{
	return strncmp(s, "sha256:", 7) == 0 && strlen(s) == DIGEST_TEXT_SIZE - 1 &&
	       strspn(s + 7, "0123456789abcdef") == 64;
}
