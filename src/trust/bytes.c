/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the copy of foreign bytes, with its bound. */
#include "trust/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void trust_bytes_get(struct buf_reader *rd, struct trust_bytes *ret)
{
	const void *data = buf_get_bytes(rd, TRUST_FILE_MAX, &ret->len);

	if (rd->r < 0 || ret->len == 0)
		return;
	ret->data = calloc(1, ret->len + 1);
	if (ret->data)
		memcpy(ret->data, data, ret->len);
	else
		rd->r = -ENOMEM;
}
