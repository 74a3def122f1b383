/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rule by which a node knows whether it is its turn. */
#include "kube/revision.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/config.h"

void revision_hash(const json_t *spec, char ret[static KUBE_HASH_SIZE])
{
	_json_ json_t *bare = json_copy((json_t *)(uintptr_t)spec);

	json_object_del(bare, "rollout");
	kube_hash(bare, ret);
}

uint32_t revision_place(const char *config, const char *node)
{
	char digest[DIGEST_TEXT_SIZE], digits[9];
	_text_ struct text both = {0};

	text_add(&both, "%s/%s", config, node);
	digest_text(both.data ? both.data : "", both.len, digest);
	memcpy(digits, digest + strlen("sha256:"), 8);
	digits[8] = '\0';
	return (uint32_t)((uint64_t)strtoul(digits, NULL, 16) * REVISION_PLACES >> 32);
}

static bool is_its_turn(const json_t *rollout, const struct config *config,
			const struct revision_node *node)
{
	const struct config_rollout *r = &config->rollout;

	if (r->has_canary_nodes && selector_match(&r->canary_nodes, node->labels))
		return true;
	return revision_place(config->name, node->name) < kube_number(rollout, "threshold");
}

enum revision_use revision_choose(const json_t *object, const struct config *config,
				  const struct revision_node *node, const char **ret_stored)
{
	const json_t *rollout = kube_get(object, "status.rollout");
	const char *stable = kube_text(rollout, "stableRevision");
	const char *phase = kube_text(rollout, "phase");
	char hash[KUBE_HASH_SIZE];

	revision_hash(json_object_get(object, "spec"), hash);
	if (!config->has_rollout)
		return REVISION_SPEC;
	if (strcmp(kube_text(rollout, "revision"), hash) != 0)
		return REVISION_WAIT;
	if (strcmp(phase, "Complete") == 0)
		return REVISION_SPEC;
	if (strcmp(phase, "RolledBack") != 0 && is_its_turn(rollout, config, node))
		return REVISION_SPEC;
	if (!*stable)
		return REVISION_NONE;
	*ret_stored = stable;
	return strcmp(stable, hash) == 0 ? REVISION_SPEC : REVISION_STORED;
}
