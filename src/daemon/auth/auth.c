/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rules of who may do what; the settings are read elsewhere. */
#include "daemon/auth/auth.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/auth/account.h"
#include "manifest/settings.h"

#define RIGHTS_AGENT (RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH | RIGHT_AGENT)
#define RIGHTS_ALL   (RIGHTS_AGENT | RIGHT_ADMIN)
/* What a uid inside of a pod says about the host: nothing. */
#define NOBODY 65534

_Static_assert((int)RIGHT_READ == SETTINGS_MAY_READ && (int)RIGHT_LOAD == SETTINGS_MAY_LOAD &&
		       (int)RIGHT_ATTACH == SETTINGS_MAY_ATTACH &&
		       (int)RIGHT_ADMIN == SETTINGS_MAY_ADMIN,
	       "the settings' bits are the rights");

static bool is_in_group(const struct job_identity *who, gid_t gid)
{
	if (who->gid == gid)
		return true;
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return false;
}

static bool is_in_named_group(const struct job_identity *who, const char *name)
{
	gid_t gid;

	return account_group(name, &gid) == 0 && is_in_group(who, gid);
}

static bool rule_matches(const struct settings_rule *rule, const struct job_identity *who)
{
	if (rule->has_uid)
		return rule->uid == who->uid;
	if (rule->has_gid)
		return is_in_group(who, rule->gid);
	if (rule->user) {
		uid_t uid;

		return account_user(rule->user, &uid) == 0 && uid == who->uid;
	}
	return rule->group && is_in_named_group(who, rule->group);
}

unsigned int auth_rights(const struct settings *settings, const struct job_identity *who)
{
	unsigned int rights = RIGHT_NONE;

	if (who->uid == 0)
		return RIGHTS_ALL;
	if (is_in_named_group(who, AUTH_GROUP))
		rights |= RIGHT_READ;
	for (size_t i = 0; i < settings->n_rules; i++)
		if (rule_matches(&settings->rules[i], who))
			rights |= settings->rules[i].rights;
	return rights;
}

static void add_names(struct text *t, unsigned int rights)
{
	static const struct {
		unsigned int right;
		const char *name;
	} names[] = {{RIGHT_READ, "read"},
		     {RIGHT_LOAD, "load"},
		     {RIGHT_ATTACH, "attach"},
		     {RIGHT_ADMIN, "admin"}};

	for (size_t i = 0; i < array_size(names); i++)
		if (rights & names[i].right)
			text_add(t, "%s%s", t->len ? " and " : "", names[i].name);
}

void auth_caller_agent(const struct settings *settings, struct caller *caller)
{
	uint32_t number = settings_agent_group(&settings->kubernetes);

	caller->identity.uid = number;
	caller->identity.gid = number;
	caller->identity.n_groups = 0;
	caller->rights = RIGHTS_AGENT;
	caller->volume = NULL;
}

void auth_caller_pod(const struct volume *volume, struct caller *caller)
{
	caller->identity.uid = NOBODY;
	caller->identity.gid = NOBODY;
	caller->identity.n_groups = 0;
	caller->rights = RIGHT_NONE;
	caller->volume = volume;
}

static int check_pod(const char *method, struct reason *why)
{
	static const char *const allowed[] = {"ReadMap", "ListMaps"};

	for (size_t i = 0; i < array_size(allowed); i++)
		if (strcmp(method, allowed[i]) == 0)
			return 0;
	fail(why, -EACCES, "the socket of a volume does not answer %s", method);
	reason_hint(why, "it gives the maps of the volume, and nothing else of the daemon");
	return -EACCES;
}

int auth_check(const struct caller *caller, unsigned int needed, const char *method,
	       struct reason *why)
{
	unsigned int missing = needed & ~caller->rights;
	_text_ struct text t = {0};

	if (caller->volume)
		return check_pod(method, why);
	if (missing == 0)
		return 0;
	if (missing & RIGHT_AGENT) {
		fail(why, -EACCES, "uid %u may not call %s: it is for the agent of Kubernetes",
		     caller->identity.uid, method);
		reason_hint(why,
			    "root may, and who connects to kubernetes.agentSocket of bpfd.yaml");
		return -EACCES;
	}
	add_names(&t, missing);
	fail(why, -EACCES, "uid %u may not call %s: it needs the right to %s", caller->identity.uid,
	     method, t.data ? t.data : "");
	reason_hint(why,
		    "root has every right, group %s may read; an allow rule in the configuration"
		    " (allow: [{uid: %u, rights: [%s]}]) gives more",
		    AUTH_GROUP, caller->identity.uid, missing & RIGHT_READ ? "read" : t.data);
	return -EACCES;
}

int auth_check_owner(const struct caller *caller, uid_t owner, const char *what, struct reason *why)
{
	if (caller->identity.uid == owner || caller->rights & RIGHT_ADMIN)
		return 0;
	fail(why, -EACCES, "%s belongs to uid %u: only its owner and administrators may change it",
	     what, owner);
	reason_hint(why, "ask its owner, or use the right admin");
	return -EACCES;
}
