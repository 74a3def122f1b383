/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors become names of this node. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/desire.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/json.h"
#include "manifest/program_config.h"
#include "model/config.h"

#include <cmocka.h>

#define HEAD                                                                                       \
	"{\"apiVersion\":\"bpfd.io/v1alpha1\",\"kind\":\"BpfProgramConfig\","                      \
	"\"metadata\":{\"name\":\"c\"},\"spec\":{\"bytecode\":\"/x.o\",\"programs\":"              \
	"[{\"entry\":\"f\",\"hooks\":["
#define TAIL "]}]}}"

#define POD(name, ns, app, host)                                                                   \
	"\"" ns "/" name "\":{\"id\":\"pod-uid-" name "\",\"namespace\":\"" ns                     \
	"\",\"name\":\"" name "\",\"metadata\":{\"labels\":{\"app\":\"" app                        \
	"\"}},\"hostNetwork\":" host                                                               \
	",\"containers\":[{\"name\":\"main\",\"id\":\"0123456789ab" name "\"},"                    \
	"{\"name\":\"side\",\"id\":\"ba9876543210" name "\"}]}"

struct fixture {
	struct manifest manifest;
	json_t *addresses, *interfaces, *pods, *warnings;
};

static void begin(struct fixture *f, const char *hooks)
{
	_text_ struct text text = {0};
	_reason_ struct reason why = {0};

	*f = (struct fixture){.warnings = json_array()};
	text_add(&text, HEAD "%s" TAIL, hooks);
	if (manifest_parse_object(text.data, text.len, &f->manifest, &why) < 0)
		fail_msg("%s", why.text);
	f->addresses = json_pack("[s]", "10.0.0.7");
	f->interfaces = json_loads("[{\"name\":\"lo\",\"addresses\":[\"127.0.0.1\"]},"
				   "{\"name\":\"ens3\",\"addresses\":[\"fe80::1\",\"10.0.0.7\"]}]",
				   0, NULL);
	f->pods = json_loads(
		"{" POD("a", "web", "shop", "false") "," POD("b", "web", "shop", "true") "," POD(
			"c", "db", "shop", "false") "," POD("d", "web", "other", "false") "}",
		0, NULL);
	assert_non_null(f->pods);
}

static void end(struct fixture *f)
{
	manifest_done(&f->manifest);
	json_decref(f->addresses);
	json_decref(f->interfaces);
	json_decref(f->pods);
	json_decref(f->warnings);
}

static int run(struct fixture *f, struct reason *why)
{
	struct desire_world world = {f->addresses, f->interfaces, f->pods};

	return desire(&f->manifest.configs[0], &world, f->warnings, why);
}

static const struct config_program *program(const struct fixture *f)
{
	return &f->manifest.configs[0].programs[0];
}

static bool has_hook(const struct fixture *f, const char *hook, const char *container)
{
	for (size_t i = 0; i < program(f)->n_hooks; i++) {
		const struct config_hook *h = &program(f)->hooks[i];

		if (strcmp(h->hook, hook) == 0 &&
		    strcmp(h->container ? h->container : "", container) == 0)
			return true;
	}
	return false;
}

static void the_primary_interface_has_the_internal_ip(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"hook\":\"xdp:\",\"primaryNodeInterface\":true,\"priority\":7}");
	assert_int_equal(run(&f, NULL), 0);
	assert_true(has_hook(&f, "xdp:ens3", ""));
	assert_int_equal(program(&f)->hooks[0].priority, 7);
	assert_false(program(&f)->hooks[0].is_primary);
	assert_string_equal(labels_find(&f.manifest.configs[0].labels, "bpfd.io/managed-by"),
			    "bpfd-agent");
	end(&f);
}

static void without_that_address_it_says_what_to_do(void **state)
{
	_reason_ struct reason why = {0};
	struct fixture f;

	(void)state;
	begin(&f, "{\"hook\":\"xdp:\",\"primaryNodeInterface\":true}");
	json_array_clear(f.addresses);
	assert_int_equal(run(&f, &why), -ENODEV);
	assert_non_null(strstr(why.hint, "hostNetwork"));
	end(&f);
}

static void pods_become_their_network_namespaces(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"hook\":\"tc:/ingress\",\"pods\":{\"namespaces\":[\"web\"],"
		  "\"selector\":{\"matchLabels\":{\"app\":\"shop\"}}}}");
	assert_true(desire_needs_pods(&f.manifest.configs[0]));
	assert_int_equal(run(&f, NULL), 0);
	assert_int_equal(program(&f)->n_hooks, 1);
	assert_true(has_hook(&f, "tc:eth0/ingress", "pod-uid-a"));
	end(&f);
}

static void containers_become_one_hook_each(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"hook\":\"uprobe:/lib/libc.so.6:malloc\",\"containers\":{"
		  "\"pods\":{\"matchLabels\":{\"app\":\"shop\"}},\"names\":[\"main\"]}}");
	assert_int_equal(run(&f, NULL), 0);
	assert_int_equal(program(&f)->n_hooks, 3);
	assert_true(has_hook(&f, "uprobe:/lib/libc.so.6:malloc", "0123456789aba"));
	end(&f);
}

static void what_matches_nothing_is_a_warning(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"hook\":\"xdp:\",\"pods\":{\"selector\":{\"matchLabels\":{\"app\":\"no\"}}}}");
	assert_int_equal(run(&f, NULL), 0);
	assert_int_equal(program(&f)->n_hooks, 0);
	assert_int_equal(json_array_size(f.warnings), 1);
	end(&f);
}

static void more_places_than_a_config_may_have_are_refused(void **state)
{
	_reason_ struct reason why = {0};
	struct fixture f;
	char key[32];

	(void)state;
	begin(&f, "{\"hook\":\"xdp:\",\"pods\":{\"selector\":{}}}");
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "x/p%d", i);
		json_object_set(f.pods, key, json_object_get(f.pods, "web/a"));
	}
	assert_int_equal(run(&f, &why), -E2BIG);
	end(&f);
}

static void a_pod_is_condensed_to_what_runs(void **state)
{
	_json_ json_t *pod = json_loads(
		"{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"uid\":\"u\"},\"spec\":{},\"status\":"
		"{\"containerStatuses\":[{\"name\":\"a\",\"containerID\":\"containerd://abc\",\"state\":"
		"{\"running\":{}}},{\"name\":\"b\",\"containerID\":\"containerd://def\",\"state\":"
		"{\"terminated\":{}}},{\"name\":\"c\",\"state\":{\"waiting\":{}}}]}}",
		0, NULL);
	_json_ json_t *condensed = desire_pod(pod);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(condensed, "containers")), 1);
	assert_string_equal(
		kube_text(json_array_get(json_object_get(condensed, "containers"), 0), "id"),
		"abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_primary_interface_has_the_internal_ip),
		cmocka_unit_test(without_that_address_it_says_what_to_do),
		cmocka_unit_test(pods_become_their_network_namespaces),
		cmocka_unit_test(containers_become_one_hook_each),
		cmocka_unit_test(what_matches_nothing_is_a_warning),
		cmocka_unit_test(more_places_than_a_config_may_have_are_refused),
		cmocka_unit_test(a_pod_is_condensed_to_what_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
