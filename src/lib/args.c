/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the text forms of arguments and the versions of option structs. */
#include "lib/args.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "wire/check.h"
#include <bpfd/bpfd.h>

#define FIELDS_MAX 4

int args_take(const void *opts, void *ret, size_t size, struct reason *why)
{
	const char *p = opts;
	size_t theirs;

	memset(ret, 0, size);
	if (!opts)
		return 0;
	memcpy(&theirs, opts, sizeof(theirs));
	if (theirs < sizeof(theirs))
		return fail(why, -EINVAL, "option struct without its size");
	for (size_t i = size; i < theirs; i++)
		if (p[i])
			return fail(why, -E2BIG, "option that this libbpfd does not know");
	memcpy(ret, opts, theirs < size ? theirs : size);
	return 0;
}

char *args_text(const char *s)
{
	return (char *)(uintptr_t)(s ? s : protobuf_c_empty_string);
}

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

static int out_of_memory(const struct args *args)
{
	return fail(args->why, -ENOMEM, "out of memory");
}

/* Pointers and messages for n elements. */
static int alloc_messages(const struct args *args, size_t n, size_t size, void *ret)
{
	void **array = NULL;
	char *messages;

	if (n > 0) {
		array = wire_arena_alloc(args->arena, n, sizeof(*array));
		messages = wire_arena_alloc(args->arena, n, size);
		if (!array || !messages)
			return out_of_memory(args);
		for (size_t i = 0; i < n; i++)
			array[i] = messages + i * size;
	}
	memcpy(ret, &array, sizeof(array));
	return 0;
}

static char *copy(const struct args *args, const char *s)
{
	size_t size = strlen(s) + 1;
	char *p = wire_arena_alloc(args->arena, 1, size);

	return p ? memcpy(p, s, size) : NULL;
}

/* Cut "a=b" at its first '='. */
static int cut_pair(const struct args *args, const char *text, char **ret_key, char **ret_value)
{
	char *p = copy(args, text), *equals;

	if (!p)
		return out_of_memory(args);
	equals = strchr(p, '=');
	if (!equals || equals == p)
		return fail(args->why, -EINVAL, "\"%s\" is not name=value", text);
	*equals = '\0';
	*ret_key = p;
	*ret_value = equals + 1;
	return 0;
}

/* Cut at ':' into at most @max fields; those that are not there are "". */
static int cut_fields(const struct args *args, const char *text, char **ret_fields, size_t max)
{
	char *p = copy(args, text);

	if (!p)
		return out_of_memory(args);
	for (size_t i = 0; i < max; i++) {
		char *colon = p ? strchr(p, ':') : NULL;

		ret_fields[i] = p ? p : args_text(NULL);
		if (colon)
			*colon = '\0';
		p = colon ? colon + 1 : NULL;
	}
	if (p || !*ret_fields[0])
		return fail(args->why, -EINVAL, "\"%s\": 1 to %zu fields with ':' between them",
			    text, max);
	return 0;
}

/* The three kinds of pairs differ in their message only. */
#define DEFINE_PAIRS(noun, type, init, first, second)                                              \
	int args_##noun(const struct args *args, const char *const *texts, size_t *ret_n,          \
			type ***ret)                                                               \
	{                                                                                          \
		size_t n = count(texts);                                                           \
		type **m = NULL;                                                                   \
		int r = alloc_messages(args, n, sizeof(**m), &m);                                  \
                                                                                                   \
		for (size_t i = 0; i < n && r == 0; i++) {                                         \
			init(m[i]);                                                                \
			r = cut_pair(args, texts[i], &m[i]->first, &m[i]->second);                 \
		}                                                                                  \
		if (r < 0)                                                                         \
			return r;                                                                  \
		*ret_n = n;                                                                        \
		*ret = m;                                                                          \
		return 0;                                                                          \
	}

