/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's configuration, /etc/bpfd/bpfd.yaml (docs: man/bpfd.yaml.5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "manifest/cluster/kubernetes.h"
#include "model/labels.h"

struct reason;

#define SETTINGS_MIRRORS_MAX	      256
#define SETTINGS_RULES_MAX	      256
#define SETTINGS_INTERFACES_MAX	      1024
#define SETTINGS_REGISTRIES_MAX	      256
#define SETTINGS_REGISTRY_MIRRORS_MAX 7

/* Images below @prefix ("quay.io/x") are read from @to ("oci:/srv/layouts/x"). */
struct settings_mirror {
	char *prefix;
	char *to;
};

/* Rights as bits; each stands alone. */
enum settings_right {
	SETTINGS_MAY_READ = 1,
	SETTINGS_MAY_LOAD = 2,
	SETTINGS_MAY_ATTACH = 4,
	SETTINGS_MAY_ADMIN = 8,
};

/* Who gets what beyond the built-in rules. Exactly one of the four is given. */
struct settings_rule {
	char *user;
	char *group;
	bool has_uid;
	bool has_gid;
	uint32_t uid;
	uint32_t gid;
	unsigned int rights; /* enum settings_right */
};

struct settings_interface {
	char *name;
	char *xdp_mode;
};

/* How one registry is reached. @mirrors: "host[:port][/prefix]", asked before it in this order. */
struct settings_registry {
	char *host;
	char **mirrors;
	size_t n_mirrors;
	bool insecure;	   /* without TLS */
	bool skips_verify; /* any certificate will do */
	char *ca_file;
	char *cert_file;
	char *key_file;
};

/**
 * struct settings
 * @labels:   of this node; kubernetes.io/hostname is always there.
 * @xdp_mode: "native", "skb", "offload" or "libxdp"; NULL: native, else skb; of interfaces it is
 *            settings_xdp_mode().
 * @runtime_dir, @state_dir: absolute, NULL: the built-in ones; the command line wins.
 */
struct settings {
	struct labels labels;
	struct settings_mirror *mirrors;
	size_t n_mirrors;
	struct settings_rule *rules;
	size_t n_rules;
	enum log_level log_level;
	char *xdp_mode;
	struct settings_interface *interfaces; /* by name, in every network namespace */
	size_t n_interfaces;
	char *runtime_dir;
	char *state_dir;
	struct settings_registry *registries;
	size_t n_registries;
	char *auth_file;	  /* credentials for registries; NULL: none */
	char *policy_file;	  /* policy.d/images.yaml beside it */
	uint32_t image_store_mib; /* how large the store may become; 0: the default */
	struct settings_kubernetes kubernetes;
};

void settings_done(struct settings *settings);

/* The mode that is set for an interface, or for all; NULL: none. */
const char *settings_xdp_mode(const struct settings *settings, const char *interface);

/* Return: 0, -EINVAL ("FILE:LINE:COL: …"), -EFBIG, -ENOMEM. An empty text is the defaults. */
int settings_parse(const char *text, size_t len, const char *file_name, struct settings *ret,
		   struct reason *why);

/* The same for a file; a missing one is the defaults. Also -errno of open(2) and read(2). */
int settings_load(const char *path, struct settings *ret, struct reason *why);

/* What is set for a registry; NULL: nothing. */
const struct settings_registry *settings_registry(const struct settings *settings,
						  const char *host);

/* Is one of .mirrors for the image? */
bool settings_has_layout(const struct settings *settings, const char *ref);

/**
 * settings_resolve_image() - where the mirrors keep an image.
 * @ref: "image://quay.io/bpfd-bytecode/go-xdp-counter:latest"; "image://" may be left out.
 * @ret_bytecode: "oci:/layout:tag", heap.
 *
 * The longest prefix that ends at a '/' or ':' of @ref wins. A mirror whose .to ends in '/' is a
 * directory of layouts: the rest of the repository names the layout there; otherwise .to is the
 * layout. Return: 0, -ENOENT (no mirror; the hint says what to write), -EINVAL (not a reference),
 * -EOPNOTSUPP (pinned by digest), -ENOMEM.
 */
int settings_resolve_image(const struct settings *settings, const char *ref, char **ret_bytecode,
			   struct reason *why);
