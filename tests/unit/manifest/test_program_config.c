/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests to configs: the talk's word for word, the general form, and everything that is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/program_config.h"
#include "model/config.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

#define HEAD	  "apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\nmetadata: {name: c}\nspec:\n"
#define TALK_HEAD HEAD "  name: stats\n  bytecode: /x.o\n"

static struct manifest parse(const char *text, size_t n)
{
	_reason_ struct reason why = {.code = 0};
	struct manifest m = {.n = 0};
	int r = manifest_parse(text, strlen(text), "/m/f.yaml", &m, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
	assert_int_equal(m.n, n);
	return m;
}

static void refuses(const char *text, const char *want)
{
	_reason_ struct reason why = {.code = 0};
	struct manifest m = {.n = 7};
	int r = manifest_parse(text, strlen(text), "f.yaml", &m, &why);

	assert_string_equal(why.text, want);
	assert_true(r == -EINVAL || r == -E2BIG);
	assert_int_equal(m.n, 7);
}

static char *read_fixture(const char *name)
{
	_text_ struct text path = {.data = NULL};
	_close_ int fd = -1;
	char *text = NULL;
	size_t len;

	text_add(&path, "%s/%s", DATA_DIR, name);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, 1 << 20, &text, &len), 0);
	return text;
}

static void the_talks_manifest_is_read_word_for_word(void **state)
{
	_free_ char *text = read_fixture("talk.yaml");
	_cleanup_(manifest_done) struct manifest m = parse(text, 1);
	struct config *c = m.configs;

	(void)state;
	assert_string_equal(c->name, "go-xdp-counter-example");
	assert_string_equal(labels_find(&c->labels, "app.kubernetes.io/name"), "bpfprogramconfig");
	assert_int_equal(c->node_selector.match.n, 0);
	assert_int_equal(c->n_programs, 1);
	assert_null(c->programs[0].name);
	assert_string_equal(c->programs[0].entry, "stats");
	assert_string_equal(c->programs[0].type, "XDP");
	assert_string_equal(c->programs[0].bytecode,
			    "image://quay.io/bpfd-bytecode/go-xdp-counter:latest");
	assert_int_equal(c->programs[0].n_hooks, 1);
	assert_string_equal(c->programs[0].hooks[0].hook, "xdp:");
	assert_true(c->programs[0].hooks[0].is_primary);
	assert_true(c->programs[0].hooks[0].has_priority);
	assert_int_equal(c->programs[0].hooks[0].priority, 55);
}

static void the_later_form_names_interfaces_direction_and_an_image_object(void **state)
{
	_cleanup_(manifest_done) struct manifest m =
		parse(HEAD "  name: p\n  type: TC\n  nodeSelector: {matchLabels: {a: b}}\n"
			   "  attachPoint:\n    networkMultiAttach:\n"
			   "      interfaceSelector: {interfaces: [eth0, eth1]}\n"
			   "      direction: INGRESS\n      proceedOn: [PIPE, DISPATCHER_RETURN]\n"
			   "  bytecode:\n    image:\n      url: quay.io/a/b:v1\n"
			   "      imagePullPolicy: IfNotPresent\n",
		      1);
	struct config *c = m.configs;

	(void)state;
	assert_string_equal(labels_find(&c->node_selector.match, "a"), "b");
	assert_string_equal(c->programs[0].bytecode, "image://quay.io/a/b:v1");
	assert_int_equal(c->programs[0].n_hooks, 2);
	assert_string_equal(c->programs[0].hooks[0].hook, "tc:eth0/ingress");
	assert_string_equal(c->programs[0].hooks[1].hook, "tc:eth1/ingress");
	assert_int_equal(c->programs[0].hooks[1].n_proceed_on, 2);
	assert_false(c->programs[0].hooks[1].has_priority);
}

static void singleattach_is_a_tracepoint(void **state)
{
	_cleanup_(manifest_done) struct manifest m =
		parse(TALK_HEAD "  type: TRACEPOINT\n  attachpoint:\n    singleattach:\n"
				"      name: net/net_dev_queue\n",
		      1);
	struct config *c = m.configs;

	(void)state;
	assert_string_equal(c->programs[0].hooks[0].hook, "tracepoint:net/net_dev_queue");
}

