/* SPDX-License-Identifier: Apache-2.0 */
/* Owned bytes out of a buffer. For the files of this folder. */
#pragma once

#include "base/buf.h"
#include "trust/rule.h"

/* A copy with a NUL behind it; errors are the reader's. */
void trust_bytes_get(struct buf_reader *rd, struct trust_bytes *ret);
