/* SPDX-License-Identifier: Apache-2.0 */
/* Where an object comes from. */
#pragma once

struct reason;

enum bytecode_scheme { BYTECODE_FILE, BYTECODE_OCI, BYTECODE_IMAGE, _BYTECODE_SCHEME_MAX };

/**
 * struct bytecode - a parsed source. Strings owned.
 * @url:  as it was given, made canonical ("file:///x.o" for a bare path).
 * @path: file or layout directory (absolute); for images "host/repository[:tag][@digest]" with
 *        ":latest" where neither was given.
 * @tag:  of the layout or image, NULL when none was given.
 * @host, @repository, @digest: of images, else NULL. "docker.io/x" is "docker.io/library/x".
 */
struct bytecode {
	enum bytecode_scheme scheme;
	char *url;
	char *path;
	char *tag;
	char *host;
	char *repository;
	char *digest;
};

/**
 * bytecode_parse() - read "file:///x.o", "/x.o", "oci:/layout[:tag]",
 * "image://registry/repo:tag[@digest]".
 *
 * Relative paths are -EINVAL here: the client makes them absolute before it asks.
 */
int bytecode_parse(const char *text, struct bytecode *ret, struct reason *why);
void bytecode_done(struct bytecode *bytecode);

/* What is asked of a registry: the digest where there is one, else the tag. */
const char *bytecode_version(const struct bytecode *image);
