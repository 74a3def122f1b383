/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest says of a cluster: selectors, targets, rollouts, secrets; and their bounds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/program_config.h"
#include "model/config.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

#define HEAD	 "apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\nmetadata: {name: c}\nspec:\n"
#define PROGRAMS HEAD "  programs:\n  - bytecode: /x.o\n    entry: e\n    hooks:\n    - "
#define BODY	 HEAD "  programs: [{bytecode: /x.o}]\n"
#define TALK                                                                                       \
	HEAD "  type: XDP\n  bytecode: /x.o\n  attachpoint:\n    networkmultiattach:\n      "      \
	     "interfaceselector: "

static struct manifest parse(const char *text)
{
	_reason_ struct reason why = {.code = 0};
	struct manifest m = {.n = 0};
	int r = manifest_parse(text, strlen(text), "/m/f.yaml", &m, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
	assert_int_equal(m.n, 1);
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

/* "key: [s, s, …]" behind @head. */
static char *many(const char *head, size_t n, const char *entry, const char *tail)
{
	struct text t = {.data = NULL};

	text_add(&t, "%s[", head);
	for (size_t i = 0; i < n; i++)
		text_add(&t, "%s%s", i ? ", " : "", entry);
	text_add(&t, "]%s", tail);
	return text_take(&t);
}

static void a_selector_has_labels_and_expressions(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		BODY
		"  nodeselector:\n    matchlabels: {zone: a}\n    matchexpressions:\n"
		"    - {key: tier, operator: In, values: [x, y]}\n    - {KEY: gpu, Operator: Exists}\n");
	const struct selector *s = &m.configs[0].node_selector;

	(void)state;
	assert_string_equal(labels_find(&s->match, "zone"), "a");
	assert_int_equal(s->n, 2);
	assert_string_equal(s->items[0].key, "tier");
	assert_int_equal(s->items[0].operator, SELECTOR_IN);
	assert_int_equal(s->items[0].values.n, 2);
	assert_string_equal(s->items[0].values.items[1], "y");
	assert_int_equal(s->items[1].operator, SELECTOR_EXISTS);
}

static void a_bad_selector_is_refused_at_its_place(void **state)
{
	_free_ char *values =
		many(BODY "  nodeSelector: {matchExpressions: [{key: a, operator: In, "
			  "values: ",
		     SELECTOR_VALUES_MAX + 1, "v", "}]}\n");
	_free_ char *items =
		many(BODY "  nodeSelector: {matchExpressions: ", SELECTOR_REQUIREMENTS_MAX + 1,
		     "{key: a, operator: Exists}", "}\n");

	(void)state;
	refuses(BODY "  nodeSelector: {matchExpressions: [{key: a, operator: Is}]}\n",
		"f.yaml:6:56: operator \"Is\" is none of In, NotIn, Exists, DoesNotExist");
	refuses(BODY "  nodeSelector: {matchExpressions: [{key: a, operator: In}]}\n",
		"f.yaml:6:37: selector of label \"a\": operator In wants values");
	refuses(BODY
		"  nodeSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}\n",
		"f.yaml:6:37: selector of label \"a\": operator Exists wants no values");
	refuses(BODY "  nodeSelector: {matchExpressions: [{operator: Exists}]}\n",
		"f.yaml:6:37: matchExpressions[] has no \"key\"");
	refuses(BODY "  nodeSelector: {matchLabels: {a: b}, zone: c}\n",
		"f.yaml:6:39: unknown field \"zone\" in a selector with matchLabels or "
		"matchExpressions: the fields are matchLabels, matchExpressions");
	refuses(values, "f.yaml:6:68: \"values\" has 65 entries; the limit is 64");
	refuses(items, "f.yaml:6:36: \"matchExpressions\" has 65 entries; the limit is 64");
}

static void hooks_may_mean_interfaces_pods_or_containers(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		PROGRAMS
		"{hook: 'xdp:', interfaces: {names: [lo], patterns: ['eth*'], exclude: [eth9]}}\n"
		"    - {hook: 'tc:/ingress', pods: {namespace: a, selector: {app: web}, interface: net1}}\n"
		"    - {hook: xdp:eth0, container: containerd://0123abc}\n"
		"    - {hook: flow_dissector, pods: {namespaces: [a, b]}}\n"
		"  - bytecode: /x.o\n    entry: u\n    hooks:\n"
		"    - {hook: 'uprobe:/lib/libc.so.6:malloc', containers: {namespaces: [a], pods: "
		"{matchLabels: {app: web}}, names: [c1, c2]}}\n"
		"    - {hook: 'uprobe:/lib/libc.so.6:malloc', container: 0123abc}\n");
	const struct config_hook *hooks = m.configs[0].programs[0].hooks;
	const struct config_hook *uprobes = m.configs[0].programs[1].hooks;
	_free_ char *text = config_hook_text(&hooks[2], NULL);
	_free_ char *uprobe = config_hook_text(&uprobes[1], NULL);

