/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs of the daemon's store of images: pull, ls, rm, prune, tag. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/image/login.h"
#include "cli/noun.h"

/* Digits that tables show, as other tools do. */
#define SHORT_DIGEST 12

static void free_images(struct bpfd_images **images)
{
	bpfd_images_free(*images);
}

void image_show(struct output *out, const struct bpfd_image *i)
{
	const char *blob, *digest = bpfd_image_digest(i);
	char brief[SHORT_DIGEST + 1];

	snprintf(brief, sizeof(brief), "%s",
		 strncmp(digest, "sha256:", 7) == 0 ? digest + 7 : digest);
	output_text(out, "reference", "REFERENCE", bpfd_image_reference(i));
	output_text(out, "digest", "+FULL DIGEST", digest);
	output_text(out, NULL, "DIGEST", brief);
	output_number(out, "size", "SIZE", bpfd_image_size(i));
	output_bool(out, "is_used", NULL, bpfd_image_is_used(i));
	output_text(out, NULL, "STATE", bpfd_image_is_used(i) ? "used" : "");
	output_time(out, "pulled_at", "PULLED", bpfd_image_pulled_at(i));
	output_time(out, "used_at", "+USED", bpfd_image_used_at(i));
	output_text(out, "manifest", "+MANIFEST", bpfd_image_manifest(i));
	output_text(out, "object", "+OBJECT", bpfd_image_object(i));
	output_text(out, "verified", "+VERIFIED", bpfd_image_verified(i));
	output_text(out, "dialect", "+DIALECT", bpfd_image_dialect(i));
	output_text(out, "source", "+SOURCE", bpfd_image_source(i));
	output_text(out, "media_type", NULL, bpfd_image_media_type(i));
	output_words(out, "blobs", NULL);
	for (size_t k = 0; (blob = bpfd_image_blob(i, k)); k++)
		output_word(out, blob);
	output_words_end(out);
}

static int show_images(struct output *out, struct bpfd_images *images, bool is_list)
{
	const struct bpfd_image *image;

	if (is_list)
		output_list(out, "images");
	for (size_t i = 0; (image = bpfd_images_get(images, i)); i++) {
		output_record(out, "image", bpfd_image_reference(image));
		image_show(out, image);
		output_record_end(out);
	}
	if (is_list)
		output_list_end(out);
	return 0;
}

int image_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_images) struct bpfd_images *images = NULL;
	int r = bpfd_image_list(cli->conn, opts, &images);

	return r < 0 ? r : show_images(out, images, !opts->ref);
}

struct image_options {
	const char *format;
	const char *policy;
	struct login_options login;
	bool force;
	bool all;
};

static const struct option ls_options[] = {
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct image_options, format),
	 "table, wide, json, yaml or name"},
	{0},
};

static int run_ls(struct cli *cli, const struct call *call)
{
	const struct image_options *o = call->options;
	struct bpfd_list_opts opts = {.size = sizeof(opts),
				      .ref = call->n > 0 ? call->args[0] : NULL};
	_output_ struct output *out = noun_output_new(cli, o->format);
	int r = out ? image_get(cli, &opts, out) : -EINVAL;

	return r < 0 ? r : output_finish(out);
}

const struct verb verb_image_ls = {
	.name = "image ls",
	.args = "[REFERENCE]",
	.max_args = 1,
	.options = ls_options,
	.options_size = sizeof(struct image_options),
	.help = "list the images of the daemon's store",
	.run = run_ls,
};

static const struct option pull_options[] = {
	{0, "policy", "POLICY", OPTION_TEXT, offsetof(struct image_options, policy),
	 "Always (the default here), IfNotPresent or Never"},
	LOGIN_OPTIONS(image_options, login),
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct image_options, format),
	 "table, wide, json, yaml or name"},
	{0},
};

static int run_pull(struct cli *cli, const struct call *call)
{
	const struct image_options *o = call->options;
	struct bpfd_pull_opts opts = {
		.size = sizeof(opts), .reference = call->args[0], .policy = o->policy};
	_cleanup_(free_images) struct bpfd_images *images = NULL;
	_output_ struct output *out = o->format ? noun_output_new(cli, o->format) : NULL;
	const struct bpfd_image *image;
	int r = o->format && !out ? -EINVAL : login_send(cli, &o->login, call->args[0]);

	if (r >= 0)
		r = bpfd_image_pull(cli->conn, &opts, &images);
	if (r < 0)
		return r;
	image = bpfd_images_get(images, 0);
	if (!out) {
		printf("%s %s\n", bpfd_image_reference(image), bpfd_image_digest(image));
		return 0;
	}
	show_images(out, images, false);
	return output_finish(out);
}

const struct verb verb_image_pull = {
	.name = "image pull",
	.args = "REFERENCE",
	.min_args = 1,
	.max_args = 1,
	.options = pull_options,
	.options_size = sizeof(struct image_options),
	.help = "get an image from its registry into the daemon's store",
	.more = "Prints name and digest. Logins of podman and docker are used, their credential helpers too.\n\n"
		"  bpfctl image pull quay.io/bpfman-bytecode/xdp_pass:latest\n"
		"  bpfctl load image://quay.io/bpfman-bytecode/xdp_pass:latest",
	.run = run_pull,
};

static const struct option rm_options[] = {
	{'f', "force", NULL, OPTION_FLAG, offsetof(struct image_options, force),
	 "also one that a loaded program comes from; what is loaded stays loaded"},
	{0},
};

static int run_rm(struct cli *cli, const struct call *call)
{
	const struct image_options *o = call->options;

	for (size_t i = 0; i < call->n; i++) {
		int r = bpfd_image_remove(cli->conn, call->args[i], o->force, NULL);

		if (r < 0)
			return r;
		printf("image %s removed\n", call->args[i]);
	}
	return 0;
}

const struct verb verb_image_rm = {
	.name = "image rm",
	.args = "REFERENCE...",
	.min_args = 1,
	.max_args = VERB_ANY,
	.options = rm_options,
	.options_size = sizeof(struct image_options),
	.help = "remove images from the daemon's store",
	.run = run_rm,
};

static int run_prune(struct cli *cli, const struct call *call)
{
	uint64_t bytes = 0;
	int r;

	(void)call;
	r = bpfd_image_remove(cli->conn, NULL, false, &bytes);
	if (r == 0)
		printf("%llu bytes freed\n", (unsigned long long)bytes);
	return r;
}

const struct verb verb_image_prune = {
	.name = "image prune",
	.args = "",
	.help = "remove every image that no loaded program comes from",
	.run = run_prune,
};

static int run_tag(struct cli *cli, const struct call *call)
{
	int r = bpfd_image_tag(cli->conn, call->args[0], call->args[1]);

	if (r == 0)
		printf("image %s is also %s\n", call->args[0], call->args[1]);
	return r;
}

const struct verb verb_image_tag = {
	.name = "image tag",
	.args = "REFERENCE TARGET",
	.min_args = 2,
	.max_args = 2,
	.help = "give an image of the daemon's store a second name",
	.run = run_tag,
};
