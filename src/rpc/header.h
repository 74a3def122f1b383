/* SPDX-License-Identifier: Apache-2.0 */
/* Text forms of gRPC header fields: percent-encoded messages, timeouts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Append @s: bytes < 0x20, > 0x7e and '%' become %XX. At most @max bytes are added; a cut never
 * falls inside a UTF-8 character. */
void rpc_header_percent_encode(struct text *w, const char *s, size_t max);

/* Decode in place; a '%' without two hexadecimal digits stays; %00 becomes a space. */
void rpc_header_percent_decode(char *s);

/* "grpc-timeout": 1 to 8 digits and one of H M S m u n; capped at ten years. Return: 0, -EINVAL. */
int rpc_header_parse_timeout(const char *s, uint64_t *ret_ns);

/* The shortest unit that fits 8 digits; @timeout_ms ≥ 0. */
void rpc_header_format_timeout(int timeout_ms, char ret[static 12]);
