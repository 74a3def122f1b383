/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how names are made that nobody else has. */
#include "model/uuid.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>

void uuid_new(char ret[static UUID_TEXT_SIZE])
{
	unsigned char b[16];
	size_t at = 0;

	/* Cannot fail: 16 bytes are below the size that may be interrupted. */
	while (getrandom(b, sizeof(b), 0) != sizeof(b))
		;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[at++] = '-';
		at += (size_t)snprintf(ret + at, UUID_TEXT_SIZE - at, "%02x", b[i]);
	}
}
