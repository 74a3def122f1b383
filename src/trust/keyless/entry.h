/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry of the log says: hashedrekord and dsse, 0.0.1 and 0.0.2. */
#pragma once

#include "trust/keyless/log.h"

/* Are hash, signature and certificate of the entry those of the subject? Return: 0, -EACCES. */
int entry_check(const struct key_bytes *body, const struct log_subject *subject,
		struct reason *why);
