/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as index, manifest and config of an image; labels that are accepted survive the way to
 * the daemon. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/labels.h"
#include "image/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_labels(const struct image_labels *labels)
{
	_cleanup_(image_labels_done) struct image_labels back = {.n_programs = 0};
	_text_ struct text once = {.data = NULL};
	_text_ struct text twice = {.data = NULL};

	image_labels_encode(labels, &once);
	if (image_labels_decode(once.data, once.len, &back) < 0)
		abort();
	image_labels_encode(&back, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
}

static void pick(const struct json_t *json)
{
	static const struct image_wish wishes[] = {
		{.architecture = "amd64"},
		{.tag = "v1", .architecture = "amd64"},
		{.architecture = "arm64", .is_nested = true},
	};

	for (size_t i = 0; i < array_size(wishes); i++) {
		_reason_ struct reason why = {.code = 0};
		struct image_descriptor d;

		if (image_index_pick(json, &wishes[i], &d, &why) < 0)
			continue;
		/* Whatever was picked can be asked about. */
		if (image_is_index(&d) && image_is_manifest(&d))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(image_config_done) struct image_config config = {.filename = NULL};
	_reason_ struct reason why = {.code = 0};
	struct image_manifest manifest;
	_json_ struct json_t *json = NULL;

	if (image_json_parse((const char *)data, size, "fuzz", &json, &why) < 0)
		return 0;
	pick(json);
	image_manifest_parse(json, &manifest, &why);
	if (image_config_parse(json, 1, &config, &why) == 0)
		check_labels(&config.labels);
	return 0;
}
