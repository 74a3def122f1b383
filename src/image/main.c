/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image: reads one OCI layout without any privilege. Descriptor 3 is its socket to bpfd: one
 * message comes (the tag, and the socket of an opener), one goes (labels, signatures, the object).
 */
#include <archive.h>
#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "forkserver/message.h"
#include "image/manifest.h"
#include "image/read.h"
#include "image/signed.h"
#include "sandbox/sandbox.h"
#include "trust/evidence.h"

#define SOCKET_FD  3
#define TAG_MAX	   255
#define NOBODY	   65534
#define MEMORY_MAX (512u << 20)
#define TIME_S	   10
#define FILES_MAX  32

/* No socket, no bpf, no exec: memory, the descriptors it has, and the end. A library that asks for
 * a file (iconv does, for a strange tar) gets no and goes on. */
static const char *const allowed[] = {
	"brk",		 "mmap",	 "munmap",	    "mremap",  "mprotect",   "madvise",
	"read",		 "pread64",	 "write",	    "lseek",   "fstat",	     "newfstatat",
	"close",	 "fcntl",	 "memfd_create",    "sendmsg", "recvmsg",    "getrandom",
	"futex",	 "rt_sigreturn", "rt_sigprocmask",  "exit",    "exit_group", "getpid",
	"clock_gettime", "gettimeofday", "restart_syscall", "openat!", "open!",	     NULL};

/* The account of the children when there is one, else nobody. /etc/passwd alone: name services
 * would bring sockets and plugins in here. */
static void find_account(uid_t *uid, gid_t *gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw;

	*uid = NOBODY;
	*gid = NOBODY;
	while (f && (pw = fgetpwent(f))) {
		if (strcmp(pw->pw_name, "bpfd-look") != 0 || pw->pw_uid == 0)
			continue;
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
		break;
	}
	if (f)
		fclose(f);
}

/* Whatever the fork server has given up already is given up again: this binary stands alone. */
static int enter_sandbox(struct reason *why)
{
	struct itimerval time = {.it_value.tv_sec = TIME_S};
	struct sock_fprog *filter = NULL;
	uid_t uid;
	gid_t gid;
	int r = sandbox_filter_new(allowed, &filter, why);

	if (r < 0)
		return r;
	/* jansson would open /dev/urandom for its hash seed at the first object. */
	json_object_seed(0);
	find_account(&uid, &gid);
	setitimer(ITIMER_REAL, &time, NULL);
	close_range(SOCKET_FD + 1, ~0U, 0);
	r = geteuid() == 0 ? sandbox_become(uid, gid, NULL, 0) : sandbox_keep_caps(NULL, 0);
	if (r == 0)
		r = sandbox_limit(MEMORY_MAX, TIME_S, FILES_MAX);
	if (r == 0) {
		sandbox_no_files();
		r = sandbox_filter_install(filter);
	}
	sandbox_filter_free(filter);
	return r < 0 ? fail(why, r, "the image parser cannot enter its sandbox: %s", strerror(-r))
		     : 0;
}

/* forkserver/image.c reads it. */
static int encode(const struct image_object *object, const struct evidence *evidence,
		  struct text *w)
{
	_text_ struct text labels = {0};
	_text_ struct text signatures = {0};

	image_labels_encode(&object->labels, &labels);
	evidence_encode(evidence, &signatures);
	if (labels.r < 0 || signatures.r < 0)
		return -ENOMEM;
	buf_put_bytes(w, labels.data, labels.len);
	buf_put_str(w, object->top);
	buf_put_str(w, object->digest);
	buf_put_bytes(w, signatures.data, signatures.len);
	return w->r;
}

static int answer(const struct image_object *object, const struct evidence *evidence,
		  struct reason *why)
{
	_close_ int fd = fd_memfd_sealed("image", object->elf.data, object->elf.len);
	_text_ struct text w = {0};
	int r;

	if (fd < 0)
		return fail(why, fd, "cannot hold the object in memory: %s", strerror(-fd));
	r = encode(object, evidence, &w);
	if (r == 0)
		r = message_send(SOCKET_FD,
				 &(struct message_out){
					 .data = w.data, .len = w.len, .fds = &fd, .n_fds = 1});
	return r < 0 ? fail(why, r, "cannot answer: %s", strerror(-r)) : 0;
}

static int collect(const struct image_source *source, const struct image_object *object,
		   struct evidence *ret, struct reason *why)
{
	int r = image_signatures(source, object->top, ret, why);

	if (r == 0 && strcmp(object->top, object->digest) != 0)
		r = image_signatures(source, object->digest, ret, why);
	return r;
}

/* What is asked for; owned. */
struct order {
	char *tag;
	bool wants_signatures;
	char *btf;
};

static void order_done(struct order *o)
{
	free(o->tag);
	free(o->btf);
}

static int read_order(const struct message *m, struct order *ret, struct reason *why)
{
	struct buf_reader rd;

	buf_reader_init(&rd, m->data, m->len);
	ret->tag = buf_get_str(&rd, TAG_MAX);
	ret->wants_signatures = buf_get_u32(&rd);
	ret->btf = buf_get_str(&rd, 4 * TAG_MAX);
	if (buf_reader_end(&rd) < 0 || m->n_fds != 1 || !text_is_clean(ret->tag, TAG_MAX))
		return fail(why, -EINVAL, "not a request for an image");
	return 0;
}

static int serve(struct reason *why)
{
	_cleanup_(image_object_done) struct image_object object = {0};
	_evidence_ struct evidence evidence = {.n = 0};
	_message_ struct message m = {0};
	_cleanup_(order_done) struct order order = {0};
	struct image_source source;
	struct image_request request = {.source = &source,
					.architecture = image_host_architecture()};
	int r = message_recv(SOCKET_FD, &m, why);

	if (r < 0)
		return fail(why, r, "no request came: %s", strerror(-r));
	r = read_order(&m, &order, why);
	if (r < 0)
		return r;
	source = image_source_opener(m.fds[0]);
	request.tag = *order.tag ? order.tag : NULL;
	request.btf = *order.btf ? order.btf : NULL;
	r = image_read(&request, &object, why);
	if (r == 0 && order.wants_signatures)
		r = collect(&source, &object, &evidence, why);
	return r < 0 ? r : answer(&object, &evidence, why);
}

int main(void)
{
	_reason_ struct reason why = {0};
	int r = enter_sandbox(&why);

	if (r == 0)
		r = serve(&why);
	if (r < 0)
		message_send_failure(SOCKET_FD, r, &why);
	return r < 0;
}
