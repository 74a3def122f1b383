/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of kinds: which sandbox, which work. Everything here runs in a short-lived child.
 */
#include "forkserver/child/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "sandbox/sandbox.h"
#include "forkserver/opener.h"
#include "forkserver/child/opening.h"
#include "forkserver/child/rules.h"
#include "kernel/container/container.h"
#include "load/load.h"
#include "load/warm.h"
#include "look/describe.h"
#include "look/said.h"
#include "look/symbol.h"
#include "model/hook.h"
#include "model/object.h"

#define MIB (1024u * 1024u)

/* Sanitizers reserve terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_BOUND(n) ((void)(n), 0)
#else
#define MEMORY_BOUND(n) (n)
#endif

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

struct child {
	int sock;
	const struct child_means *means;
};

/* A machine without the account has nobody. */
static int find_account(const char *name, struct child_account *ret)
{
	_cleanup_(close_file) FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	*ret = (struct child_account){65534, 65534};
	while (f && (p = fgetpwent(f)))
		if (strcmp(p->pw_name, name) == 0) {
			*ret = (struct child_account){p->pw_uid, p->pw_gid};
			break;
		}
	return ret->uid == 0 || ret->gid == 0 ? -EPERM : 0;
}

/* Beside us when installed; in its own folder when built. Opened now: later nobody may look. */
static int open_exe(const char *name, const char *folder)
{
	_free_ char *built = NULL;
	const char *places[] = {name, NULL};
	char self[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0 || asprintf(&built, "../%s/%s", folder, name) < 0)
		return -1;
	places[1] = built;
	self[n] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; i < array_size(places); i++) {
		int fd;

		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self, places[i]) >=
		    (int)sizeof(path))
			return -1;
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

int child_means_prepare(struct child_means *means, struct reason *why)
{
	int r = find_account("bpfd-look", &means->parser);

	if (r == 0)
		r = find_account("bpfd-fetch", &means->fetcher);
	if (r < 0)
		return fail(why, r, "the account bpfd-look or bpfd-fetch is root's");
	means->image_exe = open_exe("bpfd-image", "image");
	means->fetch_exe = open_exe("bpfd-fetch", "fetch");
	means->rules = rules_new();
	r = rules_look_filter(&means->look_filter, why);
	return r < 0 ? r : rules_load_filter(&means->load_filter, why);
}

void child_means_done(struct child_means *means)
{
	sandbox_filter_free(means->look_filter);
	sandbox_filter_free(means->load_filter);
	fd_close(&means->image_exe);
	fd_close(&means->fetch_exe);
	fd_close(&means->rules);
}

/* Changing identity has reset the signal for the parent's death. */
static int stay_with_server(const struct child_means *means)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == means->server ? 0 : -EPIPE;
}

static int limit(size_t memory, unsigned int cpu_s, unsigned int files, size_t file_size)
{
	struct rlimit size = {file_size, file_size};

	if (setrlimit(RLIMIT_FSIZE, &size) < 0)
		return -errno;
	return sandbox_limit(MEMORY_BOUND(memory), cpu_s, files);
}

static int become(const struct child_means *means, const struct child_account *account)
{
	int r = sandbox_become(account->uid, account->gid, NULL, 0);

	return r < 0 ? r : stay_with_server(means);
}

static int enclose_look(const struct child_means *means)
{
	int r = become(means, &means->parser);

	if (r == 0)
		r = said_open();
	if (r == 0)
		r = limit(256 * MIB, 5, 32, 8 * MIB);
	if (r < 0)
		return r;
	sandbox_no_files();
	return sandbox_filter_install(means->look_filter);
}

