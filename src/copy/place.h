/* SPDX-License-Identifier: Apache-2.0 */
/* Where images are copied from and to, with the caller's own rights: a local layout or a registry.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "fetch/order.h"
#include "image/source.h"
#include "model/bytecode.h"
#include "registry/client.h"
#include "trust/signatures.h"

struct bpfd_conn;
struct reason;
struct settings;

/* @insecure: without TLS, whatever the configuration says. @username, @password: NULL: the caller's
 * logins. */
struct place_options {
	const struct settings *settings;
	bool insecure;
	const char *username;
	const char *password;
};

/**
 * struct place - everything owned.
 * @store: the daemon's store of images, which has this machine's part of the image .name alone.
 * @dir: of a layout, −1 for a registry; @name then is its path and tag, else the image's name.
 */
struct place {
	struct bpfd_conn *store;
	int dir;
	struct bytecode name;
	struct fetch_order order;
	struct credentials credentials;
	struct registry *registry;
};

/**
 * place_open() - "oci:DIR[:TAG]" or "[image://]host/repository[:tag][@digest]".
 * @is_target: something will be written there; a layout is made when there is none.
 * @ret: must stay where it is; place_done() also after a failure.
 *
 * Return: 0, -EINVAL, -ENOENT, what image_layout_open() and login_find() say.
 */
int place_open(const struct place_options *options, const char *text, bool is_target,
	       struct place *ret, struct reason *why);

/**
 * place_open_store() - an image that the daemon has already.
 *
 * Return: 1; 0 (no daemon, or not that image); -EINVAL (not a reference), -ENOMEM.
 */
int place_open_store(const char *socket, const char *text, struct place *ret, struct reason *why);

void place_done(struct place *place);
#define _place_ _cleanup_(place_done)

/* A manifest or index by tag or digest; @version NULL: what the place's tag names. */
int place_document(struct place *place, const char *version, struct registry_document *ret,
		   struct reason *why);

/* Checked bytes. */
int place_blob(struct place *place, const struct image_descriptor *blob, struct image_bytes *ret,
	       struct reason *why);

int place_put_blob(struct place *place, const char *digest, const struct image_bytes *bytes,
		   struct reason *why);

/* @version: NULL: the place's own tag becomes this; else a tag or digest. */
int place_put_document(struct place *place, const char *version,
		       const struct registry_document *document, struct reason *why);

/* The place as one of signatures; it must live as long. */
struct signature_reader place_signatures(struct place *place);

/* Is the word a local file, and neither a layout nor an image? */
bool place_is_file(const char *word);

/**
 * copy_signatures() - what signs or otherwise refers to a digest, to where the image is now: the
 * tag sha256-HEX.sig, and referrers, which become the tag sha256-HEX where the target knows none.
 * @ret_n: how many documents.
 */
int copy_signatures(struct place *from, struct place *to, const char *digest, unsigned int *ret_n,
		    struct reason *why);

/* Everything that the text of @from names, all its machines, to @to. @ret_digest: of it. */
int copy_image(struct place *from, struct place *to, char ret_digest[static DIGEST_TEXT_SIZE],
	       struct reason *why);
