/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a line of a watch: no crash, and what is told about has a name that fits a path. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kube/json.h"
#include "kube/watch_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct watch_line line;
	bool is_told;

	if (watch_line_decode((const char *)data, size, &line) < 0)
		return 0;
	is_told = line.kind == WATCH_CHANGED || line.kind == WATCH_DELETED;
	if (line.kind >= _WATCH_LINE_KIND_MAX || !line.version || is_told != !!line.object)
		abort();
	if (is_told && (!*line.version || !*kube_name(line.object) ||
			strlen(kube_name(line.object)) >= KUBE_NAME_SIZE ||
			strchr(kube_name(line.object), '/')))
		abort();
	watch_line_done(&line);
	return 0;
}