static int enclose_load(const struct child_means *means)
{
	static const int caps[] = {CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SETUID, CAP_SETGID};
	int r;

	/* The first touch of each page after fork(2) is a fault, 0.3 ms in all: now, while nobody
	 * waits. */
	warm_up();
	r = sandbox_keep_caps(caps, array_size(caps));
	if (r < 0)
		return r;
	/* Without this the capabilities go with uid 0. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresgid(means->parser.gid, means->parser.gid, means->parser.gid) ||
	    setresuid(means->parser.uid, means->parser.uid, means->parser.uid) < 0)
		return -errno;
	r = sandbox_keep_caps(caps, 3);
	if (r == 0)
		r = stay_with_server(means);
	if (r == 0)
		r = said_open();
	if (r == 0)
		r = limit(1024 * MIB, 30, 1024, 128 * MIB);
	if (r < 0)
		return r;
	rules_apply(means->rules);
	return sandbox_filter_install(means->load_filter);
}

/* The image parser compiles its own filter: it is another program. */
static int enclose_image(const struct child_means *means)
{
	int r = become(means, &means->parser);

	return r < 0 ? r : limit(512 * MIB, 30, 32, 128 * MIB);
}

/* As the image parser; memory files of downloads count as files. */
static int enclose_fetch(const struct child_means *means)
{
	int r = become(means, &means->fetcher);

	return r < 0 ? r : limit(1024 * MIB, 60, 256, 128 * MIB);
}

/* Becomes somebody only when its message says who. */
static int enclose_nothing(const struct child_means *means)
{
	(void)means;
	return 0;
}

/* Whoever it looks into: a process with more capabilities is closed to one with less, but for
 * these. */
static int enclose_container(const struct child_means *means)
{
	static const int caps[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
	int r = sandbox_keep_caps(caps, array_size(caps));

	(void)means;
	return r < 0 ? r : limit(64 * MIB, 5, 32, 0);
}

/* Root as a client may search and read everywhere, as root in a shell may; and nothing else. */
static int become_root(const struct job_identity *as)
{
	static const int read_all[] = {CAP_DAC_READ_SEARCH};

	if (setgroups(as->n_groups, as->groups) < 0 || setresgid(as->gid, as->gid, as->gid) < 0)
		return -errno;
	return sandbox_keep_caps(read_all, array_size(read_all));
}

static int become_client(const struct child *c, struct buf_reader *rd, char **ret_path,
			 struct reason *why)
{
	struct job_identity as;
	int r;

	job_identity_decode(rd, &as);
	*ret_path = buf_get_str(rd, 4096);
	r = buf_reader_end(rd);
	if (r < 0)
		return fail(why, r, "a malformed request to open");
	r = as.uid == 0 ? become_root(&as) : sandbox_become(as.uid, as.gid, as.groups, as.n_groups);
	if (r == 0)
		r = stay_with_server(c->means);
	if (r == 0)
		r = limit(64 * MIB, 5, 32, OBJECT_SIZE_MAX);
	return r < 0 ? fail(why, r, "cannot become uid %u: %s", as.uid, strerror(-r)) : 0;
}

static int answer(const struct child *c, const struct message_out *out)
{
	return message_send(c->sock, out);
}

static int do_open(const struct child *c, struct message *m, struct reason *why)
{
	_free_ char *path = NULL;
	_close_ int fd = -1;
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, m->data, m->len);
	r = become_client(c, &rd, &path, why);
	if (r < 0)
		return r;
	fd = opening_open((enum job_open_what)m->code, path, why);
	return fd < 0 ? fd : answer(c, &(struct message_out){.fds = &fd, .n_fds = 1});
}

static int do_container(const struct child *c, struct message *m, struct reason *why)
{
	_free_ char *id = NULL;
	_free_ char *path = NULL;
	_close_ int fd = -1;
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, m->data, m->len);
	id = buf_get_str(&rd, HOOK_CONTAINER_MAX);
	path = buf_get_str(&rd, 4096);
	r = buf_reader_end(&rd);
	if (r < 0)
		return fail(why, r, "a malformed request to open");
	fd = *path ? container_open_file(id, path, why) : container_open_netns(id, why);
	return fd < 0 ? fd : answer(c, &(struct message_out){.fds = &fd, .n_fds = 1});
}

static int do_opener(const struct child *c, struct message *m, struct reason *why)
{
	_free_ char *path = NULL;
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, m->data, m->len);
	r = become_client(c, &rd, &path, why);
	if (r == 0)
		opener_run(c->sock, path);
	return r;
}

static int describe(const struct child *c, int fd, struct reason *why)
{
	_cleanup_(object_done) struct object object = {0};
	_text_ struct text w = {0};
	_free_ char *data = NULL;
	size_t len;
	int r = fd_read_all(fd, OBJECT_SIZE_MAX, &data, &len);

	if (r < 0)
		return fail(why, r, "cannot read the object: %s", strerror(-r));
	r = describe_object(data, len, &object, why);
	if (r < 0)
		return r;
	object_encode(&object, &w);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	return answer(c, &(struct message_out){.data = w.data, .len = w.len});
}

