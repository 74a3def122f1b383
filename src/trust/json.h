/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and bytes that free themselves. For the files of this folder. */
#pragma once

#include <jansson.h>
#include <stdlib.h>

#include "trust/rule.h"

static inline void trust_json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(trust_json_freep)

static inline void trust_bytes_done(struct trust_bytes *b)
{
	free(b->data);
}

#define _bytes_ _cleanup_(trust_bytes_done)
