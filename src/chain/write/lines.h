/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of source, so that profilers and the verifier name the member and its line. */
#pragma once

#include "chain/write/emit.h"

#define LINES_RECORD 16

/* A line of the linker's own at the next instruction. */
void lines_add(struct writer *w, const char *file, const char *text);
/* Lines of member @i for its instructions from @start to @end, which begin at @at in the segment.
 */
struct lines_range {
	size_t member;
	uint32_t start;
	uint32_t end;
	uint32_t at;
};
void lines_copy(struct writer *w, const struct lines_range *range);
