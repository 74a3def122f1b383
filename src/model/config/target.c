/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the names and patterns by which a hook means several places. */
#include "model/config/target.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "model/hook.h"

#define DNS_LABEL_MAX 63

void target_interfaces_done(struct target_interfaces *interfaces)
{
	strings_done(&interfaces->names);
	strings_done(&interfaces->patterns);
	strings_done(&interfaces->exclude);
}

void target_pods_done(struct target_pods *pods)
{
	strings_done(&pods->namespaces);
	selector_done(&pods->selector);
	free(pods->interface);
	pods->interface = NULL;
}

void target_containers_done(struct target_containers *containers)
{
	strings_done(&containers->namespaces);
	selector_done(&containers->pods);
	strings_done(&containers->names);
}

int target_interfaces_copy(const struct target_interfaces *from, struct target_interfaces *ret)
{
	int r = strings_copy(&from->names, &ret->names);

	if (r == 0)
		r = strings_copy(&from->patterns, &ret->patterns);
	return r < 0 ? r : strings_copy(&from->exclude, &ret->exclude);
}

int target_pods_copy(const struct target_pods *from, struct target_pods *ret)
{
	int r = strings_copy(&from->namespaces, &ret->namespaces);

	if (r == 0)
		r = selector_copy(&from->selector, &ret->selector);
	return r < 0 ? r : text_set(&ret->interface, from->interface);
}

int target_containers_copy(const struct target_containers *from, struct target_containers *ret)
{
	int r = strings_copy(&from->namespaces, &ret->namespaces);

	if (r == 0)
		r = selector_copy(&from->pods, &ret->pods);
	return r < 0 ? r : strings_copy(&from->names, &ret->names);
}

static bool has_pattern(const struct strings *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (fnmatch(patterns->items[i], name, 0) == 0)
			return true;
	return false;
}

bool target_interfaces_match(const struct target_interfaces *interfaces, const char *name)
{
	if (has_pattern(&interfaces->exclude, name))
		return false;
	return strings_contain(&interfaces->names, name) ||
	       has_pattern(&interfaces->patterns, name);
}

static int check_count(const char *what, const struct strings *strings, struct reason *why)
{
	if (strings->n <= TARGET_NAMES_MAX)
		return 0;
	return fail(why, -E2BIG, "%s: %zu entries; the limit is %d", what, strings->n,
		    TARGET_NAMES_MAX);
}

static bool is_interface(const char *s)
{
	if (!*s || strlen(s) >= IFNAMSIZ || !text_is_clean(s, IFNAMSIZ))
		return false;
	return !strpbrk(s, " /:@") && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static int check_interface(const char *name, struct reason *why)
{
	if (is_interface(name))
		return 0;
	return fail(why, -EINVAL, "\"%.64s\" is not a name of an interface", name);
}

static int check_patterns(const char *what, const struct strings *patterns, struct reason *why)
{
	int r = check_count(what, patterns, why);

	for (size_t i = 0; i < patterns->n && r == 0; i++) {
		const char *s = patterns->items[i];

		if (!*s || !text_is_clean(s, TARGET_PATTERN_MAX) || strpbrk(s, " /:@"))
			r = fail(
				why, -EINVAL,
				"%s: \"%.64s\" is not a pattern of 1 to %d characters, as \"eth*\"",
				what, s, TARGET_PATTERN_MAX);
	}
	return r;
}

int target_interfaces_check(const struct target_interfaces *interfaces, struct reason *why)
{
	int r = check_count("names of interfaces", &interfaces->names, why);

	if (interfaces->names.n == 0 && interfaces->patterns.n == 0)
		return fail(why, -EINVAL,
			    "interfaces wants names or patterns: which ones? (\"*\": all)");
	for (size_t i = 0; i < interfaces->names.n && r == 0; i++)
		r = check_interface(interfaces->names.items[i], why);
	if (r == 0)
		r = check_patterns("patterns", &interfaces->patterns, why);
	return r < 0 ? r : check_patterns("exclude", &interfaces->exclude, why);
}

static bool is_dns_label(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > DNS_LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int check_dns_labels(const char *what, const struct strings *names, struct reason *why)
{
	int r = check_count(what, names, why);

	for (size_t i = 0; i < names->n && r == 0; i++)
		if (!is_dns_label(names->items[i]))
			r = fail(why, -EINVAL,
				 "%s: \"%.64s\" is not 1 to %d of a-z, 0-9 and '-' within", what,
				 names->items[i], DNS_LABEL_MAX);
	return r;
}

int target_namespaces_check(const struct strings *namespaces, bool may_be_all, struct reason *why)
{
	int r = check_count("namespaces", namespaces, why);

	for (size_t i = 0; i < namespaces->n && r == 0; i++) {
		struct strings one = {.items = namespaces->items + i, .n = 1};

		if (!may_be_all || strcmp(namespaces->items[i], "*") != 0)
			r = check_dns_labels("namespaces", &one, why);
	}
	return r;
}

int target_pods_check(const struct target_pods *pods, struct reason *why)
{
	int r = target_namespaces_check(&pods->namespaces, false, why);

	if (r == 0)
		r = selector_check(&pods->selector, why);
	if (r == 0 && pods->interface)
		r = check_interface(pods->interface, why);
	return r;
}

int target_containers_check(const struct target_containers *containers, struct reason *why)
{
	int r = target_namespaces_check(&containers->namespaces, false, why);

	if (r == 0)
		r = selector_check(&containers->pods, why);
	return r < 0 ? r : check_dns_labels("names of containers", &containers->names, why);
}

const char *target_container_id(const char *text)
{
	const char *scheme = strstr(text, "://");
	const char *id = scheme ? scheme + 3 : text;

	for (const char *p = text; scheme && p < scheme; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return NULL;
	return text_is_name(id, HOOK_CONTAINER_MAX) ? id : NULL;
}