static void relative_bytecode_counts_from_the_manifest(void **state)
{
	static const struct {
		const char *given, *want;
	} rows[] = {
		{"x.o", "file:///m/x.o"},
		{"./x.o", "file:///m/x.o"},
		{"file:x.o", "file:///m/x.o"},
		{"file:/x.o", "file:///x.o"},
		{"/x.o", "file:///x.o"},
		{"oci:./l:tag", "oci:/m/l:tag"},
		{"oci:/l", "oci:/l"},
		{"{path: y.o}", "file:///m/y.o"},
		{"{image: quay.io/a/b}", "image://quay.io/a/b"},
		{"{imageurl: \"image://quay.io/a/b:1\"}", "image://quay.io/a/b:1"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_(manifest_done) struct manifest m = {.n = 0};
		_text_ struct text t = {.data = NULL};

		text_add(&t, HEAD "  bytecode: %s\n  programs: [{hooks: [\"xdp:eth0\"]}]\n",
			 rows[i].given);
		m = parse(t.data, 1);
		assert_string_equal(m.configs[0].programs[0].bytecode, rows[i].want);
	}
}

static const char general[] =
	HEAD "  nodeSelector: {zone: a}\n"
	     "  bytecode: /all.o\n"
	     "  globals: {sampling: 100, debug: true, tag: 'yes'}\n"
	     "  programs:\n"
	     "  - name: counter\n"
	     "    entry: xdp_stats\n"
	     "    type: xdp\n"
	     "    globals: {sampling: -1, mask: 0xff}\n"
	     "    hooks:\n"
	     "    - xdp:eth0\n"
	     "    - {hook: 'xdp:', primaryNodeInterface: true, priority: 7,\n"
	     "       proceedOn: [pass, dispatcher_return], mode: skb, netns: blue}\n"
	     "  - entry: on_queue\n"
	     "    bytecode: /other.o\n"
	     "    hooks: [\"tracepoint:net/net_dev_queue\"]\n"
	     "    shareMaps: [{map: stats, from: counter}]\n"
	     "  maps:\n"
	     "  - {name: stats, export: {owner: nobody, group: 65534, mode: 0640}}\n"
	     "  - {name: events, export: {}}\n";

static void check_general(const struct config *c)
{
	const struct config_program *p = c->programs;

	assert_int_equal(c->n_programs, 2);
	assert_string_equal(p[0].name, "counter");
	assert_string_equal(p[0].bytecode, "file:///all.o");
	assert_int_equal(p[0].n_globals, 4);
	assert_string_equal(p[0].globals[0].name, "sampling");
	assert_string_equal(p[0].globals[0].value, "-1");
	assert_string_equal(p[0].globals[1].value, "0xff");
	assert_string_equal(p[0].globals[2].value, "true");
	assert_string_equal(p[0].globals[3].value, "yes");
	assert_int_equal(p[0].n_hooks, 2);
	assert_false(p[0].hooks[0].is_primary);
	assert_true(p[0].hooks[1].is_primary);
	assert_string_equal(p[0].hooks[1].mode, "skb");
	assert_string_equal(p[0].hooks[1].netns, "blue");
	assert_string_equal(p[0].hooks[1].proceed_on[1], "dispatcher_return");
	assert_null(p[1].name);
	assert_string_equal(p[1].bytecode, "file:///other.o");
	assert_string_equal(p[1].shares[0].from, "counter");
	assert_int_equal(p[1].n_globals, 3);
	assert_int_equal(c->n_exports, 2);
	assert_string_equal(c->exports[0].group, "65534");
	assert_int_equal(c->exports[0].mode, 0640);
	assert_null(c->exports[1].owner);
	assert_false(c->exports[1].has_mode);
	assert_string_equal(labels_find(&c->node_selector.match, "zone"), "a");
}

static void the_general_form_has_many_programs(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(general, 1);
	struct config *c = m.configs;

	(void)state;
	check_general(c);
}

static void statistics_of_a_config_are_of_each_hook_that_can_have_them(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		HEAD
		"  bytecode: /x.o\n  stats: true\n  programs:\n"
		"  - hooks: [xdp:eth0, tc:eth0/egress, tcx:eth0/egress, flow_dissector, 'raw_tp:x']\n",
		1);
	const struct config_hook *hooks = m.configs[0].programs[0].hooks;

	(void)state;
	assert_true(hooks[0].stats);
	assert_true(hooks[1].stats);
	assert_false(hooks[2].stats);
	assert_true(hooks[3].stats);
	assert_false(hooks[4].stats);
}

