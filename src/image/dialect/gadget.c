/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images of Inspektor Gadget: one layer is the object, as it is. Its gadget.yaml and its wasm
 * module say how Inspektor Gadget shows what the object finds; nothing of that is run here. */
#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/dialect/raw.h"
#include "image/manifest.h"

#define PREFIX	"application/vnd.gadget."
#define PROGRAM PREFIX "ebpf.program.v1+binary"

static bool is_gadget(const struct image_manifest *m)
{
	return (m->artifact_type && strncmp(m->artifact_type, PREFIX, strlen(PREFIX)) == 0) ||
	       strncmp(m->config.media_type, PREFIX, strlen(PREFIX)) == 0 ||
	       raw_count(m, PROGRAM) > 0;
}

static int read_gadget(const struct image_source *source, const struct image_manifest *m,
		       struct image_object *ret, struct reason *why)
{
	size_t n = raw_count(m, PROGRAM);
	int r;

	if (n == 1)
		return raw_read(source, raw_find(m, PROGRAM), ret, why);
	if (n > 1)
		return fail(why, -ENOEXEC, "the gadget has %zu programs, and one is to be loaded",
			    n);
	r = fail(why, -ENOEXEC, "the gadget has no eBPF program");
	reason_hint(why, "what it does it does in wasm or in Inspektor Gadget itself: run it with "
			 "ig or kubectl gadget");
	return r;
}

const struct image_dialect image_dialect_gadget = {"gadget", is_gadget, read_gadget};
