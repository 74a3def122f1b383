/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of bpfd.yaml and their defaults; mirrors are used in mirror.c. */
#include "manifest/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/document.h"
#include "manifest/schema.h"
#include "manifest/yaml_read.h"

#define HOSTNAME_LABEL "kubernetes.io/hostname"

static void registry_done(struct settings_registry *r)
{
	for (size_t i = 0; i < r->n_mirrors; i++)
		free(r->mirrors[i]);
	free(r->mirrors);
	free(r->host);
	free(r->ca_file);
	free(r->cert_file);
	free(r->key_file);
}

void settings_done(struct settings *settings)
{
	if (!settings)
		return;
	labels_done(&settings->labels);
	for (size_t i = 0; i < settings->n_mirrors; i++) {
		free(settings->mirrors[i].prefix);
		free(settings->mirrors[i].to);
	}
	free(settings->mirrors);
	for (size_t i = 0; i < settings->n_rules; i++) {
		free(settings->rules[i].user);
		free(settings->rules[i].group);
	}
	free(settings->rules);
	for (size_t i = 0; i < settings->n_interfaces; i++) {
		free(settings->interfaces[i].name);
		free(settings->interfaces[i].xdp_mode);
	}
	free(settings->interfaces);
	for (size_t i = 0; i < settings->n_registries; i++)
		registry_done(&settings->registries[i]);
	free(settings->registries);
	free(settings->auth_file);
	free(settings->policy_file);
	settings_kubernetes_done(&settings->kubernetes);
	free(settings->xdp_mode);
	free(settings->runtime_dir);
	free(settings->state_dir);
	memset(settings, 0, sizeof(*settings));
}

/* The index of the scalar in @names. */
static int decode_word(const struct decoder *d, const struct doc_node *node, const char *what,
		       const char *const *names)
{
	_text_ struct text all = {.data = NULL};
	_free_ char *word = NULL;
	int r = schema_get_string(d, node, what, &word);

	if (r < 0)
		return r;
	for (int i = 0; names[i]; i++) {
		if (strcmp(word, names[i]) == 0)
			return i;
		text_add(&all, "%s%s", i ? ", " : "", names[i]);
	}
	return documents_fail(d->documents, node, d->why, "%s \"%.32s\": it is one of %s", what,
			      word, all.data ? all.data : "");
}

static int decode_rights(const struct decoder *d, const struct field *field,
			 const struct doc_node *node, void *object)
{
	static const char *const names[] = {"read", "load", "attach", "admin", NULL};
	struct settings_rule *rule = object;

	if (node->kind != DOC_SEQUENCE)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants a list, as [read, load], not %s", field->name,
				      doc_node_describe(node));
	for (size_t i = 0; i < node->n; i++) {
		int bit = decode_word(d, node->items[i], "right", names);

		if (bit < 0)
			return bit;
		rule->rights |= 1u << bit;
	}
	return 0;
}

static int decode_log_level(const struct decoder *d, const struct field *field,
			    const struct doc_node *node, void *object)
{
	static const char *const names[] = {"error", "warning", "info", "debug", NULL};
	int level = decode_word(d, node, field->name, names);

	if (level < 0)
		return level;
	((struct settings *)object)->log_level = (enum log_level)level;
	return 0;
}

static int decode_xdp_mode(const struct decoder *d, const struct field *field,
			   const struct doc_node *node, void *object)
{
	static const char *const names[] = {"native", "skb", "offload", "libxdp", NULL};
	int mode = decode_word(d, node, field->name, names);

	return mode < 0 ? mode
			: text_set((char **)(void *)((char *)object + field->offset), names[mode]);
}

static const struct field interface_fields[] = {
	{"xdp-mode", decode_xdp_mode, offsetof(struct settings_interface, xdp_mode),
	 .is_required = true},
	{NULL},
};

static const struct schema interface_schema = {
	.where = "interfaces{}",
	.size = sizeof(struct settings_interface),
	.fields = interface_fields,
};

