/* SPDX-License-Identifier: Apache-2.0 */
/* Where the API server is and who we are to it: a kubeconfig, or a pod's service account. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct reason;

#define KUBE_ACCOUNT_DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

/**
 * struct kube_access - read once; what is in files is read again when it may have changed.
 * @server:     "https://host:port[/path]".
 * @ca:         PEM; NULL: @ca_file, or the system's.
 * @token_file: wins over @token; kubelets replace it about every hour.
 * @cert, @key: client certificate as PEM.
 * @namespace:  of the context or the account; "default" when nothing says.
 * @exec:       argv of a credential plugin (client.authentication.k8s.io), NULL-terminated.
 */
struct kube_access {
	char *server;
	char *server_name;
	bool skips_verify;
	char *ca;
	char *ca_file;
	char *token;
	char *token_file;
	char *cert;
	char *cert_file;
	char *key;
	char *key_file;
	char *namespace;
	char **exec;
	char **exec_env; /* "NAME=value" */
	char *exec_version;
	uint64_t token_read_ms; /* monotonic; 0: read it before the next request */
};

void kube_access_done(struct kube_access *access);

/**
 * kube_access_load() - find it.
 * @kubeconfig: path; NULL: $KUBECONFIG (its first readable file), else a pod's account, else
 *              ~/.kube/config.
 * @context:    NULL: the current one.
 *
 * Return: 0, -ENOENT (nothing says where the API server is), -EINVAL ("FILE:LINE:COL: …"), -ENOMEM.
 */
int kube_access_load(const char *kubeconfig, const char *context, struct kube_access *ret,
		     struct reason *why);

/* Make .token what it is now: the file's (once a minute), or what the plugin says (until a 401,
 * after which .token_read_ms is 0). Return: 0, -EACCES (no token, text says why), -errno. */
int kube_access_refresh(struct kube_access *access, struct reason *why);
