/* SPDX-License-Identifier: Apache-2.0 */
/* A hook: a place in the kernel. Kind, coordinates, and the one text form used everywhere. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct reason;

/* Shape of a kind's coordinates. */
enum hook_shape {
	HOOK_ON_NETDEV = 1,	/* target is a network interface; "@netns" applies */
	HOOK_HAS_DIRECTION = 2, /* "/ingress" or "/egress" follows the interface */
	HOOK_HAS_GROUP = 4,	/* target is "group/name" */
	HOOK_HAS_SYMBOL =
		8,	    /* target is an absolute path, then ":function+offset" or ":0xoffset" */
	HOOK_ON_NETNS = 32, /* the target is the network namespace itself: "kind[@netns]" */
	HOOK_IS_CHAINED = 16, /* takes one program: several are linked into one (src/chain) */
};

enum verdict_family { VERDICT_NONE, VERDICT_XDP, VERDICT_TC, VERDICT_FLOW, _VERDICT_FAMILY_MAX };

enum hook_kind {
#define HOOK_KIND(suffix, ...) HOOK_##suffix,
#include "model/hook_kinds.def"
#undef HOOK_KIND
	_HOOK_KIND_MAX,
	HOOK_KIND_UNKNOWN = -1,
};

/* What never changes about a kind. @program_type and @attach_type are values of linux/bpf.h. */
struct hook_kind_info {
	const char *name;
	uint32_t program_type;
	uint32_t attach_type;
	unsigned int shape;
	enum verdict_family verdicts;
};

const struct hook_kind_info *hook_kind_info(enum hook_kind kind);

/* HOOK_KIND_UNKNOWN when there is none; "classifier" and "XDP" (any case) are understood too. */
enum hook_kind hook_kind_parse(const char *name);

/**
 * hook_kind_of_section() - what an ELF section says about its program.
 * @ret_rest: borrowed text behind the prefix ("net/net_dev_queue" of
 * "tracepoint/net/net_dev_queue"), "" if none.
 *
 * Understands libbpf's, cilium/ebpf's and Aya's spellings of the kinds above ("tp/",
 * "raw_tracepoint/", "classifier", "tc/ingress", "xdp.frags"); HOOK_KIND_UNKNOWN for all others.
 */
enum hook_kind hook_kind_of_section(const char *section, const char **ret_rest);

/* May a program of kind @program be attached to a hook of kind @at (tc and tcx share programs)? */
bool hook_kind_fits(enum hook_kind program, enum hook_kind at);

/* What follows the kind and its separator (":" or "") in the text of a hook, for a hint:
 * "INTERFACE[@NETNS]". */
const char *hook_kind_form(enum hook_kind kind);
const char *hook_kind_separator(enum hook_kind kind);

enum hook_direction { HOOK_INGRESS = 1, HOOK_EGRESS = 2 };

#define HOOK_TEXT_MAX	      4096
#define HOOK_CONTAINER_PREFIX "container:"
#define HOOK_CONTAINER_MAX    128
#define HOOK_PRIORITY_MAX     1000
#define HOOK_PRIORITY_DEFAULT 50

/**
 * struct hook - one place. All strings are owned.
 * @target:    interface, "group/name", raw tracepoint, or absolute path of the binary; "" for kinds
 *             on a network namespace.
 * @direction: 0 unless the kind has one.
 * @symbol:    uprobe function; NULL when only @offset is given.
 * @offset:    uprobe: bytes from the function, or from the start of the file without @symbol.
 * @netns:     name (as ip-netns has it), absolute path, or "container:ID" for the namespace of a
 *             container; NULL: the daemon's own. For uprobes only the latter: @target is beneath
 *             the root of that container.
 */
struct hook {
	enum hook_kind kind;
	enum hook_direction direction;
	char *target;
	char *symbol;
	uint64_t offset;
	char *netns;
};

/**
 * hook_parse() - read "xdp:eth0", "tcx:eth0/egress@blue", "tracepoint:net/net_dev_queue",
 * "raw_tp:sched_switch", "uprobe:/usr/bin/x:trigger_func+0", "flow_dissector@blue".
 *
 * Return: 0, -EINVAL (text says what is wrong and shows the form), -ENOMEM.
 */
int hook_parse(const char *text, struct hook *ret, struct reason *why);

/* The text form; heap, NULL when out of memory. hook_parse() of it gives the same hook. */
char *hook_format(const struct hook *hook);

/* The id in .netns when it is of a container, else NULL; borrowed. */
const char *hook_container(const struct hook *hook);

void hook_done(struct hook *hook);

/* Deep copy. Return: 0 or -ENOMEM. */
int hook_copy(const struct hook *from, struct hook *ret);
