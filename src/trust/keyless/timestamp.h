/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps of RFC 3161. */
#pragma once

#include "trust/keyless/root.h"

/**
 * timestamp_verify() - when did an authority of the trust root see @signature?
 * @response: a TimeStampResp, DER.
 *
 * Return: 0, -EACCES (the text says which step failed).
 */
int timestamp_verify(const struct trust_root *root, const struct key_bytes *response,
		     const struct key_bytes *signature, time_t *ret_at, struct reason *why);
