/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts with a zero byte between: comparing them, as durations, and the first as a config whose
 * progress is told and which is laid out as YAML. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/text/lines.h"
#include "kubectl/text/progress.h"
#include "kubectl/text/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(const char *text)
{
	_json_ json_t *config = json_loads(text, 0, NULL);
	_text_ struct text line = {0}, yaml = {0};

	if (!config)
		return;
	progress_of(config, &line);
	yaml_of_json(config, &yaml);
	if (!line.data || !yaml.data)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_text_ struct text all = {0}, hunks = {0};
	unsigned int ms = 0;
	const char *a, *b;
	int r;

	text_add_bytes(&all, data, size);
	text_add_bytes(&all, "", 1);
	text_add_bytes(&all, "", 1);
	if (all.r < 0)
		return 0;
	a = all.data;
	b = a + strlen(a) + 1;
	r = lines_compare(a, b, &hunks);
	/* Texts without an end of their last line are the same as with one. */
	if (r < 0 || (strcmp(a, b) == 0 && r != 0) || (r > 0) != (hunks.len > 0))
		abort();
	progress_parse_duration(a, &ms);
	tell(a);
	return 0;
}
