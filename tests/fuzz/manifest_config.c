/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a manifest: no crash, and what is accepted is the same after it was written. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/program_config.h"
#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct config *config)
{
	_text_ struct text once = {.data = NULL};
	_text_ struct text twice = {.data = NULL};
	_cleanup_(manifest_done) struct manifest back = {.n = 0};

	manifest_format(config, &once);
	if (manifest_parse(once.data, once.len, "/once", &back, NULL) < 0 || back.n != 1)
		abort();
	manifest_format(back.configs, &twice);
	if (strcmp(once.data, twice.data) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_reason_ struct reason why = {.code = 0};
	_cleanup_(manifest_done) struct manifest manifest = {.n = 0};
	int r = manifest_parse((const char *)data, size, "/fuzz", &manifest, &why);

	/* A refusal is one clean line that begins with the file. */
	if (r < 0 && (strncmp(why.text, "/fuzz:", 6) != 0 || strchr(why.text, '\n')))
		abort();
	for (size_t i = 0; r == 0 && i < manifest.n; i++)
		check_round_trip(&manifest.configs[i]);
	return 0;
}
