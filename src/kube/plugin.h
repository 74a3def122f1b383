/* SPDX-License-Identifier: Apache-2.0 */
/* Credential plugins of a kubeconfig (users[].user.exec, client.authentication.k8s.io). */
#pragma once

struct kube_access;
struct reason;

/* Run the plugin, without a shell, for at most a minute. @ret: its token, heap. A plugin that gives
 * a certificate instead fills access->cert and ->key, and the token is "-". Return: 0, -EACCES
 * (text says what it said), -errno. */
int kube_plugin_token(struct kube_access *access, char **ret, struct reason *why);
