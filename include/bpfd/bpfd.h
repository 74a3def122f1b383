/* SPDX-License-Identifier: Apache-2.0 */
/**
 * libbpfd: the client library of bpfd, the daemon that manages eBPF programs on this host.
 *
 *	struct bpfd_conn *conn;
 *	int r = bpfd_open(NULL, &conn);
 *	...
 *	r = bpfd_program_list(conn, NULL, &programs);
 *	if (r < 0)
 *		fprintf(stderr, "%s\n", bpfd_error_text(conn));
 *
 * Rules that hold everywhere
 *  - A function that can fail returns an int: >= 0, or -errno. Why it failed, as text, is kept in
 *    the connection until the next call on it: bpfd_error_text(), _hint(), _detail().
 *  - Option structs begin with `size_t size`: write `{.size = sizeof(opts), ...}`. An older library
 *    refuses members that it does not know when they are set (-E2BIG). NULL means: all defaults.
 *  - Lists of strings end with NULL; a NULL list is empty.
 *  - Out parameters are called ret_..., and are untouched on failure. What a function gives through
 *    `struct x **ret` is freed with x_free(), which accepts NULL. Everything else is borrowed and
 *    lives as long as the object it came from. Strings are never NULL unless it is said.
 *  - A `ref` is a name, an id in decimal, or an unambiguous beginning of a name.
 *  - One thread at a time may use a connection and what came from it; connections are independent.
 *  - The library never logs, exits, raises SIGPIPE, or keeps global state.
 *
 * Errors that every call to the daemon can give: -ECONNREFUSED (no daemon at the socket), -EACCES
 * (the socket, or the daemon's rules, forbid it), -EPIPE (the daemon went away during the call; the
 * next call connects again), -ETIMEDOUT, -EPROTO (not bpfd), -EINVAL (argument), -ENOMEM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPFD_API __attribute__((visibility("default")))

/* Connection. */

struct bpfd_conn;

/**
 * struct bpfd_open_opts - where the daemon is.
 * @socket:      API socket; NULL: $BPFD_SOCKET, else /run/bpfd/bpfd.sock.
 * @maps_socket: socket of bpfd_map_fd(); NULL: $BPFD_MAPS_SOCKET, else "maps.sock" beside @socket.
 * @timeout_ms:  longest time of one call; 0: 120 s, < 0: none.
 */
struct bpfd_open_opts {
	size_t size;
	const char *socket;
	const char *maps_socket;
	int timeout_ms;
};

/**
 * bpfd_open() - make a connection.
 * @opts: may be NULL.
 *
 * Connects with the first call that needs it, and again after the daemon was restarted, so that a
 * long-lived application needs no code for that.
 *
 * Return: 0, -EINVAL, -E2BIG, -ENOMEM.
 */
BPFD_API int bpfd_open(const struct bpfd_open_opts *opts, struct bpfd_conn **ret);

/* End it. Accepts NULL. Readers (bpfd_map_read()) must be freed before; lists may outlive it. */
BPFD_API void bpfd_close(struct bpfd_conn *conn);

/* What the last call on @conn failed of: one line; "" when it did not fail. */
BPFD_API const char *bpfd_error_text(const struct bpfd_conn *conn);

/* What to do about it; "" when nothing is known. */
BPFD_API const char *bpfd_error_hint(const struct bpfd_conn *conn);

/* Long text, such as the whole log of the kernel's verifier; "" when there is none. */
BPFD_API const char *bpfd_error_detail(const struct bpfd_conn *conn);

/* The version of this library, "0.1.0". */
BPFD_API const char *bpfd_version_library(void);

/* Version and status of the daemon. */

struct bpfd_version;

/* Who answers? Anybody may ask. Return: 0 or an error of every call. */
BPFD_API int bpfd_version_get(struct bpfd_conn *conn, struct bpfd_version **ret);
BPFD_API void bpfd_version_free(struct bpfd_version *version);

BPFD_API const char *bpfd_version_daemon(const struct bpfd_version *version); /* "0.1.0" */
BPFD_API const char *bpfd_version_api(const struct bpfd_version *version);    /* "bpfd.v1" */
BPFD_API const char *bpfd_version_kernel(const struct bpfd_version *version); /* uname -r */

struct bpfd_status;

/* What the daemon is doing. Return: 0 or an error of every call. */
BPFD_API int bpfd_status_get(struct bpfd_conn *conn, struct bpfd_status **ret);
BPFD_API void bpfd_status_free(struct bpfd_status *status);

BPFD_API const char *bpfd_status_version(const struct bpfd_status *status); /* "0.1.0" */
BPFD_API const char *bpfd_status_kernel(const struct bpfd_status *status);  /* uname -r */
BPFD_API uint64_t bpfd_status_uptime_s(const struct bpfd_status *status);
BPFD_API uint32_t bpfd_status_pid(const struct bpfd_status *status);
BPFD_API const char *bpfd_status_runtime_dir(const struct bpfd_status *status);
BPFD_API const char *bpfd_status_state_dir(const struct bpfd_status *status);
BPFD_API const char *bpfd_status_config_file(const struct bpfd_status *status);
BPFD_API uint32_t bpfd_status_programs(const struct bpfd_status *status);
BPFD_API uint32_t bpfd_status_links(const struct bpfd_status *status);
BPFD_API uint32_t bpfd_status_connections(const struct bpfd_status *status);

/* The i-th of what is degraded and why, and of what this kernel has; NULL behind the last. */
BPFD_API const char *bpfd_status_warning(const struct bpfd_status *status, size_t i);
BPFD_API const char *bpfd_status_feature(const struct bpfd_status *status, size_t i);

