/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of hook kinds by name and the text form of a hook. Knows nothing of the kernel's
 * state. */
#include "model/hook.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

/* IFNAMSIZ - 1; MODULE_NAME_LEN-independent bound of bpf_raw_tracepoint_open() (127); NAME_MAX. */
#define IFNAME_MAX     15
#define TRACEPOINT_MAX 127
#define NETNS_NAME_MAX 255

static const struct hook_kind_info kinds[_HOOK_KIND_MAX] = {
#define HOOK_KIND(suffix, text, type, attach, shape_flags, family, ops)                            \
	[HOOK_##suffix] = {text, type, attach, shape_flags, family},
#include "model/hook_kinds.def"
#undef HOOK_KIND
};

/* What others call our kinds. */
static const struct {
	const char *name;
	enum hook_kind kind;
} aliases[] = {
	{"classifier", HOOK_TC},
	{"tp", HOOK_TRACEPOINT},
	{"raw_tracepoint", HOOK_RAW_TP},
	{"raw-tp", HOOK_RAW_TP},
};

const struct hook_kind_info *hook_kind_info(enum hook_kind kind)
{
	return &kinds[kind];
}

enum hook_kind hook_kind_parse(const char *name)
{
	for (int kind = 0; kind < _HOOK_KIND_MAX; kind++)
		if (strcasecmp(name, kinds[kind].name) == 0)
			return (enum hook_kind)kind;
	for (size_t i = 0; i < array_size(aliases); i++)
		if (strcasecmp(name, aliases[i].name) == 0)
			return aliases[i].kind;
	return HOOK_KIND_UNKNOWN;
}

bool hook_kind_fits(enum hook_kind program, enum hook_kind at)
{
	return kinds[program].program_type == kinds[at].program_type &&
	       kinds[program].attach_type == kinds[at].attach_type;
}

/*
 * Section prefixes of libbpf, cilium/ebpf and Aya; a prefix ends the name or is followed by '/'.
 * The first match counts. "action" programs have the context and the codes of classifiers.
 */
static const struct {
	const char *prefix;
	enum hook_kind kind;
} sections[] = {
	/* programs of a devmap or cpumap entry are no hooks of an interface */
	{"xdp/devmap", HOOK_KIND_UNKNOWN},
	{"xdp/cpumap", HOOK_KIND_UNKNOWN},
	{"xdp.frags/devmap", HOOK_KIND_UNKNOWN},
	{"xdp.frags/cpumap", HOOK_KIND_UNKNOWN},
	{"xdp", HOOK_XDP},
	{"xdp.frags", HOOK_XDP},
	{"tcx", HOOK_TCX},
	{"tc", HOOK_TC},
	{"classifier", HOOK_TC},
	{"action", HOOK_TC},
	{"flow_dissector", HOOK_FLOW_DISSECTOR},
	{"tracepoint", HOOK_TRACEPOINT},
	{"tp", HOOK_TRACEPOINT},
	{"raw_tracepoint", HOOK_RAW_TP},
	{"raw_tp", HOOK_RAW_TP},
	{"raw_tracepoint.w", HOOK_RAW_TP},
	{"raw_tp.w", HOOK_RAW_TP},
	{"uprobe", HOOK_UPROBE},
	{"uprobe.s", HOOK_UPROBE},
	{"uretprobe", HOOK_URETPROBE},
	{"uretprobe.s", HOOK_URETPROBE},
};

enum hook_kind hook_kind_of_section(const char *section, const char **ret_rest)
{
	/* libbpf's mark for "do not load by itself" */
	section += *section == '?';
	for (size_t i = 0; i < array_size(sections); i++) {
		size_t len = strlen(sections[i].prefix);

		if (strncmp(section, sections[i].prefix, len) != 0)
			continue;
		if (section[len] != '\0' && section[len] != '/')
			continue;
		*ret_rest = section + len + (section[len] == '/');
		return sections[i].kind;
	}
	*ret_rest = "";
	return HOOK_KIND_UNKNOWN;
}

const char *hook_kind_form(enum hook_kind kind)
{
	unsigned int shape = kinds[kind].shape;

	if (shape & HOOK_HAS_DIRECTION)
		return "INTERFACE/ingress|egress[@NETNS]";
	if (shape & HOOK_ON_NETDEV)
		return "INTERFACE[@NETNS]";
	if (shape & HOOK_ON_NETNS)
		return "[@NETNS]";
	if (shape & HOOK_HAS_GROUP)
		return "GROUP/NAME";
	if (shape & HOOK_HAS_SYMBOL)
		return "/PATH:FUNCTION[+OFFSET] or /PATH:0xOFFSET[@container:ID]";
	return "NAME";
}

const char *hook_kind_separator(enum hook_kind kind)
{
	return kinds[kind].shape & HOOK_ON_NETNS ? "" : ":";
}

static int refuse_kind(const char *name, struct reason *why)
{
	const char *names[_HOOK_KIND_MAX + 1] = {NULL};
	struct text all _text_ = {0};
	const char *nearest;
	int r;

	for (int kind = 0; kind < _HOOK_KIND_MAX; kind++) {
		names[kind] = kinds[kind].name;
		text_add(&all, "%s%s", kind ? ", " : "", names[kind]);
	}
	nearest = text_nearest(name, names);
	r = fail(why, -EINVAL, "no kind of hook \"%.64s\": one of %s", name,
		 all.data ? all.data : "");
	if (nearest)
		reason_hint(why, "did you mean \"%s:\"", nearest);
	return r;
}

static int check_ifname(const char *name, struct reason *why)
{
	size_t len = strlen(name);

	if (len == 0)
		return fail(why, -EINVAL, "no interface given");
	if (len > IFNAME_MAX)
		return fail(why, -EINVAL, "interface name \"%.64s\" is longer than %d characters",
			    name, IFNAME_MAX);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(why, -EINVAL, "\"%s\" is no interface name", name);
	for (const char *p = name; *p; p++)
		if (isspace((unsigned char)*p) || strchr("/:@", *p))
			return fail(why, -EINVAL, "interface name \"%s\" has a '%c' in it", name,
				    *p);
	return 0;
}

static int check_container(const char *id, struct reason *why)
{
	if (text_is_name(id, HOOK_CONTAINER_MAX))
		return 0;
	return fail(why, -EINVAL, "\"%.64s\" is not the id of a container", id);
}

static int check_netns(const char *netns, struct reason *why)
{
	if (strncmp(netns, HOOK_CONTAINER_PREFIX, strlen(HOOK_CONTAINER_PREFIX)) == 0)
		return check_container(netns + strlen(HOOK_CONTAINER_PREFIX), why);
	if (netns[0] == '/')
		return 0;
	if (netns[0] == '\0')
		return fail(why, -EINVAL, "no network namespace behind '@'");
	if (strlen(netns) > NETNS_NAME_MAX)
		return fail(why, -EINVAL, "the name of the network namespace is longer than %d",
			    NETNS_NAME_MAX);
	if (strchr(netns, '/') || strcmp(netns, ".") == 0 || strcmp(netns, "..") == 0)
		return fail(why, -EINVAL,
			    "network namespace \"%.64s\" is neither a name nor an absolute path",
			    netns);
	return 0;
}

static int check_event(const char *what, const char *name, struct reason *why)
{
	size_t len = strlen(name);

	if (len == 0)
		return fail(why, -EINVAL, "the %s is missing", what);
	if (len > TRACEPOINT_MAX)
		return fail(why, -EINVAL, "the %s is longer than %d characters", what,
			    TRACEPOINT_MAX);
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return fail(why, -EINVAL, "%s \"%s\" has a '%c' in it", what, name, *p);
	return 0;
}

/* "ingress" or "egress" in any case (the talk's manifest has them in upper case). */
static int parse_direction(const char *s, enum hook_direction *ret, struct reason *why)
{
	if (!s || !*s)
		return fail(why, -EINVAL, "the direction is missing");
	if (strcasecmp(s, "ingress") == 0)
		*ret = HOOK_INGRESS;
	else if (strcasecmp(s, "egress") == 0)
		*ret = HOOK_EGRESS;
	else
		return fail(why, -EINVAL, "direction \"%.64s\" is neither ingress nor egress", s);
	return 0;
}

static int parse_netdev(char *rest, struct hook *hook, struct reason *why)
{
	char *netns = strchr(rest, '@'), *direction = NULL;
	int r;

	if (netns) {
		*netns++ = '\0';
		r = check_netns(netns, why);
		if (r < 0)
			return r;
	}
	if (kinds[hook->kind].shape & HOOK_HAS_DIRECTION) {
		direction = strchr(rest, '/');
		if (direction)
			*direction++ = '\0';
	}
	r = check_ifname(rest, why);
	if (r < 0)
		return r;
	if (kinds[hook->kind].shape & HOOK_HAS_DIRECTION) {
		r = parse_direction(direction, &hook->direction, why);
		if (r < 0)
			return r;
	}
	r = text_set(&hook->netns, netns);
	return r < 0 ? r : text_set(&hook->target, rest);
}

static int parse_netns(char *rest, struct hook *hook, struct reason *why)
{
	int r = 0;

	if (*rest && *rest != '@')
		return fail(why, -EINVAL, "\"%.64s\" is not @ and a network namespace", rest);
	if (*rest)
		r = check_netns(rest + 1, why);
	if (r == 0)
		r = text_set(&hook->netns, *rest ? rest + 1 : NULL);
	return r < 0 ? r : text_set(&hook->target, "");
}

static int parse_group(char *rest, struct hook *hook, struct reason *why)
{
	char *name = strchr(rest, '/');
	int r;

	if (!name)
		return fail(why, -EINVAL, "tracepoint \"%.64s\" lacks its group", rest);
	*name = '\0';
	r = check_event("tracepoint group", rest, why);
	if (r == 0)
		r = check_event("tracepoint name", name + 1, why);
	if (r < 0)
		return r;
	*name = '/';
	return text_set(&hook->target, rest);
}

/* Decimal or 0x hexadecimal, up to what a file offset can be. */
static int parse_offset(const char *s, uint64_t *ret, struct reason *why)
{
	int64_t v;
	int r = *s == '-' ? -EINVAL : text_parse_number(s, &v);

	if (r < 0)
		return fail(why, -EINVAL,
			    "offset \"%.64s\" is no number (write decimal, or 0x and hexadecimal)",
			    s);
	*ret = (uint64_t)v;
	return 0;
}

static int check_path(const char *path, struct reason *why)
{
	if (path[0] != '/')
		return fail(why, -EINVAL, "path \"%.256s\" is not absolute", path);
	if (path[1] == '\0')
		return fail(why, -EINVAL, "\"/\" is no program or library");
	if (strncmp(path, "/proc/self/", 11) == 0 || strncmp(path, "/proc/thread-self/", 18) == 0)
		return fail(why, -EINVAL,
			    "\"%.256s\" would mean another program for each reader: give the path "
			    "of the executable",
			    path);
	return 0;
}

static int parse_symbol(char *rest, struct hook *hook, struct reason *why)
{
	char *symbol = strrchr(rest, ':'), *plus;
	int r;

	if (!symbol || strchr(symbol, '/'))
		return fail(why, -EINVAL, "\"%.256s\" lacks the function or offset behind a ':'",
			    rest);
	*symbol++ = '\0';
	r = check_path(rest, why);
	if (r < 0)
		return r;
	r = text_set(&hook->target, rest);
	if (r < 0)
		return r;
	if (isdigit((unsigned char)*symbol))
		return parse_offset(symbol, &hook->offset, why);
	plus = strchr(symbol, '+');
	if (plus) {
		*plus++ = '\0';
		r = parse_offset(plus, &hook->offset, why);
		if (r < 0)
			return r;
	}
	if (!*symbol || strchr(symbol, ' '))
		return fail(why, -EINVAL, "the function's name is missing or has a space in it");
	return text_set(&hook->symbol, symbol);
}

/* A symbol may have an '@' of its own ("memcpy@GLIBC_2.14"). */
static int cut_container(char *rest, struct hook *hook, struct reason *why)
{
	char *at = strstr(rest, "@" HOOK_CONTAINER_PREFIX);
	int r;

	if (!at)
		return 0;
	*at++ = '\0';
	r = check_netns(at, why);
	return r < 0 ? r : text_set(&hook->netns, at);
}

static int parse_rest(char *rest, struct hook *hook, struct reason *why)
{
	unsigned int shape = kinds[hook->kind].shape;
	int r;

	if (shape & HOOK_ON_NETDEV)
		return parse_netdev(rest, hook, why);
	if (shape & HOOK_ON_NETNS)
		return parse_netns(rest, hook, why);
	if (shape & HOOK_HAS_GROUP)
		return parse_group(rest, hook, why);
	if (shape & HOOK_HAS_SYMBOL) {
		r = cut_container(rest, hook, why);
		return r < 0 ? r : parse_symbol(rest, hook, why);
	}
	r = check_event("tracepoint name", rest, why);
	return r < 0 ? r : text_set(&hook->target, rest);
}

/* Kinds on a network namespace need no ':'. Return: what is behind the kind, NULL: no kind. */
static char *cut_kind(char *text, enum hook_kind *ret)
{
	char *at = strpbrk(text, ":@");

	if (at && *at == ':') {
		*at = '\0';
		*ret = hook_kind_parse(text);
		return at + 1;
	}
	for (int kind = 0; kind < _HOOK_KIND_MAX; kind++) {
		size_t len = strlen(kinds[kind].name);

		if ((kinds[kind].shape & HOOK_ON_NETNS) &&
		    strncasecmp(text, kinds[kind].name, len) == 0 &&
		    (text[len] == '\0' || text[len] == '@')) {
			*ret = (enum hook_kind)kind;
			return text + len;
		}
	}
	return NULL;
}

int hook_parse(const char *text, struct hook *ret, struct reason *why)
{
	_cleanup_(hook_done) struct hook hook = {0};
	char *copy _free_ = NULL;
	char *rest;
	int r;

	if (!text_is_clean(text, HOOK_TEXT_MAX))
		return fail(why, -EINVAL,
			    "the hook is longer than %d bytes or has control characters",
			    HOOK_TEXT_MAX);
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	rest = cut_kind(copy, &hook.kind);
	if (!rest) {
		r = fail(why, -EINVAL, "hook \"%.256s\" is not of the form KIND:PLACE", text);
		reason_hint(why, "such as xdp:eth0, tc:eth0/ingress, tracepoint:net/net_dev_queue");
		return r;
	}
	if (hook.kind == HOOK_KIND_UNKNOWN)
		return refuse_kind(copy, why);
	r = parse_rest(rest, &hook, why);
	if (r == -EINVAL) {
		reason_prefix(why, "hook \"%.256s\"", text);
		reason_hint(why, "the form is %s%s%s", kinds[hook.kind].name,
			    hook_kind_separator(hook.kind), hook_kind_form(hook.kind));
	}
	if (r < 0)
		return r;
	*ret = hook;
	hook = (struct hook){0};
	return 0;
}

char *hook_format(const struct hook *hook)
{
	struct text t _text_ = {0};

	text_add(&t, "%s%s%s", kinds[hook->kind].name, hook_kind_separator(hook->kind),
		 hook->target);
	if (hook->direction)
		text_add(&t, "/%s", hook->direction == HOOK_INGRESS ? "ingress" : "egress");
	if (hook->symbol)
		text_add(&t, ":%s+%" PRIu64, hook->symbol, hook->offset);
	else if (kinds[hook->kind].shape & HOOK_HAS_SYMBOL)
		text_add(&t, ":0x%" PRIx64, hook->offset);
	if (hook->netns)
		text_add(&t, "@%s", hook->netns);
	return text_take(&t);
}

const char *hook_container(const struct hook *hook)
{
	size_t len = strlen(HOOK_CONTAINER_PREFIX);

	if (!hook->netns || strncmp(hook->netns, HOOK_CONTAINER_PREFIX, len) != 0)
		return NULL;
	return hook->netns + len;
}

void hook_done(struct hook *hook)
{
	if (!hook)
		return;
	free(hook->target);
	free(hook->symbol);
	free(hook->netns);
	*hook = (struct hook){0};
}

int hook_copy(const struct hook *from, struct hook *ret)
{
	_cleanup_(hook_done) struct hook copy = *from;

	copy.target = copy.symbol = copy.netns = NULL;
	if (text_set(&copy.target, from->target) < 0 || text_set(&copy.symbol, from->symbol) < 0 ||
	    text_set(&copy.netns, from->netns) < 0)
		return -ENOMEM;
	*ret = copy;
	copy = (struct hook){0};
	return 0;
}
