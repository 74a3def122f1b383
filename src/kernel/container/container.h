/* SPDX-License-Identifier: Apache-2.0 */
/* Containers by their id, as the cgroups of processes show them; no runtime is asked. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct reason;

/**
 * struct container - one that is looked for.
 * @id:  borrowed; without the name of the runtime.
 * @pid: filled: its oldest process (its init), 0: none here.
 */
struct container {
	const char *id;
	pid_t pid;
};

/**
 * container_find() - the processes of some containers, in one walk over /proc.
 *
 * A process is of a container when a part of the path of its cgroup, v1 or v2, is the id alone or
 * has it as a runtime's unit has: "cri-containerd-ID.scope", "crio-ID.scope", "docker-ID.scope".
 * "podUID" is a whole pod ("podUID", "kubepods-burstable-podUID.slice"), and its oldest process
 * that of the sandbox, which lives as long as the pod. conmon, which watches over a container of
 * CRI-O, is not of it.
 *
 * Return: 0, or -EINVAL: shorter than an id of a container is, or the name of a unit.
 */
int container_find(struct container *containers, size_t n, struct reason *why);

/* Does the text of /proc/PID/cgroup say that the process is of the container? For tests. */
int container_is_of(const char *cgroups, const char *id);

/* The network namespace. Return: descriptor, -ENOENT (no process here), -EACCES (CAP_SYS_PTRACE),
 * -EINVAL. */
int container_open_netns(const char *id, struct reason *why);

/* A regular file beneath the root of the container: no link leads out of it. Also -ENOENT,
 * -EOPNOTSUPP (openat2(2), 5.6). */
int container_open_file(const char *id, const char *path, struct reason *why);
