/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of kubernetes in bpfd.yaml and their defaults. */
#include "manifest/cluster/kubernetes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/schema.h"

/* The address of a unix socket, and what is left of it for names below the directory. */
#define SOCKET_MAX    107
#define DIRECTORY_MAX 255

static bool is_path(const char *path, size_t max)
{
	return !path || (path[0] == '/' && path[1] && strlen(path) <= max &&
			 text_is_clean(path, max) && !strstr(path, "/../"));
}

static int check(const void *object, struct reason *why)
{
	const struct settings_kubernetes *k = object;

	if (!is_path(k->agent_socket, SOCKET_MAX))
		return fail(why, -EINVAL, "agentSocket wants an absolute path of at most %d bytes",
			    SOCKET_MAX);
	if (!is_path(k->kubelet_directory, DIRECTORY_MAX))
		return fail(why, -EINVAL,
			    "kubeletDirectory wants an absolute path of at most %d bytes",
			    DIRECTORY_MAX);
	/* The number is also the owner of what the agent applies: root's is not to be shared. */
	if (k->has_group && (k->agent_group == 0 || k->agent_group == UINT32_MAX))
		return fail(why, -EINVAL,
			    "agentGroup wants the number of a group that is not root's");
	return 0;
}

static const struct field fields[] = {
	{"agentSocket", schema_string, offsetof(struct settings_kubernetes, agent_socket)},
	{"agentGroup", schema_u32, offsetof(struct settings_kubernetes, agent_group),
	 .has_offset = offsetof(struct settings_kubernetes, has_group)},
	{"kubeletDirectory", schema_string,
	 offsetof(struct settings_kubernetes, kubelet_directory)},
	{NULL},
};

const struct schema kubernetes_schema = {
	.where = "kubernetes",
	.size = sizeof(struct settings_kubernetes),
	.fields = fields,
	.check = check,
};

void settings_kubernetes_done(struct settings_kubernetes *kubernetes)
{
	free(kubernetes->agent_socket);
	free(kubernetes->kubelet_directory);
}

uint32_t settings_agent_group(const struct settings_kubernetes *kubernetes)
{
	return kubernetes->has_group ? kubernetes->agent_group : KUBERNETES_AGENT_GROUP;
}

const char *settings_kubelet_directory(const struct settings_kubernetes *kubernetes)
{
	return kubernetes->kubelet_directory ? kubernetes->kubelet_directory : KUBERNETES_KUBELET;
}
