/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the name of bytecode: what is accepted is accepted again in its canonical form, and
 * means the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bytecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(bytecode_done) struct bytecode once = {.url = NULL};
	_cleanup_(bytecode_done) struct bytecode twice = {.url = NULL};
	_free_ char *text = strndup((const char *)data, size);

	if (!text || bytecode_parse(text, &once, NULL) < 0)
		return 0;
	if (bytecode_parse(once.url, &twice, NULL) < 0 || once.scheme != twice.scheme ||
	    strcmp(once.path, twice.path) != 0)
		abort();
	return 0;
}