	(void)state;
	assert_true(hooks[0].has_interfaces);
	assert_true(target_interfaces_match(&hooks[0].interfaces, "eth1"));
	assert_false(target_interfaces_match(&hooks[0].interfaces, "eth9"));
	assert_true(hooks[1].has_pods);
	assert_string_equal(hooks[1].pods.namespaces.items[0], "a");
	assert_string_equal(labels_find(&hooks[1].pods.selector.match, "app"), "web");
	assert_string_equal(hooks[1].pods.interface, "net1");
	assert_string_equal(text, "xdp:eth0@container:0123abc");
	assert_int_equal(hooks[3].pods.namespaces.n, 2);
	assert_true(uprobes[0].has_containers);
	assert_string_equal(uprobes[0].containers.names.items[1], "c2");
	assert_string_equal(uprobe, "uprobe:/lib/libc.so.6:malloc@container:0123abc");
}

static void the_talks_selector_has_patterns_and_pods(void **state)
{
	_cleanup_(manifest_done) struct manifest m =
		parse(TALK "{interfaces: [lo], patterns: ['eth*'], exclude: [eth9]}\n");
	_cleanup_(manifest_done) struct manifest each = parse(TALK "{interfaces: [lo, eth0]}\n");
	_cleanup_(manifest_done) struct manifest pods =
		parse(TALK "{pods: {namespace: web, selector: {matchLabels: {app: a}}}}\n");
	const struct config_program *program = &m.configs[0].programs[0];

	(void)state;
	assert_int_equal(program->n_hooks, 1);
	assert_string_equal(program->hooks[0].hook, "xdp:");
	assert_string_equal(program->hooks[0].interfaces.names.items[0], "lo");
	assert_string_equal(program->hooks[0].interfaces.patterns.items[0], "eth*");
	assert_string_equal(program->hooks[0].interfaces.exclude.items[0], "eth9");
	assert_int_equal(each.configs[0].programs[0].n_hooks, 2);
	assert_false(each.configs[0].programs[0].hooks[0].has_interfaces);
	assert_true(pods.configs[0].programs[0].hooks[0].has_pods);
	refuses(TALK "{patterns: ['*'], pods: {}}\n",
		"f.yaml:9:26: interfaceselector wants exactly one of primarynodeinterface: true, "
		"interface, interfaces (or patterns) and pods");
	refuses(TALK "{interface: lo, exclude: [a]}\n",
		"f.yaml:9:26: interfaceselector: exclude is for interfaces and patterns");
}

static void bad_targets_are_refused_at_their_place(void **state)
{
	_free_ char *names = many(
		PROGRAMS "{hook: 'xdp:', interfaces: {names: ", TARGET_NAMES_MAX + 1, "lo", "}}\n");

	(void)state;
	refuses(PROGRAMS "{hook: 'xdp:', interfaces: {}}\n",
		"f.yaml:9:34: interfaces wants names or patterns: which ones? (\"*\": all)");
	refuses(PROGRAMS "{hook: 'xdp:', interfaces: {names: [waytoolongname12]}}\n",
		"f.yaml:9:34: \"waytoolongname12\" is not a name of an interface");
	refuses(PROGRAMS "{hook: 'xdp:', interfaces: {patterns: ['a b']}}\n",
		"f.yaml:9:34: patterns: \"a b\" is not a pattern of 1 to 64 characters, as \"eth*\"");
	refuses(names, "f.yaml:9:42: \"names\" has 65 entries; the limit is 64");
	refuses(PROGRAMS "{hook: xdp:eth0, interfaces: {names: [lo]}}\n",
		"f.yaml:9:7: hook \"xdp:eth0\" on several interfaces: leave the interface out, as "
		"\"xdp:\" or \"tc:/ingress\"");
	refuses(PROGRAMS "{hook: 'xdp:', pods: {namespaces: [A]}}\n",
		"f.yaml:9:28: namespaces: \"A\" is not 1 to 63 of a-z, 0-9 and '-' within");
	refuses(PROGRAMS "{hook: 'xdp:', pods: {namespace: a, namespaces: [b]}}\n",
		"f.yaml:9:55: write one of namespace and namespaces");
	refuses(PROGRAMS "{hook: 'xdp:', pods: {}, primaryNodeInterface: true}\n",
		"f.yaml:9:7: hook \"xdp:\": one of primaryNodeInterface, interfaces and pods");
	refuses(PROGRAMS "{hook: xdp:eth0, containers: {}}\n",
		"f.yaml:9:7: hook \"xdp:eth0\": containers is for uprobes; write pods, which have "
		"the network namespaces");
	refuses(PROGRAMS "{hook: tracepoint:a/b, container: x}\n",
		"f.yaml:9:7: hook \"tracepoint:a/b\" is of the whole host, not of a container");
	refuses(PROGRAMS "{hook: xdp:eth0, container: a/../b}\n",
		"f.yaml:9:7: hook \"xdp:eth0\": \"a/../b\" is not the id of a container");
	refuses(PROGRAMS "{hook: xdp:eth0, container: x, netns: y}\n",
		"f.yaml:9:7: hook \"xdp:eth0\": one of netns, container, pods, containers and "
		"primaryNodeInterface");
}