DEFINE_PAIRS(labels, Bpfd__V1__Label, bpfd__v1__label__init, key, value)
DEFINE_PAIRS(globals, Bpfd__V1__Global, bpfd__v1__global__init, name, value)
DEFINE_PAIRS(shares, Bpfd__V1__MapShare, bpfd__v1__map_share__init, map, from)

static int take_export(const struct args *args, const char *text, Bpfd__V1__MapExport *m)
{
	char *fields[FIELDS_MAX], *end;
	unsigned long mode;
	int r = cut_fields(args, text, fields, 4);

	if (r < 0)
		return r;
	m->map = fields[0];
	m->owner = fields[1];
	m->group = fields[2];
	if (!*fields[3])
		return 0;
	mode = strtoul(fields[3], &end, 8);
	if (*end || mode > 07777)
		return fail(args->why, -EINVAL, "\"%s\": mode is not octal, like 0640", text);
	m->has_mode_case = BPFD__V1__MAP_EXPORT__HAS_MODE_MODE;
	m->mode = (uint32_t)mode;
	return 0;
}

int args_exports(const struct args *args, const char *const *texts, size_t *ret_n,
		 Bpfd__V1__MapExport ***ret)
{
	size_t n = count(texts);
	Bpfd__V1__MapExport **m = NULL;
	int r = alloc_messages(args, n, sizeof(**m), &m);

	for (size_t i = 0; i < n && r == 0; i++) {
		bpfd__v1__map_export__init(m[i]);
		r = take_export(args, texts[i], m[i]);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	*ret = m;
	return 0;
}

int args_programs(const struct args *args, const struct bpfd_load_opts *opts, size_t *ret_n,
		  Bpfd__V1__ProgramChoice ***ret)
{
	size_t n = count(opts->programs);
	bool is_only = n == 0 && opts->type;
	Bpfd__V1__ProgramChoice **m = NULL;
	int r = alloc_messages(args, n + is_only, sizeof(**m), &m);

	for (size_t i = 0; i < n + is_only && r == 0; i++) {
		char *fields[FIELDS_MAX] = {args_text(NULL), args_text(NULL), args_text(NULL)};

		bpfd__v1__program_choice__init(m[i]);
		if (!is_only)
			r = cut_fields(args, opts->programs[i], fields, 3);
		m[i]->entry = fields[0];
		m[i]->type = *fields[1] ? fields[1] : args_text(opts->type);
		m[i]->name = fields[2];
	}
	if (r < 0)
		return r;
	*ret_n = n + is_only;
	*ret = m;
	return 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int args_bytecode(const struct args *args, const char *bytecode, char **ret)
{
	const char *scheme = "", *path = bytecode;
	_free_ char *cwd = NULL;
	_text_ struct text t = {0};

	if (!path || !*path)
		return fail(args->why, -EINVAL, "no bytecode named");
	if (has_prefix(path, "oci:")) {
		scheme = "oci:";
		path += 4;
	} else if (has_prefix(path, "file:") && !has_prefix(path, "file://")) {
		path += 5;
	} else if (strstr(path, "://")) {
		*ret = args_text(bytecode);
		return 0;
	}
	while (has_prefix(path, "./"))
		path += 2 + strspn(path + 2, "/");
	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return fail(args->why, -errno, "working directory: %s", strerror(errno));
	}
	text_add(&t, "%s%s%s%s", scheme, cwd ? cwd : "", cwd ? "/" : "", path);
	*ret = t.data ? copy(args, t.data) : NULL;
	return *ret ? 0 : out_of_memory(args);
}

int args_list(const struct args *args, const struct bpfd_list_opts *opts,
	      Bpfd__V1__ListRequest *ret)
{
	struct bpfd_list_opts o;
	int r = args_take(opts, &o, sizeof(o), args->why);

	if (r < 0)
		return r;
	bpfd__v1__list_request__init(ret);
	ret->type = args_text(o.type);
	ret->ref = args_text(o.ref);
	return args_labels(args, o.selector, &ret->n_selector, &ret->selector);
}
