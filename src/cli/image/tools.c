/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs that hand over to other programs: those write layouts and talk to registries, with
 * libraries that bpfctl shall not need. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/verb.h"

/* @says: what its own messages begin with. */
static int hand_over(struct cli *cli, const struct call *call, const char *program,
		     const char *says)
{
	const char *dir = secure_getenv("BPFD_LIBEXEC");
	_free_ char **argv = calloc(call->n + 2, sizeof(*argv));
	_text_ struct text path = {0};

	text_add(&path, "%s/%s", dir && *dir ? dir : BPFD_LIBEXECDIR, program);
	if (!argv || path.r < 0)
		return fail(&cli->why, -ENOMEM, "out of memory");
	argv[0] = (char *)(uintptr_t)says;
	for (size_t i = 0; i < call->n; i++)
		argv[i + 1] = (char *)(uintptr_t)call->args[i];
	execv(path.data, argv);
	if (errno == ENOENT)
		reason_hint(&cli->why, "it belongs to the package of bpfd; $BPFD_LIBEXEC names "
				       "its directory");
	return fail(&cli->why, -errno, "%s: %s", path.data, strerror(errno));
}

static int run_image_build(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-build", "bpfctl image build");
}

static int run_build_args(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-build", "bpfctl image generate-build-args");
}

static int run_image_copy(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-copy", "bpfctl image copy");
}

static int run_image_save(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-copy", "bpfctl image save");
}

static int run_image_load(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-copy", "bpfctl image load");
}

const struct verb verb_image_build = {
	.name = "image build",
	.args = "[-t TARGET] OBJECT",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "make an image of objects, in a layout or a registry",
	.more = "\"bpfctl image build --help\" shows the options of the builder.",
	.run = run_image_build,
};

const struct verb verb_image_args = {
	.name = "image generate-build-args",
	.args = "OBJECT",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "print the build arguments of a Containerfile for objects",
	.more = "\"bpfctl image build --help\" shows the options.",
	.run = run_build_args,
};

const struct verb verb_image_copy = {
	.name = "image copy",
	.args = "FROM TO",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "copy an image between layouts and registries",
	.more = "All machines of it. \"bpfctl image copy --help\" shows the options.",
	.run = run_image_copy,
};

static int run_image_inspect(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-inspect", "bpfctl image inspect");
}

static int run_image_history(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-inspect", "bpfctl image history");
}

static int run_image_tree(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-image-inspect", "bpfctl image tree");
}

const struct verb verb_image_inspect = {
	.name = "image inspect",
	.args = "IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "show what an image or a file holds, before it runs",
	.more = "\"bpfctl image inspect --help\" shows the options.",
	.run = run_image_inspect,
};

const struct verb verb_image_history = {
	.name = "image history",
	.args = "IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "show how an image was made",
	.more = "\"bpfctl image inspect --help\" shows the options.",
	.run = run_image_history,
};

const struct verb verb_image_tree = {
	.name = "image tree",
	.args = "IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "show the machines and layers below the name of an image",
	.more = "\"bpfctl image inspect --help\" shows the options.",
	.run = run_image_tree,
};

const struct verb verb_image_save = {
	.name = "image save",
	.args = "-o FILE IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "write an image of the store into an OCI archive or a layout",
	.more = "  bpfctl image save -o counter.tar quay.io/you/counter:v1",
	.run = run_image_save,
};

const struct verb verb_image_load = {
	.name = "image load",
	.args = "FILE IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "put an image of an OCI archive or a layout into the store",
	.more = "  bpfctl image load counter.tar quay.io/you/counter:v1",
	.run = run_image_load,
};

const struct verb verb_image_push = {
	.name = "image push",
	.args = "oci:DIR[:TAG] IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "copy an image of a local layout to a registry",
	.more = "  bpfctl image build -t oci:./counter:v1 counter.bpf.o\n"
		"  bpfctl image push oci:./counter:v1 quay.io/you/counter:v1",
	.run = run_image_copy,
};

static int run_image_sign(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-trust", "bpfctl image sign");
}

static int run_image_verify(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-trust", "bpfctl image verify");
}

static int run_trust_import(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-trust", "bpfctl trust import");
}

static int run_trust_list(struct cli *cli, const struct call *call)
{
	return hand_over(cli, call, "bpfd-trust", "bpfctl trust list");
}

const struct verb verb_image_sign = {
	.name = "image sign",
	.args = "--key FILE IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "sign an image or a file, as cosign does",
	.more = "  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem\n"
		"  bpfctl image sign --key key.pem quay.io/you/counter:v1",
	.run = run_image_sign,
};

const struct verb verb_image_verify = {
	.name = "image verify",
	.args = "IMAGE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "say whose signature the policy accepts, or why none",
	.more = "\"bpfctl image verify --help\" shows the options.",
	.run = run_image_verify,
};

const struct verb verb_trust_import = {
	.name = "trust import",
	.args = "FILE",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "keep a public key or a trust root for policies",
	.more = "\"bpfctl trust import --help\" shows the options.",
	.run = run_trust_import,
};

const struct verb verb_trust_list = {
	.name = "trust list",
	.args = "",
	.max_args = VERB_ANY,
	.is_raw = true,
	.help = "show the keys and trust roots of this host",
	.run = run_trust_list,
};
