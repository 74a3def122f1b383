/* SPDX-License-Identifier: Apache-2.0 */
/* Owns kubeconfig and service account; running a credential plugin is in plugin.c. */
#include "kube/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/loop.h"
#include "kube/plugin.h"
#include "manifest/document.h"
#include "manifest/yaml_read.h"

#define TOKEN_MAX      (64 * 1024)
#define TOKEN_AGE_MS   60000
#define KUBECONFIG_MAX (1024 * 1024)

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void kube_access_done(struct kube_access *access)
{
	char **texts[] = {&access->server,   &access->server_name, &access->ca,
			  &access->ca_file,  &access->token,	   &access->token_file,
			  &access->cert,     &access->cert_file,   &access->key,
			  &access->key_file, &access->namespace,   &access->exec_version};

	for (size_t i = 0; i < array_size(texts); i++)
		free(*texts[i]);
	free_list(access->exec);
	free_list(access->exec_env);
	*access = (struct kube_access){0};
}

static int read_file(const char *path, size_t max, char **ret, struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len;
	int r = fd < 0 ? -errno : fd_read_all(fd, max, ret, &len);

	return r < 0 ? fail(why, r, "cannot read %s: %s", path, strerror(-r)) : 0;
}

/* --- kubeconfig --- */

/* @dir: relative paths count from there. */
struct kubeconfig {
	struct documents documents;
	const struct doc_node *root;
	char *dir;
};

static const char *get(const struct doc_node *mapping, const char *key)
{
	const struct doc_node *node =
		mapping && mapping->kind == DOC_MAPPING ? doc_node_find(mapping, key) : NULL;

	return node && node->kind == DOC_SCALAR && !doc_node_is_null(node) ? node->text : NULL;
}

/* The element of the list @list that is called @name, and in it the mapping @what. */
static const struct doc_node *named(const struct kubeconfig *config, const char *list,
				    const char *name, const char *what)
{
	const struct doc_node *items = doc_node_find(config->root, list);

	for (size_t i = 0; name && items && items->kind == DOC_SEQUENCE && i < items->n; i++) {
		const char *own = get(items->items[i], "name");

		if (own && strcmp(own, name) == 0)
			return doc_node_find(items->items[i], what);
	}
	return NULL;
}