static int do_look(const struct child *c, struct message *m, struct reason *why)
{
	uint64_t offset;
	int r;

	if (m->n_fds != 1)
		return fail(why, -EBADMSG, "a malformed request to look");
	if (m->code == JOB_LOOK_DESCRIBE)
		return describe(c, m->fds[0], why);
	r = symbol_offset(m->fds[0], m->data, &offset, why);
	if (r < 0)
		return r;
	return answer(c, &(struct message_out){.data = &offset, .len = sizeof(offset)});
}

static size_t collect_fds(const struct load_result *result, int *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < result->n_programs; i++)
		fds[n++] = result->programs[i].fd;
	for (size_t i = 0; i < result->n_maps; i++)
		fds[n++] = result->maps[i].fd;
	if (result->btf_len > 0)
		fds[n++] = result->btf_fd;
	return n;
}

static int do_load(const struct child *c, struct message *m, struct reason *why)
{
	_cleanup_(load_order_done) struct load_order order = {0};
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	int fds[OBJECT_PROGRAMS_MAX + OBJECT_MAPS_MAX + 1];
	_text_ struct text w = {0};
	size_t n;
	struct load_parcel parcel = {m->data, m->len, m->fds, m->n_fds};
	int r = load_order_decode(&parcel, &order);

	if (r < 0)
		return fail(why, r, "a malformed request to load");
	r = load_run(&order.request, &result, why);
	if (r < 0)
		return r;
	load_result_encode(&result, &w);
	n = collect_fds(&result, fds);
	if (w.r < 0 || n > MESSAGE_FDS_MAX)
		return fail(why, -E2BIG, "the object has too many programs and maps (%zu)", n);
	return answer(c,
		      &(struct message_out){.data = w.data, .len = w.len, .fds = fds, .n_fds = n});
}

/* Becomes another program; that one talks to bpfd. */
static int exec_other(const struct child *c, int exe, const char *name)
{
	char *argv[] = {(char *)(uintptr_t)name, NULL}, *envp[] = {NULL};

	if (exe < 0)
		return -ENOENT;
	if (dup2(c->sock, 3) < 0)
		return -errno;
	fexecve(exe, argv, envp);
	return -errno;
}

/* @seconds: the alarm; bpfd waits a little longer (job.c). @work: NULL for another program. */
static const struct {
	const char *name;
	unsigned int seconds;
	int (*enclose)(const struct child_means *means);
	int (*work)(const struct child *c, struct message *m, struct reason *why);
} kinds[] = {
	[JOB_KIND_OPEN] = {"bpfd-open", 5, enclose_nothing, do_open},
	[JOB_KIND_LOOK] = {"bpfd-look", 10, enclose_look, do_look},
	[JOB_KIND_LOAD] = {"bpfd-load", 30, enclose_load, do_load},
	[JOB_KIND_OPENER] = {"bpfd-opener", 60, enclose_nothing, do_opener},
	[JOB_KIND_IMAGE] = {"bpfd-image", 30, enclose_image, NULL},
	[JOB_KIND_FETCH] = {"bpfd-fetch", 140, enclose_fetch, NULL},
	[JOB_KIND_CONTAINER] = {"bpfd-container", 5, enclose_container, do_container},
};
_Static_assert(array_size(kinds) == _JOB_KIND_MAX, "a row for each kind");

static int work(enum job_kind kind, const struct child *c, struct reason *why)
{
	_message_ struct message m = {0};
	int r;

	if (!kinds[kind].work) {
		r = exec_other(c,
			       kind == JOB_KIND_IMAGE ? c->means->image_exe : c->means->fetch_exe,
			       kinds[kind].name);
		return fail(why, r, "cannot execute %s: %s", kinds[kind].name, strerror(-r));
	}
	r = message_recv(c->sock, &m, why);
	if (r < 0)
		return r == -EPIPE ? 0 : fail(why, r, "a malformed request");
	alarm(kinds[kind].seconds);
	return kinds[kind].work(c, &m, why);
}

void child_run(enum job_kind kind, int sock, const struct child_means *means)
{
	struct child c = {.sock = sock, .means = means};
	struct reason why = {0};
	int r;

	prctl(PR_SET_NAME, kinds[kind].name, 0, 0, 0);
	r = stay_with_server(means);
	if (r == 0)
		r = kinds[kind].enclose(means);
	if (r < 0)
		fail(&why, r, "cannot enclose the process %s: %s", kinds[kind].name, strerror(-r));
	else
		r = work(kind, &c, &why);
	if (r < 0)
		message_send_failure(sock, r, &why);
	_exit(r < 0);
}