static void a_config_written_and_read_again_is_the_same(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(general, 1);
	_cleanup_(manifest_done) struct manifest back = {.n = 0};
	_text_ struct text once = {.data = NULL};
	_text_ struct text twice = {.data = NULL};

	(void)state;
	manifest_format(m.configs, &once);
	back = parse(once.data, 1);
	check_general(back.configs);
	manifest_format(back.configs, &twice);
	assert_string_equal(once.data, twice.data);
}

static void strings_that_look_like_something_else_survive_the_round_trip(void **state)
{
	static const char *const values[] = {
		"",	  "true", "yes",    "null",    "~",	    "12",	  "0x1f",
		"a: b",	  "# no", "a #b",   "\"q\"",   "tab\there", "two\nlines", "back\\slash",
		"- x",	  "{a}",  "*alias", "&anchor", "!tag",	    "ümläut",	  " lead",
		"trail ", "a:",	  "1e5",    "'"};
	struct config_global global = {.name = (char *)"g"};
	struct config_program program = {
		.bytecode = (char *)"file:///x.o", .globals = &global, .n_globals = 1};
	struct config config = {.name = (char *)"123", .programs = &program, .n_programs = 1};

	(void)state;
	for (size_t i = 0; i < array_size(values); i++) {
		_cleanup_(manifest_done) struct manifest back = {.n = 0};
		_text_ struct text t = {.data = NULL};

		global.value = (char *)values[i];
		manifest_format(&config, &t);
		back = parse(t.data, 1);
		assert_string_equal(back.configs[0].name, "123");
		assert_string_equal(back.configs[0].programs[0].globals[0].value, values[i]);
	}
}

static void many_documents_and_lists_give_many_configs(void **state)
{
	static const char one[] = "apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\n"
				  "metadata: {name: %s}\nspec: {bytecode: /x.o, programs: [{}]}\n";
	_cleanup_(manifest_done) struct manifest m = {.n = 0};
	_text_ struct text t = {.data = NULL};

	(void)state;
	text_add(&t, "---\n");
	text_add(&t, one, "a");
	text_add(&t, "---\n# nothing\n---\n");
	text_add(&t, one, "b");
	text_add(&t,
		 "---\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{},\"items\":[{"
		 "\"apiVersion\":\"bpfd.io/v1alpha1\",\"kind\":\"BpfProgramConfig\","
		 "\"metadata\":{\"name\":\"c\",\"uid\":\"1-2\",\"generation\":3},"
		 "\"spec\":{\"bytecode\":\"/x.o\",\"programs\":[{}]},\"status\":{\"x\":[1]}}]}\n");
	m = parse(t.data, 3);
	assert_string_equal(m.configs[1].name, "b");
	assert_string_equal(m.configs[2].name, "c");
}

static void misspelt_fields_are_named_with_their_place(void **state)
{
	(void)state;
	refuses(HEAD "  bytcode: /x.o\n",
		"f.yaml:5:3: unknown field \"bytcode\" in spec: did you mean \"bytecode\"?");
	refuses(TALK_HEAD "  attachpoint:\n    networkmultiatach: {}\n",
		"f.yaml:8:5: unknown field \"networkmultiatach\" in attachpoint: did you mean "
		"\"networkmultiattach\"?");
	refuses(HEAD
		"  bytecode: /x.o\n  programs:\n  - hooks:\n    - {hook: \"xdp:a\", zzzzzzz: 1}\n",
		"f.yaml:8:23: unknown field \"zzzzzzz\" in hooks[]: the fields are hook, "
		"primaryNodeInterface, priority, proceedOn, mode, stats, netns, interfaces, pods, containers, container");
	refuses("apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfg\n",
		"f.yaml:1:1: kind \"BpfProgramConfg\": it must be BpfProgramConfig");
	refuses("kind: BpfProgramConfig\napiVersion: v1\n",
		"f.yaml:1:1: apiVersion \"v1\": it must be bpfd.io/v1alpha1");
	refuses(HEAD "  Bytecode: /x.o\n  bytecode: /y.o\n",
		"f.yaml:6:3: \"bytecode\" is given twice in spec");
}