static void a_rollout_is_read(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		BODY
		"  rollout: {strategy: canary, canary: {percentage: 10}, maxunavailable: 25%,\n"
		"    onfailure: rollback, paused: true, waitseconds: 0}\n");
	_cleanup_(manifest_done) struct manifest plain =
		parse(BODY "  rollout: {maxUnavailable: 3}\n");
	const struct config_rollout *r = &m.configs[0].rollout;

	(void)state;
	assert_true(m.configs[0].has_rollout);
	assert_int_equal(r->strategy, ROLLOUT_CANARY);
	assert_int_equal(r->canary_percent, 10);
	assert_int_equal(r->max_unavailable, 25);
	assert_true(r->is_percent);
	assert_int_equal(r->on_failure, ROLLOUT_ROLLBACK);
	assert_true(r->is_paused);
	assert_int_equal(config_rollout_wait_seconds(r), 0);
	assert_int_equal(plain.configs[0].rollout.max_unavailable, 3);
	assert_false(plain.configs[0].rollout.is_percent);
	assert_int_equal(config_rollout_wait_seconds(&plain.configs[0].rollout), 30);
}

static void a_bad_rollout_is_refused_at_its_place(void **state)
{
	(void)state;
	refuses(BODY "  rollout: {strategy: blue}\n",
		"f.yaml:6:23: strategy \"blue\" is neither all nor canary");
	refuses(BODY "  rollout: {onFailure: x}\n",
		"f.yaml:6:24: onFailure \"x\" is neither pause nor rollback");
	refuses(BODY "  rollout: {strategy: canary}\n",
		"f.yaml:6:12: rollout.canary wants exactly one of nodeSelector and percentage");
	refuses(BODY "  rollout: {canary: {percentage: 1}}\n",
		"f.yaml:6:12: rollout.canary is for strategy canary");
	refuses(BODY "  rollout: {strategy: canary, canary: {percentage: 101}}\n",
		"f.yaml:6:52: percentage 101: it goes from 1 to 100");
	refuses(BODY "  rollout: {maxUnavailable: 0}\n",
		"f.yaml:6:29: maxUnavailable \"0\": it is a number from 1, or a percentage as \"25%\"");
	refuses(BODY "  rollout: {maxUnavailable: 101%}\n",
		"f.yaml:6:12: rollout.maxUnavailable 101%: it goes from 1 to 100%");
	refuses(BODY "  rollout: {maxUnavailable: 10001}\n",
		"f.yaml:6:12: rollout.maxUnavailable 10001: it goes from 1 to 10000");
	refuses(BODY "  rollout: {waitSeconds: 86401}\n",
		"f.yaml:6:12: rollout.waitSeconds 86401: it goes from 0 to 86400");
}

