/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfigs: contexts, data and files, tokens, plugins, what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "kube/access.h"

#include <cmocka.h>

static char dir[] = "/tmp/bpfd-access.XXXXXX";

static int begin(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	static const char *const names[] = {"config", "token", "plugin"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

#define CONFIG(user)                                                                               \
	"apiVersion: v1\nkind: Config\ncurrent-context: one\n"                                     \
	"contexts:\n- {name: one, context: {cluster: c, user: u, namespace: team}}\n"              \
	"- {name: two, context: {cluster: missing, user: u}}\n"                                    \
	"clusters:\n- name: c\n  cluster: {server: \"https://127.0.0.1:6443\", "                   \
	"certificate-authority: ca.crt, tls-server-name: api}\n"                                   \
	"users:\n- {name: u, user: {" user "}}\n"

static int load(const char *text, const char *context, struct kube_access *ret, struct reason *why)
{
	char path[64];

	put("config", text, 0600);
	snprintf(path, sizeof(path), "%s/config", dir);
	return kube_access_load(path, context, ret, why);
}

static void a_context_is_followed(void **state)
{
	struct kube_access a = {0};
	char ca[64];

	(void)state;
	assert_int_equal(load(CONFIG("token: abc, client-certificate-data: aGk="), NULL, &a, NULL),
			 0);
	snprintf(ca, sizeof(ca), "%s//ca.crt", dir);
	assert_string_equal(a.server, "https://127.0.0.1:6443");
	assert_string_equal(a.ca_file, ca);
	assert_string_equal(a.server_name, "api");
	assert_string_equal(a.namespace, "team");
	assert_string_equal(a.token, "abc");
	assert_string_equal(a.cert, "hi");
	assert_int_equal(kube_access_refresh(&a, NULL), 0);
	kube_access_done(&a);
}

static void a_token_file_is_read_again(void **state)
{
	struct kube_access a = {0};

	(void)state;
	put("token", "first\n", 0600);
	assert_int_equal(load(CONFIG("tokenFile: token"), NULL, &a, NULL), 0);
	assert_int_equal(kube_access_refresh(&a, NULL), 0);
	assert_string_equal(a.token, "first");
	put("token", "second", 0600);
	assert_int_equal(kube_access_refresh(&a, NULL), 0);
	assert_string_equal(a.token, "first");
	a.token_read_ms = 0;
	assert_int_equal(kube_access_refresh(&a, NULL), 0);
	assert_string_equal(a.token, "second");
	kube_access_done(&a);
}

static void a_broken_token_is_refused_and_not_told(void **state)
{
	_reason_ struct reason why = {0};
	struct kube_access a = {0};

	(void)state;
	put("token", "se\001cret", 0600);
	assert_int_equal(load(CONFIG("tokenFile: token"), NULL, &a, NULL), 0);
	assert_int_equal(kube_access_refresh(&a, &why), -EACCES);
	assert_null(strstr(why.text, "cret"));
	kube_access_done(&a);
}

static void a_plugin_gives_a_token(void **state)
{
	struct kube_access a = {0};
	char user[256];
	char text[1024];

	(void)state;
	put("plugin",
	    "#!/bin/sh\n[ \"$1\" = get ] && [ \"$WHO\" = me ] && case $KUBERNETES_EXEC_INFO in\n"
	    "*ExecCredential*) echo '{\"status\":{\"token\":\"of plugin\"}}' ;; esac\n",
	    0700);
	snprintf(
		user, sizeof(user),
		"exec: {apiVersion: client.authentication.k8s.io/v1, command: %s/plugin, args: [get], "
		"env: [{name: WHO, value: me}]}",
		dir);
	snprintf(text, sizeof(text), CONFIG("%s"), user);
	assert_int_equal(load(text, NULL, &a, NULL), 0);
	assert_int_equal(kube_access_refresh(&a, NULL), 0);
	assert_string_equal(a.token, "of plugin");
	kube_access_done(&a);
}

static void a_plugin_that_fails_says_so(void **state)
{
	_reason_ struct reason why = {0};
	struct kube_access a = {0};

	(void)state;
	assert_int_equal(load(CONFIG("exec: {command: /bin/false}"), NULL, &a, NULL), 0);
	assert_int_equal(kube_access_refresh(&a, &why), -EACCES);
	assert_non_null(strstr(why.text, "/bin/false"));
	kube_access_done(&a);
}

static void what_is_wrong_is_named(void **state)
{
	_reason_ struct reason context = {0}, cluster = {0}, data = {0};
	struct kube_access a = {0};

	(void)state;
	assert_int_equal(load(CONFIG("token: x"), "three", &a, &context), -EINVAL);
	assert_non_null(strstr(context.text, "three"));
	assert_int_equal(load(CONFIG("token: x"), "two", &a, &cluster), -EINVAL);
	assert_non_null(strstr(cluster.text, "cluster"));
	assert_int_equal(load(CONFIG("client-key-data: \"***\""), NULL, &a, &data), -EINVAL);
	assert_non_null(strstr(data.text, "client-key-data"));
	assert_int_equal(load("[1, 2]\n", NULL, &a, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_context_is_followed),
		cmocka_unit_test(a_token_file_is_read_again),
		cmocka_unit_test(a_broken_token_is_refused_and_not_told),
		cmocka_unit_test(a_plugin_gives_a_token),
		cmocka_unit_test(a_plugin_that_fails_says_so),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
