/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked for on the command line; strings are the caller's. */
#pragma once

#include "base/text.h"
#include "copy/tool.h"
#include "image/build/build.h"

struct reason;

#define BUILD_LABELS_MAX 256

/* @target: "oci:DIR[:TAG]", a registry's name, or NULL. @out: what is printed after success. */
struct build_command {
	struct image_build what;
	const char *labels[BUILD_LABELS_MAX];
	const char *target;
	struct tool tool;
	struct text out;
};

/* Write the image to .target. Prints name and digest. */
int build_write(struct build_command *command, struct reason *why);

/* Print the arguments of deploy/Containerfile.bytecode for the objects. */
int build_arguments(struct build_command *command, struct reason *why);

/**
 * build_compile() - the object of a directory: of its one *.bpf.c, by clang, else its one *.bpf.o.
 * @into: directory for the result, absolute; @ret: path, heap.
 *
 * clang's own words go to stderr. Return: 0, -ENOENT (none, or no clang), -EINVAL (several),
 * -ENOEXEC (it does not compile), -errno.
 */
int build_compile(const char *directory, const char *into, char **ret, struct reason *why);