struct bpfd_method;

/* The i-th method of the API, with what was counted of it; NULL behind the last. */
BPFD_API const struct bpfd_method *bpfd_status_method(const struct bpfd_status *status, size_t i);
BPFD_API const char *bpfd_method_name(const struct bpfd_method *method);
BPFD_API uint64_t bpfd_method_requests(const struct bpfd_method *method);
BPFD_API uint64_t bpfd_method_errors(const struct bpfd_method *method);
BPFD_API uint64_t bpfd_method_latency_us_sum(const struct bpfd_method *method);
BPFD_API uint64_t bpfd_method_latency_us_max(const struct bpfd_method *method);

/* What to list. */

/**
 * struct bpfd_list_opts - restrict a list.
 * @selector: "key=value" labels, all of which must match.
 * @type:     hook kind ("xdp"); NULL: all.
 * @ref:      only this one (-ENOENT when there is none); NULL: all.
 */
struct bpfd_list_opts {
	size_t size;
	const char *const *selector;
	const char *type;
	const char *ref;
};

/**
 * struct bpfd_login - who the caller is to a registry.
 * @registry: "quay.io", "127.0.0.1:5000"; NULL: any.
 */
struct bpfd_login {
	const char *registry;
	const char *username;
	const char *password;
};

/**
 * bpfd_login_add() - send these credentials along with every later call that may pull an image.
 * @login: copied; it takes the place of an earlier one for the same registry. The daemon uses them
 * for that call alone and stores them nowhere.
 *
 * Return: 0, -EINVAL (no password), -E2BIG (more than 16), -ENOMEM.
 */
BPFD_API int bpfd_login_add(struct bpfd_conn *conn, const struct bpfd_login *login);

/* Programs. */

struct bpfd_program;
struct bpfd_programs;

/**
 * struct bpfd_load_opts - what to load from a bytecode source.
 * @bytecode:   "x.o", "file:///x.o", "oci:layout[:tag]", "image://registry/repo:tag". Relative
 *              paths count from the working directory.
 * @programs:   "ENTRY[:TYPE[:NAME]]": a function (else a section) of the object, as which hook
 *              kind, under which name. None: every program of the object.
 * @name:       name of the only program, or prefix ("name-function") of several.
 * @type:       hook kind of those that do not say it themselves.
 * @globals:    "name=value": 100, -1, 0xff, true, text for char arrays, hex:00ff for anything.
 * @labels:     "key=value".
 * @map_shares: "map=program": use the map of a loaded program in place of the object's own.
 * @exports:    "map[:owner[:group[:mode]]]": pin for applications; by default for the caller, 0600.
 * @want_log:   the whole log of the verifier on success too.
 * @pull_policy: of an image: "Always", "IfNotPresent" (also NULL), "Never".
 */
struct bpfd_load_opts {
	size_t size;
	const char *bytecode;
	const char *const *programs;
	const char *name;
	const char *type;
	const char *const *globals;
	const char *const *labels;
	const char *const *map_shares;
	const char *const *exports;
	bool want_log;
	const char *pull_policy;
};

/**
 * bpfd_program_load() - load the programs of a bytecode source into the kernel.
 * @ret: the loaded programs; bpfd_programs_warning() and _log() hold what was said about them.
 *
 * All or nothing. The programs outlive this connection and restarts of the daemon; end them with
 * bpfd_program_unload(). Nothing runs yet: bpfd_link_attach().
 *
 * Return: 0, or -EACCES (forbidden: text names the rule), -ENOENT (no such file, program, global),
 * -EEXIST (name taken), -EINVAL (not an object, bad global; or the verifier refused: detail is its
 * log), -EOPNOTSUPP (this kernel lacks something; text names it), -E2BIG.
 *
 * Example: docs/examples/load.c. Source: bpf(2) BPF_PROG_LOAD. Since: 0.1.
 */
BPFD_API int bpfd_program_load(struct bpfd_conn *conn, const struct bpfd_load_opts *opts,
			       struct bpfd_programs **ret);

/**
 * bpfd_program_unload() - unload one program.
 * @force: detach its links first; without it a program with links is -EBUSY.
 *
 * Return: 0, -ENOENT, -EBUSY (has links, or belongs to a config), -EACCES (another's).
 */
BPFD_API int bpfd_program_unload(struct bpfd_conn *conn, const char *ref, bool force);

/* The programs, by id. @opts may be NULL. */
BPFD_API int bpfd_program_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			       struct bpfd_programs **ret);
BPFD_API void bpfd_programs_free(struct bpfd_programs *programs);

BPFD_API size_t bpfd_programs_count(const struct bpfd_programs *programs);

/* The i-th; NULL behind the last. */
BPFD_API const struct bpfd_program *bpfd_programs_get(const struct bpfd_programs *programs,
						      size_t i);

/* After a load: the i-th warning (NULL behind the last), and the log of the verifier or "". */
BPFD_API const char *bpfd_programs_warning(const struct bpfd_programs *programs, size_t i);
BPFD_API const char *bpfd_programs_log(const struct bpfd_programs *programs);

