/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the options that all tools have. */
#include "copy/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "registry/auth/login.h"

int tool_take(struct tool *tool, int option, const char *value)
{
	switch (option) {
	case 'i':
		tool->place.insecure = true;
		return 0;
	case 'u':
		tool->place.username = value;
		return 0;
	case 'p':
		tool->password_file = value;
		return 0;
	case 'c':
		tool->config = value;
		return 0;
	case 's':
		tool->socket = value;
		return 0;
	default:
		return -EINVAL;
	}
}

bool tool_is_whole(const struct tool *tool)
{
	return !tool->place.username == !tool->password_file;
}

/* A configuration that only the daemon may read is none for its users. */
static const char *config_of(const struct tool *tool)
{
	if (tool->config)
		return tool->config;
	return access(TOOL_CONFIG, R_OK) == 0 ? TOOL_CONFIG : "/etc/bpfd/none.yaml";
}

int tool_begin(struct tool *tool, struct reason *why)
{
	int r = settings_load(config_of(tool), &tool->settings, why);

	if (r == 0 && tool->password_file)
		r = login_read_password(tool->password_file, &tool->password, why);
	tool->place.settings = &tool->settings;
	tool->place.password = tool->password;
	return r;
}

void tool_done(struct tool *tool)
{
	if (tool->password)
		explicit_bzero(tool->password, strlen(tool->password));
	free(tool->password);
	settings_done(&tool->settings);
}
