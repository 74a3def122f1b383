/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes of an answer; who sends and receives it is up to main.c and the fork server. */
#include "image/answer.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/image_labels.h"

#define ERRNO_MAX 4095

void image_answer_encode(const struct image_labels *labels, const char *digest, struct text *w)
{
	_text_ struct text flat = {0};

	if (labels)
		image_labels_encode(labels, &flat);
	if (flat.r < 0)
		w->r = flat.r;
	buf_put_u32(w, 0);
	buf_put_str(w, digest);
	buf_put_bytes(w, flat.data, flat.len);
}

void image_answer_encode_failure(const struct reason *why, struct text *w)
{
	buf_put_u32(w, (uint32_t)(why->code < 0 ? -why->code : EIO));
	buf_put_str(w, why->text);
	buf_put_str(w, why->hint);
}

static int decode_failure(struct buf_reader *rd, int code, struct reason *why)
{
	_free_ char *text = buf_get_str(rd, sizeof(why->text) - 1);
	_free_ char *hint = buf_get_str(rd, sizeof(why->hint) - 1);

	if (buf_reader_end(rd) < 0 || code > ERRNO_MAX || !text_is_clean(text, sizeof(why->text)) ||
	    !text_is_clean(hint, sizeof(why->hint)))
		return fail(why, -EBADMSG, "the image parser gave a broken answer");
	if (hint[0] != '\0')
		reason_hint(why, "%s", hint);
	return fail(why, -code, "%s", text);
}

static int decode_success(struct buf_reader *rd, struct image_labels *ret_labels,
			  char ret_digest[static DIGEST_TEXT_SIZE])
{
	_free_ char *digest = buf_get_str(rd, DIGEST_TEXT_SIZE - 1);
	size_t len = 0;
	const void *flat = buf_get_bytes(rd, IMAGE_ANSWER_MAX, &len);
	int r = buf_reader_end(rd);

	if (r < 0)
		return r;
	if (!ret_labels)
		return 0;
	if (!digest_is_valid(digest))
		return -EBADMSG;
	r = image_labels_decode(flat, len, ret_labels);
	if (r < 0)
		return r;
	memcpy(ret_digest, digest, DIGEST_TEXT_SIZE);
	return 0;
}

int image_answer_decode(const void *data, size_t len, struct image_labels *ret_labels,
			char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	struct buf_reader rd;
	uint32_t code;
	int r;

	buf_reader_init(&rd, data, len);
	code = buf_get_u32(&rd);
	if (code != 0)
		return decode_failure(&rd, (int)(code > ERRNO_MAX ? ERRNO_MAX + 1 : code), why);
	r = decode_success(&rd, ret_labels, ret_digest);
	return r < 0 ? fail(why, r, "the image parser gave a broken answer") : 0;
}
