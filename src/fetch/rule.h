/* SPDX-License-Identifier: Apache-2.0 */
/* From a policy and a name to what must be verified: the files that its rule names are read here.
 */
#pragma once

#include "trust/rule.h"

struct reason;

/**
 * rule_find() - what the policy wants of a name.
 * @policy: path of images.yaml, NULL: there is none.
 * @name:   as policy_matches() has it.
 * @ret:    the rule to verify with, when 1 is returned.
 *
 * Return: 0 (accepted as it is), 1 (.digests or signatures decide), -EACCES (rejected: the text
 * names the rule; also for a policy that has an error, or whose key files cannot be read: nothing
 * is loaded until it is right).
 */
int rule_find(const char *policy, const char *name, struct trust_rule *ret, struct reason *why);
