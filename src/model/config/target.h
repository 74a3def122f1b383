/* SPDX-License-Identifier: Apache-2.0 */
/* What a hook stands for when it does not name one place: interfaces, pods, containers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/config/selector.h"
#include "model/config/strings.h"

struct reason;

#define TARGET_NAMES_MAX   64
#define TARGET_PATTERN_MAX 64

/**
 * struct target_interfaces - some interfaces of one network namespace.
 * @names, @patterns: who is meant, patterns as of fnmatch(3); one of the lists is not empty.
 * @exclude: patterns of who is not.
 */
struct target_interfaces {
	struct strings names;
	struct strings patterns;
	struct strings exclude;
};

/* The network namespaces of pods. @namespaces: none: all. @interface: NULL: eth0. */
struct target_pods {
	struct strings namespaces;
	struct selector selector;
	char *interface;
};

#define TARGET_POD_INTERFACE "eth0"

/* Containers of pods. @namespaces, @names: none: all. */
struct target_containers {
	struct strings namespaces;
	struct selector pods;
	struct strings names;
};

void target_interfaces_done(struct target_interfaces *interfaces);
void target_pods_done(struct target_pods *pods);
void target_containers_done(struct target_containers *containers);

/* Deep copies; @ret is zeroed before, and half filled on failure. Return: 0 or -ENOMEM. */
int target_interfaces_copy(const struct target_interfaces *from, struct target_interfaces *ret);
int target_pods_copy(const struct target_pods *from, struct target_pods *ret);
int target_containers_copy(const struct target_containers *from, struct target_containers *ret);

bool target_interfaces_match(const struct target_interfaces *interfaces, const char *name);

/* Counts, names and patterns. Return: 0, -EINVAL, -E2BIG, -ENOMEM. */
int target_interfaces_check(const struct target_interfaces *interfaces, struct reason *why);
int target_pods_check(const struct target_pods *pods, struct reason *why);
int target_containers_check(const struct target_containers *containers, struct reason *why);

/* Namespaces of Kubernetes. @may_be_all: "*" is one too. Return: 0, -EINVAL, -E2BIG. */
int target_namespaces_check(const struct strings *namespaces, bool may_be_all, struct reason *why);

/* The id without the name of its runtime: "containerd://0123" and "0123" give "0123"; borrowed.
 * NULL: not an id: 1 to HOOK_CONTAINER_MAX of [A-Za-z0-9._-], first a letter or digit. */
const char *target_container_id(const char *text);