/* A mapping: name of an interface to its settings. */
static int decode_interfaces(const struct decoder *d, const struct field *field,
			     const struct doc_node *node, void *object)
{
	struct settings *settings = object;

	if (node->kind != DOC_MAPPING)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants a mapping of interfaces, not %s", field->name,
				      doc_node_describe(node));
	if (node->n / 2 > SETTINGS_INTERFACES_MAX)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" has %zu entries; the limit is %d", field->name,
				      node->n / 2, SETTINGS_INTERFACES_MAX);
	settings->interfaces = calloc(node->n / 2 + 1, sizeof(*settings->interfaces));
	if (!settings->interfaces)
		return -ENOMEM;
	for (size_t i = 0; i + 1 < node->n; i += 2) {
		struct settings_interface *to = &settings->interfaces[settings->n_interfaces++];
		const struct doc_node *key = node->items[i];
		int r;

		if (!text_is_name(key->text, IFNAMSIZ - 1))
			return documents_fail(d->documents, key, d->why,
					      "\"%.64s\" is no name of an interface", key->text);
		r = text_set(&to->name, key->text);
		if (r == 0)
			r = schema_decode(d, &interface_schema, node->items[i + 1], to);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_dir(const struct decoder *d, const struct field *field,
		      const struct doc_node *node, void *object)
{
	char **ret = (char **)(void *)((char *)object + field->offset);
	int r = schema_get_string(d, node, field->name, ret);

	if (r == 0 && ((*ret)[0] != '/' || !text_is_clean(*ret, PATH_MAX)))
		return documents_fail(d->documents, node, d->why, "\"%s\" wants an absolute path",
				      field->name);
	return r;
}

static int check_mirror(const void *object, struct reason *why)
{
	const struct settings_mirror *mirror = object;
	const char *to = mirror->to;
	size_t len = strlen(mirror->prefix);

	if (len == 0 || mirror->prefix[len - 1] == '/' || mirror->prefix[0] == '/' ||
	    strpbrk(mirror->prefix, "@ ") || strstr(mirror->prefix, "://"))
		return fail(why, -EINVAL,
			    "prefix wants a registry or repository, as quay.io/bpfd-bytecode");
	if (strncmp(to, "oci:/", 5) != 0 || !text_is_clean(to, PATH_MAX) || strchr(to + 4, ':'))
		return fail(why, -EINVAL,
			    "to wants an absolute layout without tag, as oci:/srv/layouts/x");
	return 0;
}

static int check_rule(const void *object, struct reason *why)
{
	const struct settings_rule *rule = object;

	if (!!rule->user + !!rule->group + rule->has_uid + rule->has_gid != 1)
		return fail(why, -EINVAL,
			    "a rule of allow names exactly one of user, uid, group, gid");
	if ((rule->user && !*rule->user) || (rule->group && !*rule->group))
		return fail(why, -EINVAL, "a rule of allow has an empty name");
	return 0;
}

/* A host with or without port, and for mirrors a prefix of repositories. */
static bool is_place(const char *s, bool may_have_path)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:[]/";
	size_t len = strlen(s);

	return len > 0 && len < 256 && strspn(s, allowed) == len && s[0] != '/' &&
	       s[len - 1] != '/' && !strstr(s, "//") && (may_have_path || !strchr(s, '/'));
}

static int check_registry(const void *object, struct reason *why)
{
	const struct settings_registry *registry = object;

	if (!is_place(registry->host, false))
		return fail(why, -EINVAL, "host wants a registry, as quay.io or 127.0.0.1:5000");
	for (size_t i = 0; i < registry->n_mirrors; i++)
		if (!is_place(registry->mirrors[i], true))
			return fail(why, -EINVAL, "mirror \"%.64s\" is no host[:port][/prefix]",
				    registry->mirrors[i]);
	if (!registry->cert_file != !registry->key_file)
		return fail(why, -EINVAL, "cert-file and key-file belong together");
	return 0;
}

/* tls-verify: false is the only one that says something. */
static int decode_verify(const struct decoder *d, const struct field *field,
			 const struct doc_node *node, void *object)
{
	bool verifies = true;
	struct field at = *field;
	int r;

	at.offset = 0;
	r = schema_bool(d, &at, node, &verifies);
	((struct settings_registry *)object)->skips_verify = !verifies;
	return r;
}

static const struct field registry_fields[] = {
	{"host", schema_string, offsetof(struct settings_registry, host), .is_required = true},
	{"mirrors", schema_strings, offsetof(struct settings_registry, mirrors),
	 .count_offset = offsetof(struct settings_registry, n_mirrors),
	 .max = SETTINGS_REGISTRY_MIRRORS_MAX},
	{"insecure", schema_bool, offsetof(struct settings_registry, insecure)},
	{"tls-verify", decode_verify, 0},
	{"ca-file", decode_dir, offsetof(struct settings_registry, ca_file)},
	{"cert-file", decode_dir, offsetof(struct settings_registry, cert_file)},
	{"key-file", decode_dir, offsetof(struct settings_registry, key_file)},
	{NULL},
};

static const struct schema registry_schema = {
	.where = "registries[]",
	.size = sizeof(struct settings_registry),
	.fields = registry_fields,
	.check = check_registry,
};

static const struct field mirror_fields[] = {
	{"prefix", schema_string, offsetof(struct settings_mirror, prefix), .is_required = true},
	{"to", schema_string, offsetof(struct settings_mirror, to), .is_required = true},
	{NULL},
};

static const struct schema mirror_schema = {
	.where = "mirrors[]",
	.size = sizeof(struct settings_mirror),
	.fields = mirror_fields,
	.check = check_mirror,
};

