/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the daemon's configuration, and images through the mirrors of it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a mirror gives is a local layout. */
static void resolve(const struct settings *settings, const char *ref)
{
	_cleanup_(bytecode_done) struct bytecode bytecode = {.url = NULL};
	_free_ char *text = NULL;

	if (settings_resolve_image(settings, ref, &text, NULL) < 0)
		return;
	if (bytecode_parse(text, &bytecode, NULL) == 0 && bytecode.scheme != BYTECODE_OCI)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(settings_done) struct settings settings = {.n_rules = 0};
	_free_ char *text = strndup((const char *)data, size);

	if (settings_parse((const char *)data, size, "/fuzz", &settings, NULL) < 0)
		return 0;
	resolve(&settings, "image://quay.io/bpfd-bytecode/go-xdp-counter:latest");
	if (text)
		resolve(&settings, text);
	for (size_t i = 0; i < settings.n_mirrors; i++)
		resolve(&settings, settings.mirrors[i].prefix);
	return 0;
}
