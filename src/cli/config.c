/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs of configs: apply, delete, and how one is shown. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/image/login.h"
#include "cli/noun.h"

/* The daemon's bound is lower; this one only keeps /dev/zero out. */
#define MANIFEST_SIZE_MAX ((size_t)16 << 20)

static void free_configs(struct bpfd_configs **configs)
{
	bpfd_configs_free(*configs);
}

static void free_changes(struct bpfd_changes **changes)
{
	bpfd_changes_free(*changes);
}

static void show_config(struct output *out, const struct bpfd_config *c)
{
	const char *key, *value, *bytecode;

	output_text(out, "name", "NAME", bpfd_config_name(c));
	output_number(out, "programs", "PROGRAMS", bpfd_config_programs(c));
	output_number(out, "links", "LINKS", bpfd_config_links(c));
	output_bool(out, "is_selected", "SELECTED", bpfd_config_is_selected(c));
	output_number(out, "generation", "GENERATION", bpfd_config_generation(c));
	output_time(out, "applied_at", "AGE", bpfd_config_applied_at(c));
	output_number(out, "owner_uid", "+OWNER", bpfd_config_owner_uid(c));
	output_words(out, "bytecode", "+BYTECODE");
	for (size_t i = 0; (bytecode = bpfd_config_bytecode(c, i)); i++)
		output_word(out, bytecode);
	output_words_end(out);
	output_pairs(out, "labels", "+LABELS");
	for (size_t i = 0; bpfd_config_label(c, i, &key, &value); i++)
		output_pair(out, key, value);
	output_pairs_end(out);
}

/* As a manifest, so that it can be applied again. */
static int print_manifest(struct cli *cli, const struct bpfd_config *c, bool is_first)
{
	_free_ char *text = NULL;
	int r = bpfd_config_format(c, &text);

	if (r < 0)
		return fail(&cli->why, r, "config %s: %s", bpfd_config_name(c), strerror(-r));
	printf("%s%s", is_first ? "" : "---\n", text);
	return 0;
}

int config_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_configs) struct bpfd_configs *configs = NULL;
	bool is_manifest = output_format(out) == OUTPUT_YAML;
	const struct bpfd_config *c;
	int r = bpfd_config_list(cli->conn, opts, &configs);

	if (r < 0)
		return r;
	if (!opts->ref && !is_manifest)
		output_list(out, "configs");
	for (size_t i = 0; (c = bpfd_configs_get(configs, i)) && r == 0; i++) {
		if (is_manifest) {
			r = print_manifest(cli, c, i == 0);
			continue;
		}
		output_record(out, "config", bpfd_config_name(c));
		show_config(out, c);
		output_record_end(out);
	}
	if (!opts->ref && !is_manifest)
		output_list_end(out);
	return r;
}

