/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the policy of a host: a rule that is found matches, and asks for something it has. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_policy_ struct policy policy = {.n_rules = 0};
	const struct policy_rule *rule;

	if (policy_parse((const char *)data, size, "/fuzz", &policy, NULL) < 0)
		return 0;
	rule = policy_find(&policy, "quay.io/x/y:tag");
	if (rule && rule->action == POLICY_VERIFY && rule->n_keys + rule->n_identities == 0)
		abort();
	return 0;
}
