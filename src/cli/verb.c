/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of verbs and everything that is printed from it. */
#include "cli/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define OPTION_WIDTH 28

static const struct verb *const verbs[] = {
	&verb_apply,	    &verb_delete,	 &verb_get,	      &verb_describe,
	&verb_load,	    &verb_attach,	 &verb_detach,	      &verb_unload,
	&verb_map_dump,	    &verb_image_pull,	 &verb_image_ls,      &verb_image_rm,
	&verb_image_prune,  &verb_image_tag,	 &verb_image_build,   &verb_image_push,
	&verb_image_copy,   &verb_image_inspect, &verb_image_history, &verb_image_tree,
	&verb_image_save,   &verb_image_load,	 &verb_image_args,    &verb_image_sign,
	&verb_image_verify, &verb_trust_import,	 &verb_trust_list,    &verb_status,
	&verb_version,	    &verb_help,
};

const struct option verb_global_options[] = {
	{0, "socket", "PATH", OPTION_TEXT, offsetof(struct cli, socket),
	 "socket of the daemon (default: $BPFD_SOCKET, else /run/bpfd/bpfd.sock)"},
	{'v', "verbose", NULL, OPTION_FLAG, offsetof(struct cli, is_verbose),
	 "with an error: everything that is known, such as the verifier's log"},
	{'h', "help", NULL, OPTION_FLAG, offsetof(struct cli, wants_help), "show help"},
	{0, "version", NULL, OPTION_FLAG, offsetof(struct cli, wants_version),
	 "show the version of bpfctl"},
	{0},
};

const struct verb *verb_at(size_t i)
{
	return i < array_size(verbs) ? verbs[i] : NULL;
}

/* Does @name (one or two words) begin @words? Return: number of words, 0: no. */
static size_t match(const char *name, const char *const *words, size_t n)
{
	const char *blank = strchr(name, ' ');
	size_t len = blank ? (size_t)(blank - name) : strlen(name);

	if (n < 1 || strlen(words[0]) != len || memcmp(words[0], name, len) != 0)
		return 0;
	if (!blank)
		return 1;
	return n > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

const struct verb *verb_find(const char *const *words, size_t n, size_t *ret_words)
{
	for (size_t i = 0; i < array_size(verbs); i++) {
		size_t n_words = match(verbs[i]->name, words, n);

		if (n_words == 0)
			continue;
		*ret_words = n_words;
		return verbs[i];
	}
	return NULL;
}

const char *verb_nearest(const char *word)
{
	const char *names[array_size(verbs) + 1];
	size_t len = strlen(word);

	for (size_t i = 0; i < array_size(verbs); i++) {
		names[i] = verbs[i]->name;
		/* The first half of two words. */
		if (strncmp(names[i], word, len) == 0 && names[i][len] == ' ')
			return names[i];
	}
	names[array_size(verbs)] = NULL;
	return text_nearest(word, names);
}

int verb_usage(struct cli *cli, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cli->is_usage = true;
	return fail(&cli->why, -EINVAL, "%s", text);
}

/* "  -f, --file FILE      help" */
static void print_option(const struct option *o, FILE *f)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
		 o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	if (strlen(left) > OPTION_WIDTH)
		fprintf(f, "  %s\n  %-*s %s\n", left, OPTION_WIDTH, "", o->help);
	else
		fprintf(f, "  %-*s %s\n", OPTION_WIDTH, left, o->help);
}

static void print_options(const char *title, const struct option *o, FILE *f)
{
	if (o && o->name)
		fprintf(f, "\n%s\n", title);
	for (; o && o->name; o++)
		print_option(o, f);
}

void verb_print_overview(FILE *f)
{
	fputs("bpfctl manages the eBPF programs of this host through bpfd.\n\n"
	      "Usage: bpfctl VERB [ARGUMENTS] [OPTIONS]\n\nVerbs\n",
	      f);
	for (size_t i = 0; i < array_size(verbs); i++)
		fprintf(f, "  %-12s %s\n", verbs[i]->name, verbs[i]->help);
	print_options("Options of every verb", verb_global_options, f);
	fputs("\n\"bpfctl help VERB\" tells more about one verb.\n", f);
}

void verb_print_help(const struct verb *verb, FILE *f)
{
	fprintf(f, "%s\n\nUsage: bpfctl %s%s%s%s\n", verb->help, verb->name, *verb->args ? " " : "",
		verb->args, verb->options ? " [OPTIONS]" : "");
	print_options("Options", verb->options, f);
	if (verb->more)
		fprintf(f, "\n%s\n", verb->more);
}

/* scdoc gives '_' and '*' a meaning. */
static void print_escaped(const char *s, FILE *f)
{
	for (; *s; s++) {
		if (strchr("_*\\`", *s))
			fputc('\\', f);
		fputc(*s, f);
	}
}

static void print_manual_options(const struct option *o, FILE *f)
{
	for (; o && o->name; o++) {
		if (o->letter)
			fprintf(f, "*-%c*, ", o->letter);
		fprintf(f, "*--%s*", o->name);
		if (o->value)
			fprintf(f, " _%s_", o->value);
		fputs("\n\t", f);
		print_escaped(o->help, f);
		fputs("\n\n", f);
	}
}

void verb_print_manual(FILE *f)
{
	fputs("# VERBS\n\n", f);
	for (size_t i = 0; i < array_size(verbs); i++) {
		const struct verb *v = verbs[i];

		fprintf(f, "## %s ", v->name);
		print_escaped(v->args, f);
		fputs("\n\n", f);
		print_escaped(v->help, f);
		fputs("\n\n", f);
		print_manual_options(v->options, f);
		if (v->more)
			fprintf(f, "```\n%s\n```\n\n", v->more);
	}
	fputs("# OPTIONS OF EVERY VERB\n\n", f);
	print_manual_options(verb_global_options, f);
}
