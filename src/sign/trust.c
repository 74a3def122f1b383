/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "bpfctl trust": keys and trust roots of this host in one directory, checked before they get
 * there. A policy names them by their path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "sign/command.h"
#include "sign/file.h"
#include "trust/key.h"
#include "trust/keyless/keyless.h"

/* @what: "ECDSA P-256 key" and so on. */
struct anchor {
	char what[64];
	bool is_root;
};

static int describe(const struct trust_bytes *bytes, struct anchor *ret, struct reason *why)
{
	const struct key_bytes b = {bytes->data, bytes->len};
	struct trust_root *root = NULL;
	_key_ struct evp_pkey_st *key = NULL;

	if (bytes->len > 0 && bytes->data[0] == '{') {
		int r = trust_root_parse(&b, &root, why);

		if (r == 0)
			trust_root_describe(root, ret->what, sizeof(ret->what));
		trust_root_free(root);
		ret->is_root = true;
		return r;
	}
	if (key_read_public(&b, &key, why) < 0)
		return -EINVAL;
	key_describe(key, ret->what, sizeof(ret->what));
	return 0;
}

static const char *directory(void)
{
	const char *dir = secure_getenv("BPFD_TRUST_DIR");

	return dir && *dir ? dir : COMMAND_TRUST;
}

/* The file's own name, without directories and suffix. */
static int name_of(const struct command *c, const struct anchor *a, struct text *ret,
		   struct reason *why)
{
	const char *slash = strrchr(c->words[0], '/');
	const char *name = c->name ? c->name : slash ? slash + 1 : c->words[0];
	size_t n = c->name ? strlen(name) : strcspn(name, ".");

	text_add(ret, "%.*s", (int)n, name);
	if (ret->r == 0 && (!ret->data || !text_is_name(ret->data, 63)))
		return fail(why, -EINVAL, "\"%s\" is no name: --name gives it one", name);
	text_add(ret, "%s", a->is_root ? ".json" : ".pub");
	return ret->r < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

/* A reader sees the whole file or none. */
static int write_anchor(const char *path, const struct trust_bytes *bytes, struct reason *why)
{
	_text_ struct text temporary = {0};
	_close_ int fd = -1;
	int r;

	text_add(&temporary, "%s.new", path);
	if (temporary.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	fd = open(temporary.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, bytes->data, bytes->len);
	if (r == 0 && (fsync(fd) < 0 || rename(temporary.data, path) < 0))
		r = -errno;
	return r < 0 ? fail(why, r, "%s: %s", path, strerror(-r)) : 0;
}

static int import(struct command *c, struct reason *why)
{
	struct trust_bytes bytes = {0};
	_text_ struct text name = {0};
	_text_ struct text path = {0};
	struct anchor a = {.is_root = false};
	int r = sign_read_file(c->words[0], TRUST_FILE_MAX, &bytes, why);

	if (r == 0 && (r = describe(&bytes, &a, why)) < 0) {
		reason_prefix(why, "%s", c->words[0]);
		reason_hint(why, "a public key in PEM, or a trusted_root.json of Sigstore");
	}
	if (r == 0)
		r = name_of(c, &a, &name, why);
	if (r == 0 && mkdir(directory(), 0755) < 0 && errno != EEXIST)
		r = fail(why, -errno, "%s: %s", directory(), strerror(errno));
	text_add(&path, "%s/%s", directory(), name.data ? name.data : "");
	if (r == 0 && path.r < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = write_anchor(path.data, &bytes, why);
	if (r == 0)
		text_add(&c->out, "%s: %s\n", path.data, a.what);
	free(bytes.data);
	return r;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void show(const char *name, struct text *out)
{
	struct trust_bytes bytes = {0};
	_reason_ struct reason why = {0};
	_text_ struct text path = {0};
	struct anchor a = {.is_root = false};

	text_add(&path, "%s/%s", directory(), name);
	if (path.r < 0)
		return;
	if (sign_read_file(path.data, TRUST_FILE_MAX, &bytes, &why) == 0 &&
	    describe(&bytes, &a, &why) == 0)
		text_add(out, "%s: %s\n", path.data, a.what);
	else
		text_add(out, "%s: unusable, %s\n", path.data, why.text);
	free(bytes.data);
}

static int list(struct command *c, struct reason *why)
{
	struct dirent **entries = NULL;
	int n = scandir(directory(), &entries, is_shown, alphasort);

	if (n < 0)
		return errno == ENOENT ? 0
				       : fail(why, -errno, "%s: %s", directory(), strerror(errno));
	for (int i = 0; i < n; i++) {
		show(entries[i]->d_name, &c->out);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

const struct command_verb command_trust_import = {
	.name = "trust import",
	.usage =
		"usage: bpfctl trust import [--name NAME] FILE\n"
		"\n"
		"Checks a public key (PEM) or a trust root (trusted_root.json of Sigstore) and keeps\n"
		"it in " COMMAND_TRUST ". Prints the path, which a rule of the policy names.\n"
		"\n"
		"      --name NAME            what it is called; else after the file\n",
	.min_words = 1,
	.max_words = 1,
	.run = import,
};

const struct command_verb command_trust_list = {
	.name = "trust list",
	.usage = "usage: bpfctl trust list\n"
		 "\n"
		 "Shows the keys and trust roots in " COMMAND_TRUST ".\n",
	.min_words = 0,
	.max_words = 0,
	.run = list,
};
