/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's configuration: defaults, every field, refusals, and images through mirrors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "manifest/settings.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

static void parse(const char *text, struct settings *ret)
{
	_reason_ struct reason why = {.code = 0};
	int r = settings_parse(text, strlen(text), "f", ret, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
}

static void refuses(const char *text, const char *want)
{
	_reason_ struct reason why = {.code = 0};
	struct settings settings = {.n_rules = 7};

	assert_int_equal(settings_parse(text, strlen(text), "f", &settings, &why), -EINVAL);
	assert_string_equal(why.text, want);
	assert_int_equal(settings.n_rules, 7);
}

static void a_missing_file_is_the_defaults(void **state)
{
	_cleanup_(settings_done) struct settings s = {.n_rules = 7};

	(void)state;
	assert_int_equal(settings_load("/nowhere/bpfd.yaml", &s, NULL), 0);
	assert_int_equal(s.n_rules, 0);
	assert_int_equal(s.n_mirrors, 0);
	assert_int_equal(s.log_level, LOG_LEVEL_INFO);
	assert_null(s.xdp_mode);
	assert_non_null(labels_find(&s.labels, "kubernetes.io/hostname"));
}

static void what_is_no_file_is_refused(void **state)
{
	_cleanup_(settings_done) struct settings s = {.n_rules = 0};
	_reason_ struct reason why = {.code = 0};

	(void)state;
	assert_int_equal(settings_load("/", &s, &why), -EISDIR);
	assert_string_equal(why.text, "/: Is a directory");
}

static void the_shipped_example_is_valid(void **state)
{
	_cleanup_(settings_done) struct settings s = {.n_rules = 0};
	_reason_ struct reason why = {.code = 0};
	int r;

	(void)state;
	assert_int_equal(access(EXAMPLE, R_OK), 0);
	r = settings_load(EXAMPLE, &s, &why);
	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
}

static void every_field_is_read(void **state)
{
	_cleanup_(settings_done) struct settings s = {.n_rules = 0};

	(void)state;
	parse("labels: {zone: a, kubernetes.io/hostname: me}\n"
	      "mirrors: [{prefix: quay.io/a, to: \"oci:/srv/a\"}]\n"
	      "allow:\n- {user: alice, rights: [read, load]}\n- {uid: 0, rights: [admin]}\n"
	      "- {group: net, rights: [attach]}\n- {gid: 12, rights: []}\n"
	      "log-level: debug\nxdp-mode: skb\n"
	      "interfaces: {eth0: {xdp-mode: libxdp}, eth0.7: {xdp-mode: native}}\nruntime-dir: /run/x\nstate-dir: /var/x\n",
	      &s);
	assert_string_equal(labels_find(&s.labels, "kubernetes.io/hostname"), "me");
	assert_string_equal(s.mirrors[0].to, "oci:/srv/a");
	assert_int_equal(s.n_rules, 4);
	assert_string_equal(s.rules[0].user, "alice");
	assert_int_equal(s.rules[0].rights, SETTINGS_MAY_READ | SETTINGS_MAY_LOAD);
	assert_true(s.rules[1].has_uid);
	assert_int_equal(s.rules[1].rights, SETTINGS_MAY_ADMIN);
	assert_int_equal(s.rules[2].rights, SETTINGS_MAY_ATTACH);
	assert_int_equal(s.rules[3].gid, 12);
	assert_int_equal(s.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(s.xdp_mode, "skb");
	assert_string_equal(settings_xdp_mode(&s, "eth0"), "libxdp");
	assert_string_equal(settings_xdp_mode(&s, "eth0.7"), "native");
	assert_string_equal(settings_xdp_mode(&s, "eth1"), "skb");
	assert_string_equal(s.runtime_dir, "/run/x");
	assert_string_equal(s.state_dir, "/var/x");
}

static void kubernetes_has_defaults(void **state)
{
	_cleanup_(settings_done) struct settings off = {.n_rules = 0};
	_cleanup_(settings_done) struct settings on = {.n_rules = 0};
	_cleanup_(settings_done) struct settings all = {.n_rules = 0};

	(void)state;
	parse("", &off);
	assert_false(off.kubernetes.is_on);
	parse("kubernetes: {}\n", &on);
	assert_true(on.kubernetes.is_on);
	assert_null(on.kubernetes.agent_socket);
	assert_int_equal(settings_agent_group(&on.kubernetes), 65532);
	assert_string_equal(settings_kubelet_directory(&on.kubernetes), "/var/lib/kubelet");
	parse("kubernetes: {agentSocket: /a/b.sock, agentGroup: 7, kubeletDirectory: /k}\n", &all);
	assert_string_equal(all.kubernetes.agent_socket, "/a/b.sock");
	assert_int_equal(settings_agent_group(&all.kubernetes), 7);
	assert_string_equal(settings_kubelet_directory(&all.kubernetes), "/k");
	refuses("kubernetes: {agentGroup: 0}\n",
		"f:1:13: agentGroup wants the number of a group that is not root's");
	refuses("kubernetes: {agentSocket: x}\n",
		"f:1:13: agentSocket wants an absolute path of at most 107 bytes");
	refuses("kubernetes: {kubeletDirectory: /}\n",
		"f:1:13: kubeletDirectory wants an absolute path of at most 255 bytes");
	refuses("kubernetes: {agent: x}\n",
		"f:1:14: unknown field \"agent\" in kubernetes: the fields are agentSocket, agentGroup, "
		"kubeletDirectory");
}

static void bad_configurations_are_refused(void **state)
{
	(void)state;
	refuses("lables: {}\n", "f:1:1: unknown field \"lables\" in bpfd.yaml: did you mean "
				"\"labels\"?");
	refuses("log-level: loud\n",
		"f:1:12: log-level \"loud\": it is one of error, warning, info, debug");
	refuses("xdp-mode: fast\n",
		"f:1:11: xdp-mode \"fast\": it is one of native, skb, offload, libxdp");
	refuses("interfaces: {a/b: {xdp-mode: skb}}\n",
		"f:1:14: \"a/b\" is no name of an interface");
	refuses("interfaces: {a: {}}\n", "f:1:17: interfaces{} has no \"xdp-mode\"");
	refuses("interfaces: [a]\n",
		"f:1:13: \"interfaces\" wants a mapping of interfaces, not a list");
	refuses("allow: [{user: a, uid: 1, rights: [read]}]\n",
		"f:1:9: a rule of allow names exactly one of user, uid, group, gid");
	refuses("allow: [{user: a}]\n", "f:1:9: allow[] has no \"rights\"");
	refuses("allow: [{user: a, rights: [write]}]\n",
		"f:1:28: right \"write\": it is one of read, load, attach, admin");
	refuses("allow: [{user: a, rights: all}]\n",
		"f:1:27: \"rights\" wants a list, as [read, load], not a single value");
	refuses("mirrors: [{prefix: a, to: /srv}]\n",
		"f:1:11: to wants an absolute layout without tag, as oci:/srv/layouts/x");
	refuses("mirrors: [{prefix: a/, to: \"oci:/srv\"}]\n",
		"f:1:11: prefix wants a registry or repository, as quay.io/bpfd-bytecode");
	refuses("runtime-dir: run\n", "f:1:14: \"runtime-dir\" wants an absolute path");
	refuses("labels: {a: yes}\n", "f:1:13: \"a\" wants a string, but yes without quotes is a "
				      "boolean: write \"yes\"");
	refuses("{}\n---\n{}\n", "f:3:1: the configuration is one document");
}

static const char mirrors[] = "mirrors:\n"
			      "- {prefix: quay.io, to: \"oci:/q/\"}\n"
			      "- {prefix: quay.io/bpfd-bytecode, to: \"oci:/b/\"}\n"
			      "- {prefix: quay.io/bpfd-bytecode/one, to: \"oci:/one\"}\n"
			      "- {prefix: \"localhost:5000/x\", to: \"oci:/x\"}\n";

static void images_go_through_the_longest_mirror(void **state)
{
	static const struct {
		const char *image, *want;
	} rows[] = {
		{"image://quay.io/bpfd-bytecode/go-xdp-counter:latest",
		 "oci:/b/go-xdp-counter:latest"},
		{"quay.io/bpfd-bytecode/go-xdp-counter", "oci:/b/go-xdp-counter:latest"},
		{"image://quay.io/bpfd-bytecode/one:v2", "oci:/one:v2"},
		{"image://quay.io/bpfd-bytecode/onemore:v2", "oci:/b/onemore:v2"},
		{"image://quay.io/a/b/c:1", "oci:/q/a/b/c:1"},
		{"image://localhost:5000/x:1", "oci:/x:1"},
		{"image://localhost:5000/x/y", "oci:/x:latest"},
	};
	_cleanup_(settings_done) struct settings s = {.n_rules = 0};

	(void)state;
	parse(mirrors, &s);
	for (size_t i = 0; i < array_size(rows); i++) {
		_reason_ struct reason why = {.code = 0};
		_free_ char *got = NULL;
		int r = settings_resolve_image(&s, rows[i].image, &got, &why);

		assert_string_equal(why.text, "");
		assert_int_equal(r, 0);
		assert_string_equal(got, rows[i].want);
	}
}

static void refuses_image(const char *image, int code, const char *want)
{
	_cleanup_(settings_done) struct settings s = {.n_rules = 0};
	_reason_ struct reason why = {.code = 0};
	char *got = NULL;

	parse(mirrors, &s);
	assert_int_equal(settings_resolve_image(&s, image, &got, &why), code);
	assert_non_null(strstr(why.text, want));
	assert_null(got);
	if (code == -ENOENT)
		assert_non_null(strstr(why.hint, "mirrors: [{prefix: ghcr.io/me,"));
}

static void images_without_a_mirror_say_what_to_do(void **state)
{
	(void)state;
	refuses_image("image://ghcr.io/me/prog:1", -ENOENT, "no mirror");
	refuses_image("image://quay.io/bpfd-bytecode:1", -EINVAL, "names no layout below");
	refuses_image("image://quay.io/a/../../etc:1", -EINVAL, "names no layout below");
	refuses_image("image://quay.io/a//b:1", -EINVAL, "names no layout below");
	refuses_image("image://UPPER", -EINVAL, "is not an image");
	refuses_image("image://quay.io/a/b@sha256:"
		      "0000000000000000000000000000000000000000000000000000000000000000",
		      -EOPNOTSUPP, "pinned by digest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_is_the_defaults),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(the_shipped_example_is_valid),
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(kubernetes_has_defaults),
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(images_go_through_the_longest_mirror),
		cmocka_unit_test(images_without_a_mirror_say_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
