/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's own logins, where podman and docker keep them. For programs of users, never for the
 * daemon. */
#pragma once

#include "registry/auth/auth.h"

/**
 * login_find() - who the caller is to the registry of an image.
 * @reference: "quay.io/x/y:tag", with or without "image://".
 *
 * Looks into $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json,
 * ~/.config/containers/auth.json, and config.json of $DOCKER_CONFIG or ~/.docker; the first that
 * knows the registry wins. Helpers that they name (docker-credential-…) are run.
 *
 * Return: 1 (found), 0 (none), -EBADMSG (a file is malformed), -EIO (a helper fails), -ENOMEM.
 */
int login_find(const char *reference, struct credentials *ret, struct reason *why);

/* The registry of an image, "quay.io"; heap. Return: 0, -EINVAL (not a reference), -ENOMEM. */
int login_registry(const char *reference, char **ret, struct reason *why);

/**
 * login_read_password() - the first line of a file; "-" is standard input.
 * @ret: heap; overwrite it before it is freed.
 *
 * Return: 0, -EINVAL (empty), -errno.
 */
int login_read_password(const char *file, char **ret, struct reason *why);