static int set_path(const struct kubeconfig *config, const char *value, char **ret)
{
	_text_ struct text t = {0};

	if (!value)
		return 0;
	if (*value == '/')
		return text_set(ret, value);
	text_add(&t, "%s/%s", config->dir, value);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

static int set_data(const char *value, const char *what, char **ret, struct reason *why)
{
	size_t len;

	if (!value)
		return 0;
	if (base64_decode(value, strlen(value), ret, &len) < 0)
		return fail(why, -EINVAL, "the kubeconfig's %s is not base64", what);
	return 0;
}

static int take_cluster(const struct kubeconfig *config, const struct doc_node *cluster,
			struct kube_access *a, struct reason *why)
{
	const char *skips = get(cluster, "insecure-skip-tls-verify");
	int r = text_set(&a->server, get(cluster, "server"));

	a->skips_verify = skips && strcmp(skips, "true") == 0;
	if (r == 0)
		r = text_set(&a->server_name, get(cluster, "tls-server-name"));
	if (r == 0)
		r = set_path(config, get(cluster, "certificate-authority"), &a->ca_file);
	if (r == 0)
		r = set_data(get(cluster, "certificate-authority-data"),
			     "certificate-authority-data", &a->ca, why);
	if (r == 0 && !a->server)
		return fail(why, -EINVAL, "%s names no server", config->documents.file_name);
	return r;
}

static int take_list(const struct doc_node *items, char ***ret)
{
	size_t n = items && items->kind == DOC_SEQUENCE ? items->n : 0;
	char **list = calloc(n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	*ret = list;
	for (size_t i = 0; i < n; i++)
		if (text_set(&list[i], items->items[i]->text ? items->items[i]->text : "") < 0)
			return -ENOMEM;
	return 0;
}

static int take_env(const struct doc_node *items, char ***ret)
{
	size_t n = items && items->kind == DOC_SEQUENCE ? items->n : 0;
	char **list = calloc(n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	*ret = list;
	for (size_t i = 0; i < n; i++) {
		const char *name = get(items->items[i], "name");
		const char *value = get(items->items[i], "value");
		_text_ struct text t = {0};

		text_add(&t, "%s=%s", name ? name : "", value ? value : "");
		list[i] = text_take(&t);
		if (!list[i])
			return -ENOMEM;
	}
	return 0;
}

static int take_exec(const struct doc_node *exec, struct kube_access *a, struct reason *why)
{
	const struct doc_node *args = doc_node_find(exec, "args");
	size_t n = args && args->kind == DOC_SEQUENCE ? args->n : 0;
	const char *command = get(exec, "command");
	_cleanup_(cleanup_free_p) char **tail = NULL;
	int r;

	if (!command)
		return fail(why, -EINVAL, "the kubeconfig's exec names no command");
	a->exec = calloc(n + 2, sizeof(*a->exec));
	if (!a->exec || text_set(&a->exec[0], command) < 0)
		return -ENOMEM;
	r = take_list(args, &tail);
	for (size_t i = 0; tail && i < n; i++)
		a->exec[i + 1] = tail[i];
	if (r == 0)
		r = text_set(&a->exec_version, get(exec, "apiVersion"));
	return r < 0 ? r : take_env(doc_node_find(exec, "env"), &a->exec_env);
}

static int take_user(const struct kubeconfig *config, const struct doc_node *user,
		     struct kube_access *a, struct reason *why)
{
	const struct doc_node *exec = user ? doc_node_find(user, "exec") : NULL;
	int r = set_path(config, get(user, "client-certificate"), &a->cert_file);

	if (r == 0)
		r = set_path(config, get(user, "client-key"), &a->key_file);
	if (r == 0)
		r = set_path(config, get(user, "tokenFile"), &a->token_file);
	if (r == 0)
		r = set_data(get(user, "client-certificate-data"), "client-certificate-data",
			     &a->cert, why);
	if (r == 0)
		r = set_data(get(user, "client-key-data"), "client-key-data", &a->key, why);
	if (r == 0)
		r = text_set(&a->token, get(user, "token"));
	return r == 0 && exec && exec->kind == DOC_MAPPING ? take_exec(exec, a, why) : r;
}

static int take_context(const struct kubeconfig *config, const char *name, struct kube_access *a,
			struct reason *why)
{
	const char *context = name ? name : get(config->root, "current-context");
	const struct doc_node *at = named(config, "contexts", context, "context");
	const struct doc_node *cluster =
		at ? named(config, "clusters", get(at, "cluster"), "cluster") : NULL;
	const char *namespace = get(at, "namespace");
	int r;

	if (!at || !cluster) {
		fail(why, -EINVAL, "%s has no %s \"%s\"", config->documents.file_name,
		     at ? "cluster of the context" : "context", context ? context : "");
		reason_hint(why, "kubectl config get-contexts lists them");
		return -EINVAL;
	}
	r = take_cluster(config, cluster, a, why);
	if (r == 0)
		r = take_user(config, named(config, "users", get(at, "user"), "user"), a, why);
	return r < 0 ? r : text_set(&a->namespace, namespace ? namespace : "default");
}

static int load_kubeconfig(const char *path, const char *context, struct kube_access *a,
			   struct reason *why)
{
	struct kubeconfig config = {0};
	const char *slash = strrchr(path, '/');
	_free_ char *text = NULL;
	int r = read_file(path, KUBECONFIG_MAX, &text, why);

	if (r == 0)
		r = yaml_read(text, strlen(text), path, &config.documents, why);
	if (r < 0)
		return r;
	config.root = config.documents.n ? config.documents.roots[0] : NULL;
	config.dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!config.root || config.root->kind != DOC_MAPPING)
		r = fail(why, -EINVAL, "%s is no kubeconfig", path);
	else
		r = config.dir ? take_context(&config, context, a, why) : -ENOMEM;
	free(config.dir);
	documents_done(&config.documents);
	return r;
}

/* --- a pod --- */

static bool is_in_pod(void)
{
	return getenv("KUBERNETES_SERVICE_HOST") && getenv("KUBERNETES_SERVICE_PORT") &&
	       access(KUBE_ACCOUNT_DIRECTORY "/token", R_OK) == 0;
}

static int load_account(struct kube_access *a, struct reason *why)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	bool is_v6 = strchr(host, ':') != NULL;
	_text_ struct text server = {0};
	int r;

	text_add(&server, is_v6 ? "https://[%s]:%s" : "https://%s:%s", host,
		 getenv("KUBERNETES_SERVICE_PORT"));
	a->server = text_take(&server);
	r = text_set(&a->ca_file, KUBE_ACCOUNT_DIRECTORY "/ca.crt");
	if (r == 0)
		r = text_set(&a->token_file, KUBE_ACCOUNT_DIRECTORY "/token");
	if (r == 0)
		r = read_file(KUBE_ACCOUNT_DIRECTORY "/namespace", 256, &a->namespace, why);
	return a->server ? r : -ENOMEM;
}

static int load_any(const char *kubeconfig, const char *context, struct kube_access *a,
		    struct reason *why)
{
	const char *list = getenv("KUBECONFIG");
	const char *home = getenv("HOME");
	_text_ struct text path = {0};

	if (kubeconfig)
		return load_kubeconfig(kubeconfig, context, a, why);
	for (size_t n; list && *list; list += n + (list[n] == ':')) {
		_free_ char *one = strndup(list, n = strcspn(list, ":"));

		if (one && *one && access(one, R_OK) == 0)
			return load_kubeconfig(one, context, a, why);
	}
	if (is_in_pod())
		return load_account(a, why);
	text_add(&path, "%s/.kube/config", home ? home : "");
	if (path.data && access(path.data, R_OK) == 0)
		return load_kubeconfig(path.data, context, a, why);
	fail(why, -ENOENT, "nothing says where the API server is");
	reason_hint(why, "in a pod the service account does; elsewhere --kubeconfig or KUBECONFIG");
	return -ENOENT;
}

int kube_access_load(const char *kubeconfig, const char *context, struct kube_access *ret,
		     struct reason *why)
{
	struct kube_access a = {0};
	int r = load_any(kubeconfig, context, &a, why);

	if (r < 0) {
		kube_access_done(&a);
		return fail(why, r, "no access to an API server: %s", strerror(-r));
	}
	*ret = a;
	return 0;
}

int kube_access_refresh(struct kube_access *access, struct reason *why)
{
	uint64_t now = kube_now_ms();
	_free_ char *token = NULL;
	int r;

	if (!access->token_file && !access->exec)
		return 0;
	if (access->token_read_ms && (access->exec || now - access->token_read_ms < TOKEN_AGE_MS))
		return 0;
	r = access->exec ? kube_plugin_token(access, &token, why)
			 : read_file(access->token_file, TOKEN_MAX, &token, why);
	if (r < 0)
		return r;
	token[strcspn(token, "\r\n")] = '\0';
	if (!*token || !text_is_clean(token, TOKEN_MAX))
		return fail(why, -EACCES, "the token for the API server is empty or broken");
	free(access->token);
	access->token = take_ptr(token);
	access->token_read_ms = now;
	return 0;
}