static int read_manifest(struct cli *cli, const char *file, char **ret, size_t *ret_len)
{
	bool is_stdin = strcmp(file, "-") == 0;
	_close_ int fd = is_stdin ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	_text_ struct text t = {0};
	char buf[4096];
	ssize_t n;

	if (!is_stdin && fd < 0)
		return fail(&cli->why, -errno, "%s: %s", file, strerror(errno));
	while ((n = read(is_stdin ? STDIN_FILENO : fd, buf, sizeof(buf))) > 0) {
		text_add_bytes(&t, buf, (size_t)n);
		if (t.len > MANIFEST_SIZE_MAX)
			return fail(&cli->why, -EFBIG, "%s: larger than %zu MiB", file,
				    MANIFEST_SIZE_MAX >> 20);
	}
	if (n < 0 || t.r < 0)
		return fail(&cli->why, n < 0 ? -errno : t.r, "%s: cannot be read", file);
	*ret_len = t.len;
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

static void print_changes(const struct bpfd_changes *changes, const char *suffix)
{
	const struct bpfd_change *c;
	const char *text;

	for (size_t i = 0; (text = bpfd_changes_warning(changes, i)); i++)
		fprintf(stderr, "warning: %s\n", text);
	for (size_t i = 0; (c = bpfd_changes_get(changes, i)); i++)
		printf("%s: %s%s%s%s%s%s\n", bpfd_change_config(c), bpfd_change_verb(c),
		       *bpfd_change_object(c) ? " " : "", bpfd_change_object(c),
		       *bpfd_change_text(c) ? ", " : "", bpfd_change_text(c), suffix);
}

struct file_options {
	const char **files;
	bool dry_run;
};

static const struct option apply_options[] = {
	{'f', "file", "FILE", OPTION_LIST, offsetof(struct file_options, files),
	 "manifest, or - for standard input (repeatable)"},
	{0, "dry-run", NULL, OPTION_FLAG, offsetof(struct file_options, dry_run),
	 "only say what would change"},
	{0},
};

/* The caller's logins for the images of a manifest; what is wrong with it the library says later.
 */
static int send_logins(struct cli *cli, const struct bpfd_manifest *manifest)
{
	const struct login_options none = {.username = NULL};
	int r = 0;

	for (size_t i = 0; r == 0; i++) {
		_free_ char *image = NULL;

		if (bpfd_manifest_image(manifest, i, &image) < 0)
			break;
		r = login_send(cli, &none, image);
	}
	return r;
}

static int apply_file(struct cli *cli, const char *file, bool is_delete, bool dry_run)
{
	struct bpfd_manifest manifest = {.size = sizeof(manifest), .file_name = file};
	_cleanup_(free_changes) struct bpfd_changes *changes = NULL;
	_free_ char *text = NULL;
	int r = read_manifest(cli, file, &text, &manifest.len);

	if (r < 0)
		return r;
	manifest.text = text;
	r = is_delete || dry_run ? 0 : send_logins(cli, &manifest);
	if (r < 0)
		return r;
	r = is_delete ? bpfd_config_delete_manifest(cli->conn, &manifest, &changes)
		      : bpfd_config_apply(cli->conn, &manifest, dry_run, &changes);
	if (r == 0)
		print_changes(changes, dry_run ? " (dry run)" : "");
	return r;
}

static int run_apply(struct cli *cli, const struct call *call)
{
	const struct file_options *o = call->options;
	int r = 0;

	if (!o->files)
		return verb_usage(cli, "apply needs -f FILE");
	for (const char **file = o->files; *file && r == 0; file++)
		r = apply_file(cli, *file, false, o->dry_run);
	return r;
}

const struct verb verb_apply = {
	.name = "apply",
	.args = "-f FILE",
	.options = apply_options,
	.options_size = sizeof(struct file_options),
	.help = "make the host have what a manifest says",
	.more = "The manifest holds BpfProgramConfig objects, YAML or JSON, as \"kubectl apply\" takes\n"
		"them. Idempotent; all or nothing for each config; prints what it changed.",
	.run = run_apply,
};

static int delete_configs(struct cli *cli, const char *const *names)
{
	_cleanup_(free_changes) struct bpfd_changes *changes = NULL;
	int r = bpfd_config_delete(cli->conn, names, &changes);

	if (r == 0)
		print_changes(changes, "");
	return r;
}

static int delete_named(struct cli *cli, const struct call *call)
{
	const struct noun *noun = call->n > 1 ? noun_find(cli, call->args[0]) : NULL;
	int r = 0;

	if (call->n < 2)
		return verb_usage(cli, "delete needs -f FILE, or a noun and names");
	if (!noun)
		return -EINVAL;
	if (noun->get == config_get)
		return delete_configs(cli, call->args + 1);
	if (noun->get != program_get && noun->get != link_get)
		return verb_usage(cli, "%s end with their program", noun->name);
	for (size_t i = 1; i < call->n && r == 0; i++)
		r = noun->get == program_get ? program_delete(cli, call->args[i])
					     : link_delete(cli, call->args[i]);
	return r;
}

static int run_delete(struct cli *cli, const struct call *call)
{
	const struct file_options *o = call->options;
	int r = 0;

	if (!o->files)
		return delete_named(cli, call);
	if (call->n > 0)
		return verb_usage(cli, "delete takes -f FILE or names, not both");
	for (const char **file = o->files; *file && r == 0; file++)
		r = apply_file(cli, *file, true, false);
	return r;
}

static const struct option delete_options[] = {
	{'f', "file", "FILE", OPTION_LIST, offsetof(struct file_options, files),
	 "manifest whose configs are deleted, or - (repeatable)"},
	{0},
};

const struct verb verb_delete = {
	.name = "delete",
	.args = "-f FILE | config|program|link NAME...",
	.max_args = VERB_ANY,
	.options = delete_options,
	.options_size = sizeof(struct file_options),
	.help = "delete configs, programs or links",
	.more = "A program goes with its links, a config with all that it made.",
	.run = run_delete,
};
