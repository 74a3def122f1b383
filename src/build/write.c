/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where an image goes: straight into a layout, or through one of its own to a registry. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/reason.h"
#include "build/command.h"
#include "copy/scratch.h"

/* What is a directory is compiled first. @owned: paths to free. */
static int compile_all(struct build_command *c, const struct scratch *s, char **owned,
		       struct reason *why)
{
	for (size_t i = 0; i < c->what.n_machines; i++) {
		struct image_machine *m = &c->what.machines[i];
		struct stat st;
		int r;

		if (stat(m->object, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		r = build_compile(m->object, s->path, &owned[i], why);
		if (r < 0)
			return r;
		m->object = owned[i];
	}
	return 0;
}

/* Without -t: a layout here, named after the object. */
static int default_target(const struct build_command *c, struct text *ret)
{
	const char *slash = strrchr(c->what.machines[0].object, '/');
	const char *name = slash ? slash + 1 : c->what.machines[0].object;

	text_add(ret, "oci:./%.*s", (int)strcspn(name, "."), name);
	return ret->r;
}

/* "oci:DIRECTORY[:TAG]", cut in place. */
static int build_layout(struct build_command *c, char *target, struct reason *why)
{
	char *colon = strchr(target + 4, ':');
	char digest[DIGEST_TEXT_SIZE];
	int r;

	c->what.layout = target + 4;
	if (colon) {
		*colon = '\0';
		c->what.tag = colon + 1;
	}
	if (!*c->what.layout)
		return fail(why, -EINVAL, "oci: wants a directory, oci:DIRECTORY[:TAG]");
	r = image_build(&c->what, digest, why);
	if (r == 0)
		text_add(&c->out, "oci:%s:%s %s\n", c->what.layout,
			 c->what.tag ? c->what.tag : "latest", digest);
	return r;
}

static int build_registry(struct build_command *c, const struct scratch *s, const char *target,
			  struct reason *why)
{
	_place_ struct place from = {.dir = -1};
	_place_ struct place to = {.dir = -1};
	_text_ struct text layout = {0};
	_text_ struct text source = {0};
	char digest[DIGEST_TEXT_SIZE];
	int r;

	text_add(&layout, "%s/layout", s->path);
	text_add(&source, "oci:%s/layout", s->path);
	if (layout.r < 0 || source.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	c->what.layout = layout.data;
	r = image_build(&c->what, digest, why);
	if (r == 0)
		r = place_open(&c->tool.place, source.data, false, &from, why);
	if (r == 0)
		r = place_open(&c->tool.place, target, true, &to, why);
	if (r == 0)
		r = copy_image(&from, &to, digest, why);
	if (r == 0)
		text_add(&c->out, "%s %s\n", target, digest);
	return r;
}

static int write_to(struct build_command *c, const struct scratch *s, char *target,
		    struct reason *why)
{
	return strncmp(target, "oci:", 4) == 0 ? build_layout(c, target, why)
					       : build_registry(c, s, target, why);
}

int build_write(struct build_command *c, struct reason *why)
{
	_scratch_ struct scratch scratch = {.path = ""};
	char *owned[IMAGE_MACHINES_MAX] = {NULL};
	_text_ struct text target = {0};
	int r = scratch_make(&scratch, why);

	if (r == 0)
		r = compile_all(c, &scratch, owned, why);
	if (c->target)
		text_add(&target, "%s", c->target);
	else if (r == 0)
		default_target(c, &target);
	if (r == 0 && target.r < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = write_to(c, &scratch, target.data, why);
	for (size_t i = 0; i < IMAGE_MACHINES_MAX; i++)
		free(owned[i]);
	return r;
}