BPFD_API uint32_t bpfd_program_id(const struct bpfd_program *program); /* of the kernel */
BPFD_API const char *bpfd_program_name(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_function(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_section(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_type(const struct bpfd_program *program); /* hook kind */
BPFD_API const char *bpfd_program_bytecode(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_digest(const struct bpfd_program *program); /* "sha256:…" */
BPFD_API uint32_t bpfd_program_owner_uid(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_config(const struct bpfd_program *program); /* "": by hand */
BPFD_API uint64_t bpfd_program_loaded_at(const struct bpfd_program *program); /* since 1970, s */
BPFD_API const char *bpfd_program_tag(const struct bpfd_program *program);    /* of the kernel */
BPFD_API uint32_t bpfd_program_links(const struct bpfd_program *program);
BPFD_API const char *bpfd_program_uuid(const struct bpfd_program *program);
BPFD_API uint32_t bpfd_program_instructions(const struct bpfd_program *program);
BPFD_API uint32_t bpfd_program_bytes_jited(const struct bpfd_program *program);
BPFD_API uint32_t bpfd_program_bytes_memlock(const struct bpfd_program *program);

/* The kernel does not have it any more. */
BPFD_API bool bpfd_program_is_missing(const struct bpfd_program *program);

/* The i-th label, global, map id; false behind the last. */
BPFD_API bool bpfd_program_label(const struct bpfd_program *program, size_t i, const char **ret_key,
				 const char **ret_value);
BPFD_API bool bpfd_program_global(const struct bpfd_program *program, size_t i,
				  const char **ret_name, const char **ret_value);
BPFD_API bool bpfd_program_map_id(const struct bpfd_program *program, size_t i, uint32_t *ret_id);

/* Images: bytecode of registries, in the daemon's store. */

struct bpfd_image;
struct bpfd_images;

/**
 * struct bpfd_pull_opts - which image.
 * @reference: "quay.io/x/y:tag[@sha256:…]", with or without "image://".
 * @policy:    "Always" (also NULL), "IfNotPresent", "Never".
 * @source:    NULL, or a layout of the caller's that has it, "oci:/layout[:tag]".
 */
struct bpfd_pull_opts {
	size_t size;
	const char *reference;
	const char *policy;
	const char *source;
};

/**
 * bpfd_image_pull() - have an image in the store.
 * @ret: one image.
 *
 * Return: 0, or -ENOENT (no such image or tag), -EACCES (login; or a policy refuses it), -EAGAIN
 * (too many requests), -EHOSTUNREACH, -ECONNREFUSED, -ETIMEDOUT, -EPROTO (TLS), -EBADMSG (digest,
 * or not an image), -ENOEXEC (no BPF object for this machine in it), -EFBIG, -ENOSPC.
 */
BPFD_API int bpfd_image_pull(struct bpfd_conn *conn, const struct bpfd_pull_opts *opts,
			     struct bpfd_images **ret);

/* The images of the store, by name. @opts may be NULL; only .ref counts. */
BPFD_API int bpfd_image_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			     struct bpfd_images **ret);
BPFD_API void bpfd_images_free(struct bpfd_images *images);
BPFD_API size_t bpfd_images_count(const struct bpfd_images *images);
BPFD_API const struct bpfd_image *bpfd_images_get(const struct bpfd_images *images, size_t i);

BPFD_API const char *bpfd_image_reference(const struct bpfd_image *image);
BPFD_API const char *bpfd_image_digest(const struct bpfd_image *image);	  /* of index or manifest */
BPFD_API const char *bpfd_image_manifest(const struct bpfd_image *image); /* of this machine's */
BPFD_API const char *bpfd_image_object(const struct bpfd_image *image);	  /* of the ELF in it */
BPFD_API const char *bpfd_image_media_type(const struct bpfd_image *image);
BPFD_API const char *bpfd_image_dialect(const struct bpfd_image *image); /* "bpfman", "gadget", … */
/* Whose signature the policy accepted; "": none was asked for. */
BPFD_API const char *bpfd_image_verified(const struct bpfd_image *image);
BPFD_API const char *bpfd_image_source(const struct bpfd_image *image); /* "https://quay.io" */
BPFD_API uint64_t bpfd_image_size(const struct bpfd_image *image);	/* bytes */
BPFD_API uint64_t bpfd_image_pulled_at(const struct bpfd_image *image); /* since 1970, s */
BPFD_API uint64_t bpfd_image_used_at(const struct bpfd_image *image);
BPFD_API bool bpfd_image_is_used(const struct bpfd_image *image); /* by a loaded program */
BPFD_API const char *bpfd_image_blob(const struct bpfd_image *image, size_t i); /* digest, NULL */

/**
 * bpfd_image_remove() - forget an image, and what belongs to no other one.
 * @reference: NULL: all that no loaded program comes from.
 * @force:     also one that a program comes from; what is loaded stays loaded.
 * @ret_bytes: freed; may be NULL.
 *
 * Return: 0, -ENOENT, -EBUSY (in use).
 */
BPFD_API int bpfd_image_remove(struct bpfd_conn *conn, const char *reference, bool force,
			       uint64_t *ret_bytes);

/* Bytes of a blob, with a NUL behind them; the caller calls free() on @data. */
struct bpfd_blob {
	char *data;
	size_t len;
};

/* A blob of an image, such as its manifest. Return: 0, -ENOENT (no such image, or not a blob of
 * it). */
BPFD_API int bpfd_image_read(struct bpfd_conn *conn, const char *reference, const char *digest,
			     struct bpfd_blob *ret);

/* Give an image of the store a second name. */
BPFD_API int bpfd_image_tag(struct bpfd_conn *conn, const char *reference, const char *target);

/* Links. */

struct bpfd_link;
struct bpfd_links;

/**
 * struct bpfd_attach_opts - which program goes where.
 * @program:      ref.
 * @hook:         "xdp:eth0", "tcx:eth0/ingress", "tracepoint:net/net_dev_queue", "raw_tp:name",
 *                "uprobe:/usr/bin/x:function+0"; NULL: the one that the program's section names.
 * @netns:        name (as ip-netns(8) has it) or path; NULL: the daemon's own.
 * @mode:         comma-separated: "native", "skb" or "offload" for xdp (NULL: native, else skb);
 *                "call": a function of its own in the chain (docs/CHAIN.md).
 * @has_priority: @priority is given: 0..1000, lower runs first; by default 50.
 * @proceed_on:   verdicts after which the next program runs ("pass", "dispatcher_return", "31").
 * @labels:       "key=value".
 * @stats:        xdp, tc: count runs and verdicts, and time one run in 1024.
 */
struct bpfd_attach_opts {
	size_t size;
	const char *program;
	const char *hook;
	const char *netns;
	const char *mode;
	bool has_priority;
	uint32_t priority;
	const char *const *proceed_on;
	const char *const *labels;
	bool stats;
};

/**
 * bpfd_link_attach() - attach a loaded program to a hook.
 * @ret: one link, and the warnings about it.
 *
 * Programs on one hook run in rising priority (ties: oldest first). The link outlives this
 * connection and restarts of the daemon; end it with bpfd_link_detach().
 *
 * Return: 0, or -EACCES (forbidden; text names the rule), -ENOENT (no such program, interface,
 * netns, function), -EBUSY (a foreign program owns the hook; text names it), -EINVAL (hook does
 * not fit), -EOPNOTSUPP (kernel or driver lacks it; text names it), -ERANGE (priority).
 *
 * Example: docs/examples/load.c. Source: bpf(2) BPF_LINK_CREATE. Since: 0.1.
 */
BPFD_API int bpfd_link_attach(struct bpfd_conn *conn, const struct bpfd_attach_opts *opts,
			      struct bpfd_links **ret);

/**
 * struct bpfd_detach_opts - which links end: @link, or those of @program (on @hook only).
 * @link:    id; 0: by @program.
 * @program: ref.
 * @hook:    NULL: every hook of the program.
 */
struct bpfd_detach_opts {
	size_t size;
	uint32_t link;
	const char *program;
	const char *hook;
};

/**
 * bpfd_link_detach() - end links.
 * @ret_ids: heap array of the ids that ended, the caller calls free(); may be NULL with @ret_n.
 *
 * Return: 0, -ENOENT, -EACCES (another's), -EBUSY (belongs to a config).
 */
BPFD_API int bpfd_link_detach(struct bpfd_conn *conn, const struct bpfd_detach_opts *opts,
			      uint32_t **ret_ids, size_t *ret_n);

/* The links, by id. @opts may be NULL; .ref is a link's id, or a program. */
BPFD_API int bpfd_link_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			    struct bpfd_links **ret);
BPFD_API void bpfd_links_free(struct bpfd_links *links);

BPFD_API size_t bpfd_links_count(const struct bpfd_links *links);
BPFD_API const struct bpfd_link *bpfd_links_get(const struct bpfd_links *links, size_t i);

/* After an attach: the i-th warning; NULL behind the last. */
BPFD_API const char *bpfd_links_warning(const struct bpfd_links *links, size_t i);

BPFD_API uint32_t bpfd_link_id(const struct bpfd_link *link);	     /* bpfd's own, never reused */
BPFD_API uint32_t bpfd_link_kernel_id(const struct bpfd_link *link); /* 0: no link object */
BPFD_API const char *bpfd_link_program(const struct bpfd_link *link);
BPFD_API uint32_t bpfd_link_program_id(const struct bpfd_link *link);
BPFD_API const char *bpfd_link_hook(const struct bpfd_link *link);
BPFD_API uint32_t bpfd_link_priority(const struct bpfd_link *link);
BPFD_API const char *bpfd_link_mode(const struct bpfd_link *link);
BPFD_API uint32_t bpfd_link_owner_uid(const struct bpfd_link *link);
BPFD_API const char *bpfd_link_config(const struct bpfd_link *link);
BPFD_API uint64_t bpfd_link_attached_at(const struct bpfd_link *link); /* since 1970, s */
BPFD_API const char *bpfd_link_uuid(const struct bpfd_link *link);

/* The kernel does not show it any more. */
BPFD_API bool bpfd_link_is_missing(const struct bpfd_link *link);

/* This kernel cannot pin it (tracepoint and uprobe links before 5.15). */
BPFD_API bool bpfd_link_ends_with_daemon(const struct bpfd_link *link);

/* The i-th verdict after which the next program runs; NULL behind the last. */
BPFD_API const char *bpfd_link_proceed_on(const struct bpfd_link *link, size_t i);

/* How the chain runs that the link is a member of, and why so (docs/CHAIN.md); "": in none. */
BPFD_API const char *bpfd_link_chain_mode(const struct bpfd_link *link);
BPFD_API const char *bpfd_link_chain_reason(const struct bpfd_link *link);
BPFD_API uint32_t bpfd_link_segment(const struct bpfd_link *link); /* from 1; 0: not cut */
BPFD_API bool bpfd_link_is_called(const struct bpfd_link *link);   /* a function of its own */

/* With .stats: runs, the mean of the timed ones, and the i-th verdict that was returned with its
 * count (NULL behind the last). */
BPFD_API bool bpfd_link_has_stats(const struct bpfd_link *link);
BPFD_API uint64_t bpfd_link_runs(const struct bpfd_link *link);
BPFD_API uint64_t bpfd_link_average_ns(const struct bpfd_link *link);
BPFD_API const char *bpfd_link_verdict(const struct bpfd_link *link, size_t i, uint64_t *ret_count);
BPFD_API bool bpfd_link_label(const struct bpfd_link *link, size_t i, const char **ret_key,
			      const char **ret_value);

/* Hooks: what runs where, ours and foreign. */

struct bpfd_hook;
struct bpfd_hooks;

/* One entry per program on a hook, in the order of execution. @opts may be NULL. */
BPFD_API int bpfd_hook_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			    struct bpfd_hooks **ret);
BPFD_API void bpfd_hooks_free(struct bpfd_hooks *hooks);

BPFD_API size_t bpfd_hooks_count(const struct bpfd_hooks *hooks);
BPFD_API const struct bpfd_hook *bpfd_hooks_get(const struct bpfd_hooks *hooks, size_t i);

BPFD_API const char *bpfd_hook_name(const struct bpfd_hook *hook);  /* "xdp:eth0" */
BPFD_API uint32_t bpfd_hook_position(const struct bpfd_hook *hook); /* 0 first */
BPFD_API uint32_t bpfd_hook_program_id(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_program(const struct bpfd_hook *hook);
BPFD_API bool bpfd_hook_is_ours(const struct bpfd_hook *hook);
BPFD_API uint32_t bpfd_hook_link_id(const struct bpfd_hook *hook); /* 0 when foreign */
BPFD_API uint32_t bpfd_hook_priority(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_mode(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_owner(const struct bpfd_hook *hook); /* "uid 0", process names */
BPFD_API const char *bpfd_hook_attached_by(const struct bpfd_hook *hook); /* "link", "netlink" */

/* Of a member of a chain, as with links. */
BPFD_API const char *bpfd_hook_chain_mode(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_chain_reason(const struct bpfd_hook *hook);
BPFD_API uint32_t bpfd_hook_segment(const struct bpfd_hook *hook);
BPFD_API bool bpfd_hook_is_called(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_proceed_on(const struct bpfd_hook *hook, size_t i);
/* Verdicts that its instructions can give, "other" for computed ones; who may not run because of
 * it, in words. NULL behind the last. */
BPFD_API const char *bpfd_hook_returns(const struct bpfd_hook *hook, size_t i);
BPFD_API const char *bpfd_hook_warning(const struct bpfd_hook *hook, size_t i);
BPFD_API uint64_t bpfd_hook_runs(const struct bpfd_hook *hook);
BPFD_API uint64_t bpfd_hook_average_ns(const struct bpfd_hook *hook);
BPFD_API const char *bpfd_hook_verdict(const struct bpfd_hook *hook, size_t i, uint64_t *ret_count);

/* Maps. */

struct bpfd_map;
struct bpfd_maps;

/* The maps of our programs, by id. @opts may be NULL; .ref as in bpfd_map_fd(). */
BPFD_API int bpfd_map_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			   struct bpfd_maps **ret);
BPFD_API void bpfd_maps_free(struct bpfd_maps *maps);

BPFD_API size_t bpfd_maps_count(const struct bpfd_maps *maps);
BPFD_API const struct bpfd_map *bpfd_maps_get(const struct bpfd_maps *maps, size_t i);

BPFD_API uint32_t bpfd_map_id(const struct bpfd_map *map);
BPFD_API const char *bpfd_map_name(const struct bpfd_map *map);
BPFD_API const char *bpfd_map_type(const struct bpfd_map *map); /* "percpu_array" */
BPFD_API uint32_t bpfd_map_key_size(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_value_size(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_max_entries(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_flags(const struct bpfd_map *map); /* BPF_F_… */
BPFD_API uint32_t bpfd_map_owner_uid(const struct bpfd_map *map);
BPFD_API const char *bpfd_map_config(const struct bpfd_map *map);
BPFD_API uint64_t bpfd_map_bytes_memlock(const struct bpfd_map *map);

/* .rodata, .data, .bss, .kconfig and the like. */
BPFD_API bool bpfd_map_is_internal(const struct bpfd_map *map);

/* Where applications open(2) it; "" when it is not exported. */
BPFD_API const char *bpfd_map_export_path(const struct bpfd_map *map);

/* Where the daemon keeps it; only root gets there. */
BPFD_API const char *bpfd_map_pin_path(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_export_uid(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_export_gid(const struct bpfd_map *map);
BPFD_API uint32_t bpfd_map_export_mode(const struct bpfd_map *map);

/* The i-th program that uses it; NULL behind the last. */
BPFD_API const char *bpfd_map_program(const struct bpfd_map *map, size_t i);

/* Maps for applications without privileges. */

#define BPFD_MAP_WRITE 1u /* a descriptor that may change the map */

/**
 * struct bpfd_map_info - what a descriptor leads to; bpf(2) is not needed to learn it.
 * @size:          of this struct; set it before the call.
 * @type, @flags:  BPF_MAP_TYPE_…, BPF_F_… of linux/bpf.h.
 * @possible_cpus: number of values in one element of a per-CPU map.
 */
struct bpfd_map_info {
	size_t size;
	uint32_t id;
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	uint32_t possible_cpus;
};

/**
 * bpfd_map_fd() - the descriptor of a map, over maps.sock; the API socket is not used.
 * @ref:      id in decimal, "program/map" or "config/map".
 * @flags:    0 or BPFD_MAP_WRITE.
 * @ret_info: may be NULL.
 *
 * With it bpf(2) works without capabilities from kernel 5.19; before that (and under a filter that
 * forbids bpf(2)) use bpfd_map_mmap(), bpfd_ringbuf_open() and bpfd_map_lookup().
 * Only maps of data leave the daemon: arrays, hashes, LRU, LPM, ring buffer, stack, queue, bloom.
 *
 * Return: a descriptor (O_CLOEXEC) that the caller closes, or -ENOENT, -EACCES (text names the
 * rule), -EOPNOTSUPP (a type that does not leave).
 *
 * Example: docs/examples/counters.c. Since: 0.1.
 */
BPFD_API int bpfd_map_fd(struct bpfd_conn *conn, const char *ref, unsigned int flags,
			 struct bpfd_map_info *ret_info);

/**
 * bpfd_map_mmap() - map the values of an array that has BPF_F_MMAPABLE into memory.
 * @fd:      of bpfd_map_fd() with BPFD_MAP_WRITE (the kernel does not map others, not even for
 *           reading); borrowed; may be closed afterwards.
 * @info:    of bpfd_map_fd().
 * @flags:   0: memory that can be read; BPFD_MAP_WRITE: and written.
 *
 * Value i begins at i * (value_size rounded up to 8).
 *
 * Return: 0 and *ret; -EINVAL (not an array), -EOPNOTSUPP (not BPF_F_MMAPABLE), -EPERM (read-only
 * descriptor), -errno of mmap(2).
 * Source: kernel/bpf/arraymap.c array_map_mmap(). Kernel: 5.5.
 */
BPFD_API int bpfd_map_mmap(int fd, const struct bpfd_map_info *info, unsigned int flags,
			   void **ret);

/* Undo it, with the same @info. Accepts NULL. */
BPFD_API void bpfd_map_munmap(void *values, const struct bpfd_map_info *info);

struct bpfd_reader;

/**
 * struct bpfd_map_read_opts
 * @key, @key_size: only the element with this key; NULL: all.
 * @limit:          at most so many elements; 0: all.
 */
struct bpfd_map_read_opts {
	size_t size;
	const void *key;
	size_t key_size;
	uint32_t limit;
};

/**
 * bpfd_map_read() - read a map through the daemon: needs no descriptor and no bpf(2).
 * @opts: may be NULL.
 *
 *	while ((r = bpfd_reader_next(reader)) > 0)
 *		show(bpfd_reader_key(reader, &n), bpfd_reader_value(reader, &m));
 *
 * Return: 0, -ENOENT (no such map), -EACCES.
 */
BPFD_API int bpfd_map_read(struct bpfd_conn *conn, const char *ref,
			   const struct bpfd_map_read_opts *opts, struct bpfd_reader **ret);

/* Go to the next element. Return: 1 (there is one), 0 (that was all), or -errno. */
BPFD_API int bpfd_reader_next(struct bpfd_reader *reader);

/* The element at hand; valid until the next bpfd_reader_next(). */
BPFD_API const void *bpfd_reader_key(const struct bpfd_reader *reader, size_t *ret_len);
BPFD_API const void *bpfd_reader_value(const struct bpfd_reader *reader, size_t *ret_len);

/* Per-CPU maps: how many values follow each other in bpfd_reader_value(), each rounded up to 8
 * bytes; 0 for other maps. */
BPFD_API uint32_t bpfd_reader_cpus(const struct bpfd_reader *reader);

BPFD_API void bpfd_reader_free(struct bpfd_reader *reader);

/**
 * struct bpfd_map_element
 * @key, @key_size:     which.
 * @value, @value_size: memory for the value, or for the values of all possible CPUs, each rounded
 *                      up to 8 bytes.
 */
struct bpfd_map_element {
	size_t size;
	const void *key;
	size_t key_size;
	void *value;
	size_t value_size;
};

/**
 * bpfd_map_lookup() - one element, through the daemon: needs no descriptor and no bpf(2).
 * @element: .value is filled.
 *
 * Return: the length of the value, -ENOENT (no such map or key), -ENOSPC (longer than .value_size).
 */
BPFD_API int bpfd_map_lookup(struct bpfd_conn *conn, const char *ref,
			     const struct bpfd_map_element *element);

/* Ring buffers. */

struct bpfd_ringbuf;

/**
 * bpfd_ringbuf_open() - consume a ring buffer (BPF_MAP_TYPE_RINGBUF) without any bpf(2) call.
 * @fd:         of bpfd_map_fd() with BPFD_MAP_WRITE; borrowed, may be closed afterwards.
 * @size_bytes: .max_entries of its info.
 *
 * There must be one consumer only: the position is shared.
 *
 *	while (bpfd_ringbuf_poll(rb, -1) > 0) {
 *		while (bpfd_ringbuf_next(rb, &data, &len) > 0)
 *			handle(data, len);
 *		bpfd_ringbuf_release(rb);
 *	}
 *
 * Return: 0, -EINVAL (size is no power of two of pages), -EPERM (read-only descriptor), -errno of
 * mmap(2), -ENOMEM.
 *
 * Example: docs/examples/events.c. Source: Documentation/bpf/ringbuf.rst. Kernel: 5.8. Since: 0.1.
 */
BPFD_API int bpfd_ringbuf_open(int fd, uint32_t size_bytes, struct bpfd_ringbuf **ret);
BPFD_API void bpfd_ringbuf_close(struct bpfd_ringbuf *ringbuf);

/* The descriptor, to poll for reading in a loop of one's own. Borrowed. */
BPFD_API int bpfd_ringbuf_fd(const struct bpfd_ringbuf *ringbuf);

/* Wait for records. Return: 1 (there may be some), 0 (@timeout_ms passed; < 0: no bound), -EINTR,
 * -errno of poll(2). */
BPFD_API int bpfd_ringbuf_poll(struct bpfd_ringbuf *ringbuf, int timeout_ms);

/**
 * bpfd_ringbuf_next() - the next record; discarded ones are skipped.
 * @ret_data: inside the ring buffer, aligned to 8; valid until bpfd_ringbuf_release().
 *
 * Return: 1, 0 (none, or its producer is still writing it), -EBADMSG (not a ring buffer).
 */
BPFD_API int bpfd_ringbuf_next(struct bpfd_ringbuf *ringbuf, const void **ret_data,
			       size_t *ret_len);

/* Give the space of all records seen so far back to the kernel. */
BPFD_API void bpfd_ringbuf_release(struct bpfd_ringbuf *ringbuf);

/* Bytes that were produced and not released yet. */
BPFD_API size_t bpfd_ringbuf_pending(const struct bpfd_ringbuf *ringbuf);

/* Description of one program. */

struct bpfd_description;

/* Everything about one program. Return: 0, -ENOENT, -EEXIST (ambiguous; text lists them). */
BPFD_API int bpfd_program_describe(struct bpfd_conn *conn, const char *ref,
				   struct bpfd_description **ret);
BPFD_API void bpfd_description_free(struct bpfd_description *d);

BPFD_API const struct bpfd_program *bpfd_description_program(const struct bpfd_description *d);

/* The i-th link, map, note; NULL behind the last. */
BPFD_API const struct bpfd_link *bpfd_description_link(const struct bpfd_description *d, size_t i);
BPFD_API const struct bpfd_map *bpfd_description_map(const struct bpfd_description *d, size_t i);
BPFD_API const char *bpfd_description_note(const struct bpfd_description *d, size_t i);

/* Statistics of the kernel; 0 unless sysctl kernel.bpf_stats_enabled is on. */
BPFD_API uint64_t bpfd_description_run_time_ns(const struct bpfd_description *d);
BPFD_API uint64_t bpfd_description_run_count(const struct bpfd_description *d);

/* Configs: the declarative way. */

/**
 * struct bpfd_manifest - BpfProgramConfig documents, YAML or JSON (docs/MANIFEST.md).
 * @text:      @len bytes; need not end in NUL.
 * @file_name: what errors begin with, and where relative paths count from; NULL: "-".
 */
struct bpfd_manifest {
	size_t size;
	const char *text;
	size_t len;
	const char *file_name;
};

struct bpfd_change;
struct bpfd_changes;

/**
 * bpfd_config_apply() - make the daemon have the configs of a manifest.
 * @dry_run: only say what would change.
 *
 * Idempotent; all or nothing for each config. The manifest is read here: its errors
 * ("FILE:LINE:COL: …") need no daemon.
 *
 * Return: 0, -EINVAL (manifest), -EACCES, and those of bpfd_program_load() and bpfd_link_attach().
 */
BPFD_API int bpfd_config_apply(struct bpfd_conn *conn, const struct bpfd_manifest *manifest,
			       bool dry_run, struct bpfd_changes **ret);

/**
 * bpfd_manifest_image() - the @i-th image of a registry that a manifest names, for logins.
 * @ret: "image://quay.io/x/y:tag", heap; the caller calls free().
 *
 * Return: 0, -ENOENT (no more), -EINVAL (manifest), -ENOMEM.
 */
BPFD_API int bpfd_manifest_image(const struct bpfd_manifest *manifest, size_t i, char **ret);

/* Delete configs by name, with their programs, links and exports. Return: 0, -ENOENT, -EACCES. */
BPFD_API int bpfd_config_delete(struct bpfd_conn *conn, const char *const *names,
				struct bpfd_changes **ret);

/* The same for the configs that a manifest names. */
BPFD_API int bpfd_config_delete_manifest(struct bpfd_conn *conn,
					 const struct bpfd_manifest *manifest,
					 struct bpfd_changes **ret);

BPFD_API void bpfd_changes_free(struct bpfd_changes *changes);
BPFD_API size_t bpfd_changes_count(const struct bpfd_changes *changes);
BPFD_API const struct bpfd_change *bpfd_changes_get(const struct bpfd_changes *changes, size_t i);
BPFD_API const char *bpfd_changes_warning(const struct bpfd_changes *changes, size_t i);

BPFD_API const char *bpfd_change_config(const struct bpfd_change *change);
BPFD_API const char *bpfd_change_verb(const struct bpfd_change *change);   /* "load", … */
BPFD_API const char *bpfd_change_object(const struct bpfd_change *change); /* "program counter" */
BPFD_API const char *bpfd_change_text(const struct bpfd_change *change);

struct bpfd_config;
struct bpfd_configs;

/* The configs, by name. @opts may be NULL. */
BPFD_API int bpfd_config_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			      struct bpfd_configs **ret);
BPFD_API void bpfd_configs_free(struct bpfd_configs *configs);
BPFD_API size_t bpfd_configs_count(const struct bpfd_configs *configs);
BPFD_API const struct bpfd_config *bpfd_configs_get(const struct bpfd_configs *configs, size_t i);

BPFD_API const char *bpfd_config_name(const struct bpfd_config *config);
BPFD_API uint32_t bpfd_config_owner_uid(const struct bpfd_config *config);
BPFD_API uint64_t bpfd_config_applied_at(const struct bpfd_config *config); /* since 1970, s */
BPFD_API uint64_t bpfd_config_generation(const struct bpfd_config *config); /* +1 each change */
BPFD_API bool bpfd_config_is_selected(const struct bpfd_config *config);    /* node selector fits */
BPFD_API uint32_t bpfd_config_links(const struct bpfd_config *config);
BPFD_API uint32_t bpfd_config_programs(const struct bpfd_config *config);
BPFD_API bool bpfd_config_label(const struct bpfd_config *config, size_t i, const char **ret_key,
				const char **ret_value);

/* The i-th program: bytecode and entry ("" when it is the only one); NULL behind the last. */
BPFD_API const char *bpfd_config_bytecode(const struct bpfd_config *config, size_t i);
BPFD_API const char *bpfd_config_entry(const struct bpfd_config *config, size_t i);

/* As a manifest that bpfd_config_apply() takes: heap, the caller calls free(). Return: 0, -EINVAL,
 * -ENOMEM.
 */
BPFD_API int bpfd_config_format(const struct bpfd_config *config, char **ret);

/* The node: interfaces and containers. */

struct bpfd_interfaces;
struct bpfd_interface;

/**
 * bpfd_interface_list() - the interfaces of a network namespace, by name.
 * @netns: name, absolute path or "container:ID"; NULL: the daemon's own.
 *
 * Return: 0, -ENOENT (no such namespace, or no process in the container), -EACCES. Since: 0.1.
 */
BPFD_API int bpfd_interface_list(struct bpfd_conn *conn, const char *netns,
				 struct bpfd_interfaces **ret);
BPFD_API size_t bpfd_interfaces_count(const struct bpfd_interfaces *interfaces);
BPFD_API const struct bpfd_interface *bpfd_interfaces_get(const struct bpfd_interfaces *interfaces,
							  size_t i);
BPFD_API void bpfd_interfaces_free(struct bpfd_interfaces *interfaces);
BPFD_API const char *bpfd_interface_name(const struct bpfd_interface *interface);
BPFD_API uint32_t bpfd_interface_index(const struct bpfd_interface *interface);
BPFD_API bool bpfd_interface_is_up(const struct bpfd_interface *interface);
BPFD_API bool bpfd_interface_is_loopback(const struct bpfd_interface *interface);
BPFD_API bool bpfd_interface_is_default_route(const struct bpfd_interface *interface);
/* "192.0.2.1", "2001:db8::1"; NULL behind the last. */
BPFD_API const char *bpfd_interface_address(const struct bpfd_interface *interface, size_t i);

struct bpfd_containers;
struct bpfd_container;

/**
 * bpfd_container_find() - which containers have a process on this host.
 * @ids: NULL at the end; "containerd://0123…", "0123…", or "podUID" for a whole pod.
 *
 * Those that have none are not in the answer. Return: 0, -EINVAL (not an id), -EACCES. Since: 0.1.
 */
BPFD_API int bpfd_container_find(struct bpfd_conn *conn, const char *const *ids,
				 struct bpfd_containers **ret);
BPFD_API size_t bpfd_containers_count(const struct bpfd_containers *containers);
BPFD_API const struct bpfd_container *bpfd_containers_get(const struct bpfd_containers *containers,
							  size_t i);
BPFD_API void bpfd_containers_free(struct bpfd_containers *containers);
BPFD_API const char *bpfd_container_id(const struct bpfd_container *container);
BPFD_API uint32_t bpfd_container_pid(const struct bpfd_container *container);

/* Volumes: maps for pods of Kubernetes (docs/KUBERNETES-MAPS.md). For root and the agent. */

/**
 * struct bpfd_volume_opts - what bpfd_volume_publish() makes.
 * @volume_id, @target_path: of CSI; the target's parent is there, beneath the kubelet's pods.
 * @config:    name of a config, else of a program. @maps: names of its maps, NULL at the end.
 * @layout:    "bpfd" (also NULL): bpfd.sock, maps.sock and, unless read-only, maps/ with the pins;
 *             "bpfman": the pins themselves.
 * @has_group, @group: who may use the pins besides root (fsGroup).
 */
struct bpfd_volume_opts {
	size_t size;
	const char *volume_id;
	const char *target_path;
	const char *config;
	const char *const *maps;
	const char *layout;
	bool is_read_only;
	bool has_group;
	uint32_t group;
};

/**
 * bpfd_volume_publish() - mount a volume. The same again is success.
 *
 * Return: 0, -ENOENT (no such map, no pod), -EEXIST (published with other arguments), -EACCES,
 * -EINVAL, -EBUSY (something else is mounted there), -E2BIG, -EOPNOTSUPP (not in bpfd.yaml).
 */
BPFD_API int bpfd_volume_publish(struct bpfd_conn *conn, const struct bpfd_volume_opts *opts);

/* Take it away; what is not there is success. Return: 0, -EBUSY (a foreign mount), -EACCES, … */
BPFD_API int bpfd_volume_unpublish(struct bpfd_conn *conn, const char *volume_id,
				   const char *target_path);

struct bpfd_volume;
struct bpfd_volumes;

/* The volumes, by target. @opts may be NULL; its .ref is an id. */
BPFD_API int bpfd_volume_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
			      struct bpfd_volumes **ret);
BPFD_API void bpfd_volumes_free(struct bpfd_volumes *volumes);
BPFD_API size_t bpfd_volumes_count(const struct bpfd_volumes *volumes);
BPFD_API const struct bpfd_volume *bpfd_volumes_get(const struct bpfd_volumes *volumes, size_t i);

BPFD_API const char *bpfd_volume_id(const struct bpfd_volume *volume);
BPFD_API const char *bpfd_volume_target_path(const struct bpfd_volume *volume);
BPFD_API const char *bpfd_volume_config(const struct bpfd_volume *volume);
BPFD_API const char *bpfd_volume_map(const struct bpfd_volume *volume, size_t i); /* or NULL */
BPFD_API const char *bpfd_volume_layout(const struct bpfd_volume *volume);
BPFD_API bool bpfd_volume_is_read_only(const struct bpfd_volume *volume);
BPFD_API bool bpfd_volume_group(const struct bpfd_volume *volume, uint32_t *ret); /* has it one? */
BPFD_API uint64_t bpfd_volume_published_at(const struct bpfd_volume *volume); /* since 1970, s */

#ifdef __cplusplus
}
#endif
