/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the call of clang. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reason.h"
#include "build/command.h"

#define ARGS_MAX 16

/* The one file of a directory that ends so; its path, heap. Return: 1, 0 (none), -EINVAL (several).
 */
static int find_one(const char *directory, const char *suffix, char **ret, struct reason *why)
{
	_text_ struct text path = {0};
	DIR *dir = opendir(directory);
	const struct dirent *e;
	int n = 0;

	if (!dir)
		return fail(why, -errno, "%s: %s", directory, strerror(errno));
	while ((e = readdir(dir))) {
		size_t len = strlen(e->d_name), end = strlen(suffix);

		if (len <= end || strcmp(e->d_name + len - end, suffix) != 0)
			continue;
		if (n++ == 0)
			text_add(&path, "%s/%s", directory, e->d_name);
	}
	closedir(dir);
	if (n > 1)
		return fail(why, -EINVAL, "%s has %d files *%s: name one", directory, n, suffix);
	if (n == 0)
		return 0;
	*ret = text_take(&path);
	return *ret ? 1 : fail(why, -ENOMEM, "out of memory");
}

/* In the directory itself: its path would come into the object, and change its digest. */
static int run(const char *directory, char *const *argv, struct reason *why)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return fail(why, -errno, "cannot start clang: %s", strerror(errno));
	if (pid == 0) {
		if (chdir(directory) < 0)
			_exit(126);
		execvp(argv[0], argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (waitpid(pid, &status, 0) < 0)
		return fail(why, -errno, "cannot wait for clang: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		reason_hint(why, "install clang, or give the object itself");
		return fail(why, -ENOENT, "there is no clang to compile it");
	}
	return fail(why, -ENOEXEC, "it does not compile (clang says why above)");
}

/* Debian keeps the machine's headers apart. */
static int add_multiarch(struct text *ret)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -errno;
	text_add(ret, "-I/usr/include/%s-linux-gnu", u.machine);
	return ret->r;
}

/* @source: a file in the directory. @object: an absolute path. */
static int compile(const char *directory, const char *source, const char *object,
		   struct reason *why)
{
	_text_ struct text multiarch = {0};
	int r = add_multiarch(&multiarch);
	const char *const argv[ARGS_MAX] = {"clang",
					    "-target",
					    "bpf",
					    "-mcpu=v3",
					    "-O2",
					    "-g",
					    "-fdebug-compilation-dir=.",
					    "-I.",
					    multiarch.data,
					    "-c",
					    source,
					    "-o",
					    object};

	if (r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return run(directory, (char *const *)(uintptr_t)argv, why);
}

int build_compile(const char *directory, const char *into, char **ret, struct reason *why)
{
	_free_ char *source = NULL;
	_text_ struct text object = {0};
	const char *name;
	int r = find_one(directory, ".bpf.c", &source, why);

	if (r == 0) {
		r = find_one(directory, ".bpf.o", ret, why);
		if (r == 0)
			r = fail(why, -ENOENT, "%s has neither a *.bpf.c nor a *.bpf.o", directory);
		return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	name = strrchr(source, '/') + 1;
	text_add(&object, "%s/%.*s.o", into, (int)strlen(name) - 2, name);
	if (object.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = compile(directory, name, object.data, why);
	if (r < 0) {
		reason_prefix(why, "%s", source);
		return r;
	}
	*ret = text_take(&object);
	return 0;
}