static const struct field rule_fields[] = {
	{"user", schema_string, offsetof(struct settings_rule, user)},
	{"uid", schema_u32, offsetof(struct settings_rule, uid),
	 .has_offset = offsetof(struct settings_rule, has_uid)},
	{"group", schema_string, offsetof(struct settings_rule, group)},
	{"gid", schema_u32, offsetof(struct settings_rule, gid),
	 .has_offset = offsetof(struct settings_rule, has_gid)},
	{"rights", decode_rights, 0, .is_required = true},
	{NULL},
};

static const struct schema rule_schema = {
	.where = "allow[]",
	.size = sizeof(struct settings_rule),
	.fields = rule_fields,
	.check = check_rule,
};

static const struct field settings_fields[] = {
	{"labels", schema_labels, offsetof(struct settings, labels)},
	{"mirrors", schema_list, offsetof(struct settings, mirrors), .of = &mirror_schema,
	 .count_offset = offsetof(struct settings, n_mirrors), .max = SETTINGS_MIRRORS_MAX},
	{"allow", schema_list, offsetof(struct settings, rules), .of = &rule_schema,
	 .count_offset = offsetof(struct settings, n_rules), .max = SETTINGS_RULES_MAX},
	{"log-level", decode_log_level, 0},
	{"xdp-mode", decode_xdp_mode, offsetof(struct settings, xdp_mode)},
	{"interfaces", decode_interfaces, 0},
	{"registries", schema_list, offsetof(struct settings, registries), .of = &registry_schema,
	 .count_offset = offsetof(struct settings, n_registries), .max = SETTINGS_REGISTRIES_MAX},
	{"auth-file", decode_dir, offsetof(struct settings, auth_file)},
	{"image-store-mib", schema_u32, offsetof(struct settings, image_store_mib)},
	{"runtime-dir", decode_dir, offsetof(struct settings, runtime_dir)},
	{"state-dir", decode_dir, offsetof(struct settings, state_dir)},
	{"kubernetes", schema_object, offsetof(struct settings, kubernetes),
	 .of = &kubernetes_schema, .has_offset = offsetof(struct settings, kubernetes.is_on)},
	{NULL},
};

static const struct schema settings_schema = {.where = "bpfd.yaml", .fields = settings_fields};

/* The label that Kubernetes gives to every node; the file may say something else. */
static int default_labels(struct settings *settings)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (labels_find(&settings->labels, HOSTNAME_LABEL))
		return 0;
	gethostname(name, sizeof(name) - 1);
	name[63] = '\0';
	/* A name that is no label is left out: the daemon must start on every machine. */
	return labels_set(&settings->labels, HOSTNAME_LABEL, name, NULL) == -ENOMEM ? -ENOMEM : 0;
}

const struct settings_registry *settings_registry(const struct settings *settings, const char *host)
{
	for (size_t i = 0; i < settings->n_registries; i++)
		if (strcmp(settings->registries[i].host, host) == 0)
			return &settings->registries[i];
	return NULL;
}

const char *settings_xdp_mode(const struct settings *settings, const char *interface)
{
	for (size_t i = 0; i < settings->n_interfaces; i++)
		if (strcmp(settings->interfaces[i].name, interface) == 0)
			return settings->interfaces[i].xdp_mode;
	return settings->xdp_mode;
}

int settings_parse(const char *text, size_t len, const char *file_name, struct settings *ret,
		   struct reason *why)
{
	_cleanup_(settings_done) struct settings settings = {.log_level = LOG_LEVEL_INFO};
	_cleanup_(documents_done) struct documents documents = {.n = 0};
	struct decoder d = {.documents = &documents, .why = why};
	int r = yaml_read(text, len, file_name, &documents, why);

	if (r == 0 && documents.n > 1)
		return documents_fail(&documents, documents.roots[1], why,
				      "the configuration is one document");
	if (r == 0 && documents.n == 1)
		r = schema_decode(&d, &settings_schema, documents.roots[0], &settings);
	if (r == 0)
		r = default_labels(&settings);
	if (r < 0)
		return fail(why, r, "%s: out of memory", file_name);
	*ret = settings;
	memset(&settings, 0, sizeof(settings));
	return 0;
}

static int read_settings(const char *path, struct settings *ret, struct reason *why)
{
	_free_ char *text = NULL;
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	int r = fd < 0 ? -errno : 0;

	if (r == -ENOENT)
		return settings_parse("", 0, path, ret, why);
	if (r == 0)
		r = fd_read_all(fd, YAML_SIZE_MAX, &text, &len);
	if (r < 0)
		return fail(why, r, "%s: %s", path, strerror(-r));
	return settings_parse(text, len, path, ret, why);
}

int settings_load(const char *path, struct settings *ret, struct reason *why)
{
	const char *slash = strrchr(path, '/');
	_text_ struct text policy = {.data = NULL};
	int r = read_settings(path, ret, why);

	if (r < 0)
		return r;
	text_add(&policy, "%.*spolicy.d/images.yaml", slash ? (int)(slash - path + 1) : 0, path);
	ret->policy_file = text_take(&policy);
	return ret->policy_file ? 0 : fail(why, -ENOMEM, "out of memory");
}