static void errors_are_one_line_of_whole_characters(void **state)
{
	(void)state;
	refuses(HEAD "  \"two\\nlines\": 1\n",
		"f.yaml:5:3: unknown field \"two?lines\" in spec: the fields are name, type, "
		"nodeSelector, attachpoint, bytecode, imagePullPolicy, imagePullSecret, globals, "
		"programs, stats, rollout, maps");
	refuses(HEAD
		"  x: 1\n  \"123456789012345678901234567890123456789012345678901234567890123ä\": "
		"1\n  \"123456789012345678901234567890123456789012345678901234567890123ä\": 1\n",
		"f.yaml:7:3: \"123456789012345678901234567890123456789012345678901234567890123?\" is "
		"given twice, first in line 6");
}

static void wrong_types_are_refused(void **state)
{
	(void)state;
	refuses(HEAD "  bytecode: [a]\n", "f.yaml:5:13: bytecode wants a mapping, not a list");
	refuses(HEAD "  bytecode: 5\n", "f.yaml:5:13: \"bytecode\" wants a string, but 5 without "
					"quotes is a number: write \"5\"");
	refuses(HEAD "  programs: {}\n", "f.yaml:5:13: \"programs\" wants a list, not a mapping");
	refuses(HEAD "  programs: [7]\n",
		"f.yaml:5:14: spec.programs[] wants a mapping, not a single value");
	refuses(HEAD "  programs:\n  - hooks: [{hook: \"xdp:a\", priority: \"5\"}]\n",
		"f.yaml:6:39: \"priority\" wants a whole number without quotes, not \"5\"");
	refuses(HEAD "  programs:\n  - hooks: [{hook: \"xdp:\", primaryNodeInterface: yes}]\n",
		"f.yaml:6:50: \"primaryNodeInterface\" wants true or false without quotes, not "
		"\"yes\"");
	refuses(HEAD "  globals: {debug: on}\n",
		"f.yaml:5:20: \"debug\": on means true or false to some readers: write true, false "
		"or \"on\" in quotes");
	refuses(HEAD "  globals: {debug: [1]}\n",
		"f.yaml:5:20: \"debug\" wants a string, not a list");
	refuses(HEAD "  globals: {debug: }\n", "f.yaml:5:20: \"debug\" has no value");
	refuses(HEAD "  nodeselector: {a: 1}\n",
		"f.yaml:5:21: \"a\" wants a string, but 1 without quotes is a number: write \"1\"");
	refuses(HEAD "  maps: [{name: m, export: {mode: 640}}]\n",
		"f.yaml:5:35: \"mode\" wants an octal mode with a leading zero, as \"0640\"");
	refuses(HEAD "  maps: [{name: m, export: {mode: \"0777\"}}]\n",
		"f.yaml:5:10: map \"m\": mode 0777; at most 0666 is possible");
	refuses("- a\n",
		"f.yaml:1:1: a document is a mapping that begins with apiVersion and kind, "
		"not a list");
	refuses("", "f.yaml:1:1: no BpfProgramConfig in it");
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	refuses(HEAD "  bytecode: /x.o\n",
		"f.yaml:5:3: spec has neither attachpoint nor programs: where shall the program go?");
	refuses(HEAD "  name: a\n  bytecode: /x.o\n  programs: [{}]\n",
		"f.yaml:5:3: spec has programs: write its name (as entry) into them");
	refuses(HEAD "  programs: [{}]\n", "f.yaml:5:3: config \"c\": program 1 has no bytecode");
	refuses(HEAD "  bytecode: /x.o\n  programs: [{entry: a}, {entry: a}]\n",
		"f.yaml:5:3: config \"c\": two programs have the name \"c-a\"");
	refuses(HEAD "  bytecode: {path: /x.o, url: quay.io/a/b}\n",
		"f.yaml:5:13: bytecode wants exactly one of image and path");
	refuses(TALK_HEAD "  type: XDP\n  attachpoint: {}\n",
		"f.yaml:8:16: attachpoint wants exactly one of networkmultiattach and singleattach");
	refuses(TALK_HEAD "  attachpoint: {singleattach: {name: a/b}}\n",
		"f.yaml:7:16: attachpoint needs a type beside it: XDP, TC, TRACEPOINT, …");
	refuses(TALK_HEAD "  type: TC\n  attachpoint:\n    networkmultiattach:\n"
			  "      interfaceselector: {interface: eth0}\n",
		"f.yaml:9:5: type tc wants a direction: INGRESS or EGRESS");
	refuses(TALK_HEAD
		"  type: XDP\n  attachpoint:\n    networkmultiattach:\n"
		"      interfaceselector: {interface: eth0, primarynodeinterface: true}\n",
		"f.yaml:10:26: interfaceselector wants exactly one of primarynodeinterface: true, "
		"interface, interfaces (or patterns) and pods");
	refuses(TALK_HEAD "  type: XDP\n  attachpoint:\n    networkmultiattach:\n"
			  "      interfaceselector: {interface: eth0}\n      priority: 1001\n",
		"f.yaml:9:5: priority 1001: it goes from 0 to 1000");
	refuses(HEAD
		"  bytecode: /x.o\n  programs:\n  - type: tracepoint\n    hooks: [\"xdp:eth0\"]\n",
		"f.yaml:7:5: a program of type tracepoint cannot be on hook \"xdp:eth0\"");
}

