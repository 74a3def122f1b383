/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the public functions: option structs of any version, texts like "key=value". */
#pragma once

#include <stddef.h>

#include "wire/bpfd.pb-c.h"

struct bpfd_list_opts;
struct bpfd_load_opts;
struct reason;
struct wire_arena;

/**
 * args_take() - copy an option struct of an older or newer caller.
 * @opts: begins with its size_t size; NULL: all defaults.
 * @ret:  @size bytes, ours; what the caller's lacks becomes zero.
 *
 * Return: 0, -EINVAL (size not set), -E2BIG (a member that we do not know is set).
 */
int args_take(const void *opts, void *ret, size_t size, struct reason *why);

/* A string for a message that never changes it; NULL becomes "". */
char *args_text(const char *s);

/* Where the texts of one call are kept and errors go. */
struct args {
	struct wire_arena *arena;
	struct reason *why;
};

/* "key=value" each. Return: 0, -EINVAL (no '=', or nothing before it), -ENOMEM. */
int args_labels(const struct args *args, const char *const *texts, size_t *ret_n,
		Bpfd__V1__Label ***ret);
int args_globals(const struct args *args, const char *const *texts, size_t *ret_n,
		 Bpfd__V1__Global ***ret);
int args_shares(const struct args *args, const char *const *texts, size_t *ret_n,
		Bpfd__V1__MapShare ***ret);

/* "map[:owner[:group[:mode]]]" each; the mode in octal. */
int args_exports(const struct args *args, const char *const *texts, size_t *ret_n,
		 Bpfd__V1__MapExport ***ret);

/* .programs, "ENTRY[:TYPE[:NAME]]" each, with .type for those that name none. A type alone is one
 * choice without entry. */
int args_programs(const struct args *args, const struct bpfd_load_opts *opts, size_t *ret_n,
		  Bpfd__V1__ProgramChoice ***ret);

/* Bytecode with an absolute path (in the arena). Return: 0, -EINVAL, -ENOMEM, -errno of getcwd(3).
 */
int args_bytecode(const struct args *args, const char *bytecode, char **ret);

/* A request to list, from options that may be NULL. */
int args_list(const struct args *args, const struct bpfd_list_opts *opts,
	      Bpfd__V1__ListRequest *ret);
