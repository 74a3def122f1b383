/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "diff": what applying a file would change. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/cluster.h"
#include "kubectl/print.h"
#include "kubectl/text/lines.h"
#include "kubectl/text/yaml.h"
#include "kubectl/verb.h"
#include "manifest/program_config.h"
#include "manifest/yaml_read.h"
#include "model/config.h"

#define STATUS_DIFFERS 1
#define STATUS_TROUBLE 2

struct diff_options {
	const char *file;
};

/* A file, or standard input for "-"; a pipe may be one. */
static int read_file(struct kubectl *k, const char *path, struct text *ret)
{
	bool is_stdin = strcmp(path, "-") == 0;
	_close_ int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char buffer[65536];
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && ret->len <= YAML_SIZE_MAX) {
		n = read(fd, buffer, sizeof(buffer));
		if (n > 0)
			text_add_bytes(ret, buffer, (size_t)n);
	}
	if (n < 0)
		return fail(&k->why, -errno, "cannot read %s: %s", path, strerror(errno));
	if (ret->len > YAML_SIZE_MAX)
		return fail(&k->why, -EFBIG, "%s: more than %u bytes", path, YAML_SIZE_MAX);
	return ret->r;
}

/* The config in the cluster as the reader of manifests puts it; what it does not take, as it is. */
static int format_object(const json_t *object, struct text *ret)
{
	_cleanup_(manifest_done) struct manifest manifest = {0};
	_json_ json_t *bare = json_pack(
		"{s:s, s:s, s:{s:s, s:O*}, s:O*}", "apiVersion", MANIFEST_API_VERSION, "kind",
		MANIFEST_KIND, "metadata", "name", kube_name(object), "labels",
		kube_get(object, "metadata.labels"), "spec", json_object_get(object, "spec"));
	_free_ char *json = bare ? json_dumps(bare, JSON_INDENT(1)) : NULL;
	int r;

	if (!json)
		return -ENOMEM;
	r = manifest_parse_object(json, strlen(json), &manifest, NULL);
	if (r == -ENOMEM)
		return r;
	if (r == 0)
		manifest_format(&manifest.configs[0], ret);
	else
		yaml_of_json(bare, ret);
	return ret->r;
}

/* Return: 1 it differs, 0 it does not, -errno. */
static int diff_config(struct kubectl *k, const struct config *config, const char *file)
{
	_text_ struct text path = {0}, there = {0}, here = {0}, hunks = {0};
	_json_ json_t *object = NULL;
	int r;

	cluster_path(&path, "bpfprogramconfigs", config->name);
	r = cluster_find(k, path.data, &object);
	if (r < 0)
		return r;
	if (object)
		r = format_object(object, &there);
	manifest_format(config, &here);
	if (r == 0)
		r = here.r;
	if (r == 0)
		r = lines_compare(there.data ? there.data : "", here.data ? here.data : "", &hunks);
	if (r > 0)
		print(stdout, "--- %s%s\n+++ %s/%s\n%s", object ? "cluster/" : "/dev/null",
		      object ? config->name : "", file, config->name, hunks.data);
	return r;
}

static int run_diff(struct kubectl *k, const struct call *call)
{
	const struct diff_options *o = call->options;
	_cleanup_(manifest_done) struct manifest manifest = {0};
	_text_ struct text text = {0};
	int status = STATUS_OK, r;

	if (!o->file)
		return verb_usage(k, "diff needs -f FILE");
	r = read_file(k, o->file, &text);
	if (r == 0)
		r = manifest_parse(text.data ? text.data : "", text.len, o->file, &manifest,
				   &k->why);
	for (size_t i = 0; r >= 0 && i < manifest.n; i++) {
		r = diff_config(k, &manifest.configs[i], o->file);
		if (r > 0)
			status = STATUS_DIFFERS;
	}
	return r < 0 ? r : status;
}

static const struct option diff_options[] = {
	{'f', "filename", "FILE", OPTION_TEXT, offsetof(struct diff_options, file),
	 "manifest with one or more configs; - is standard input"},
	{0},
};

const struct verb verb_diff = {
	.name = "diff",
	.args = "-f FILE",
	.error_status = STATUS_TROUBLE,
	.options = diff_options,
	.options_size = sizeof(struct diff_options),
	.help = "show what applying a file would change",
	.more = "The file is checked as bpfd checks it. Both sides are written in the general form, so that only "
		"what means\nsomething else differs. Exit status: 0 nothing differs, 1 something does, 2 an "
		"error.",
	.run = run_diff,
};