static void secrets_are_of_an_image_or_of_all(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		HEAD
		"  imagePullSecret: all\n  programs:\n"
		"  - {entry: a, bytecode: {image: {url: q.io/x, imagepullsecret: own}}}\n"
		"  - {entry: b, bytecode: {imageUrl: q.io/y, imagePullSecret: {name: z, namespace: n}}}\n"
		"  - {entry: c, bytecode: image://q.io/z}\n");
	const struct config_program *programs = m.configs[0].programs;

	(void)state;
	assert_string_equal(programs[0].pull_secret.name, "own");
	assert_null(programs[0].pull_secret.namespace);
	assert_string_equal(programs[1].pull_secret.name, "z");
	assert_string_equal(programs[1].pull_secret.namespace, "n");
	assert_string_equal(programs[2].pull_secret.name, "all");
	refuses(HEAD "  programs: [{bytecode: /x.o, imagePullSecret: {name: a/b}}]\n",
		"f.yaml:5:48: imagePullSecret: name or namespace is not a name");
}

static void maps_name_the_namespaces_that_may_mount_them(void **state)
{
	_cleanup_(manifest_done) struct manifest m =
		parse(BODY "  maps: [{name: m, namespaces: [team-a, '*']}]\n");

	(void)state;
	assert_int_equal(m.configs[0].exports[0].namespaces.n, 2);
	assert_string_equal(m.configs[0].exports[0].namespaces.items[1], "*");
	refuses(BODY "  maps: [{name: m}]\n", "f.yaml:6:10: spec.maps[] has no \"export\"");
	refuses(BODY "  maps: [{name: m, namespaces: [a_b]}]\n",
		"f.yaml:6:10: namespaces: \"a_b\" is not 1 to 63 of a-z, 0-9 and '-' within");
}

static void what_is_said_of_a_cluster_survives_the_round_trip(void **state)
{
	_cleanup_(manifest_done) struct manifest m = parse(
		HEAD
		"  nodeSelector: {matchLabels: {a: b}, matchExpressions: [{key: k, operator: NotIn, "
		"values: ['1', x]}, {key: g, operator: DoesNotExist}]}\n"
		"  rollout: {strategy: canary, canary: {nodeSelector: {}}, maxUnavailable: 25%, paused: "
		"true, waitSeconds: 5}\n"
		"  maps: [{name: m, namespaces: ['*'], export: {mode: '0640'}}]\n"
		"  programs:\n  - bytecode: image://q.io/x:1\n    entry: e\n    imagePullSecret: {name: s, namespace: "
		"n}\n    hooks:\n"
		"    - {hook: 'xdp:', interfaces: {names: [lo], patterns: ['eth*'], exclude: ['*9']}}\n"
		"    - {hook: 'tc:/egress', pods: {}}\n"
		"    - {hook: 'tc:/egress', pods: {namespaces: [a], selector: {x: y}, interface: n0}}\n"
		"    - {hook: xdp:eth0, container: cri-o://01}\n"
		"  - bytecode: /y.o\n    entry: u\n    hooks:\n"
		"    - {hook: 'uprobe:/a:b', containers: {namespaces: [a], names: [c], pods: "
		"{matchExpressions: [{key: k, operator: Exists}]}}}\n");
	_text_ struct text first = {.data = NULL};
	_text_ struct text second = {.data = NULL};
	struct manifest again;

	(void)state;
	manifest_format(&m.configs[0], &first);
	again = parse(first.data);
	manifest_format(&again.configs[0], &second);
	manifest_done(&again);
	assert_string_equal(first.data, second.data);
	assert_non_null(strstr(first.data, "    - key: k\n      operator: NotIn\n      "
					   "values: [\"1\", x]\n"));
	assert_non_null(strstr(first.data, "      nodeSelector: {}\n"));
	assert_non_null(strstr(first.data, "    maxUnavailable: \"25%\"\n"));
	assert_non_null(strstr(first.data, "      container: cri-o://01\n"));
	assert_non_null(strstr(first.data, "        exclude: [\"*9\"]\n"));
	assert_non_null(strstr(first.data, "    imagePullSecret:\n      name: s\n      namespace: "
					   "\"n\"\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selector_has_labels_and_expressions),
		cmocka_unit_test(a_bad_selector_is_refused_at_its_place),
		cmocka_unit_test(hooks_may_mean_interfaces_pods_or_containers),
		cmocka_unit_test(the_talks_selector_has_patterns_and_pods),
		cmocka_unit_test(bad_targets_are_refused_at_their_place),
		cmocka_unit_test(a_rollout_is_read),
		cmocka_unit_test(a_bad_rollout_is_refused_at_its_place),
		cmocka_unit_test(secrets_are_of_an_image_or_of_all),
		cmocka_unit_test(maps_name_the_namespaces_that_may_mount_them),
		cmocka_unit_test(what_is_said_of_a_cluster_survives_the_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