static void the_same_config_twice_is_refused(void **state)
{
	(void)state;
	refuses(HEAD "  {bytecode: /x.o, programs: [{}]}\n---\n" HEAD
		     "  {bytecode: /x.o, programs: [{}]}\n",
		"f.yaml:7:1: config \"c\" is given twice");
}

static void errors_in_an_object_begin_with_the_path_of_the_field(void **state)
{
	static const struct {
		const char *spec, *want;
	} rows[] = {
		{"{\"bytecode\": \"x.o\"}", "spec.bytecode: \"x.o\" is a relative path"},
		{"{\"programs\": [{\"hooks\": [\"xdp:a\", {\"hook\": 7}]}]}",
		 "spec.programs[0].hooks[1].hook: \"hook\" wants a string"},
		{"{\"programs\": [], \"a.b\": 1}", "spec[\"a.b\"]: unknown field \"a.b\" in spec"},
		{"[1, 1", "object: not valid YAML"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_reason_ struct reason why = {.code = 0};
		_text_ struct text t = {.data = NULL};
		struct manifest m = {.n = 7};

		text_add(&t,
			 "{\"apiVersion\": \"bpfd.io/v1alpha1\", \"kind\": \"BpfProgramConfig\", "
			 "\"metadata\": {\"name\": \"c\"}, \"spec\": %s}",
			 rows[i].spec);
		assert_int_equal(manifest_parse_object(t.data, t.len, &m, &why), -EINVAL);
		assert_memory_equal(why.text, rows[i].want, strlen(rows[i].want));
		assert_int_equal(m.n, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_talks_manifest_is_read_word_for_word),
		cmocka_unit_test(the_later_form_names_interfaces_direction_and_an_image_object),
		cmocka_unit_test(singleattach_is_a_tracepoint),
		cmocka_unit_test(relative_bytecode_counts_from_the_manifest),
		cmocka_unit_test(the_general_form_has_many_programs),
		cmocka_unit_test(statistics_of_a_config_are_of_each_hook_that_can_have_them),
		cmocka_unit_test(a_config_written_and_read_again_is_the_same),
		cmocka_unit_test(strings_that_look_like_something_else_survive_the_round_trip),
		cmocka_unit_test(many_documents_and_lists_give_many_configs),
		cmocka_unit_test(misspelt_fields_are_named_with_their_place),
		cmocka_unit_test(errors_are_one_line_of_whole_characters),
		cmocka_unit_test(wrong_types_are_refused),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(the_same_config_twice_is_refused),
		cmocka_unit_test(errors_in_an_object_begin_with_the_path_of_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
