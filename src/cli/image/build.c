/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "image build": hands over to the program that writes OCI layouts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/verb.h"

#define BUILDER "bpfd-image-build"

static int run_image_build(struct cli *cli, const struct call *call)
{
	const char *dir = secure_getenv("BPFD_LIBEXEC");
	_free_ char **argv = calloc(call->n + 2, sizeof(*argv));
	_text_ struct text path = {0};

	text_add(&path, "%s/" BUILDER, dir && *dir ? dir : BPFD_LIBEXECDIR);
	if (!argv || path.r < 0)
		return fail(&cli->why, -ENOMEM, "out of memory");
	/* What its own messages begin with. */
	argv[0] = (char *)(uintptr_t) "bpfctl image build";
	for (size_t i = 0; i < call->n; i++)
		argv[i + 1] = (char *)(uintptr_t)call->args[i];
	execv(path.data, argv);
	if (errno == ENOENT)
		reason_hint(&cli->why, "it belongs to the package of bpfd; $BPFD_LIBEXEC names "
				       "its directory");
	return fail(&cli->why, -errno, "%s: %s", path.data, strerror(errno));
}

const struct verb verb_image_build = {
	.name = "image build",
	.args = "-t oci:DIR[:TAG] FILE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "write an object into a local OCI layout",
	.more = "\"bpfctl image build --help\" shows the options of the builder.",
	.run = run_image_build,
};
