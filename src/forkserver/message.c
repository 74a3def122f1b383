/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the framing between bpfd and its children; believes nothing of what comes. */
#include "forkserver/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/reason.h"

/* Above this the bytes go into a memfd: a socket buffer is small, and copying costs twice. */
#define INLINE_MAX 65536

struct header {
	int32_t code;
	uint32_t is_memfd;
};

#define DETAIL_MAX (1u << 20)

void message_done(struct message *m)
{
	free(m->data);
	fd_close_many(m->fds, m->n_fds);
	m->data = NULL;
	m->n_fds = 0;
}

static int send_long(int sock, struct header *head, const struct message_out *out)
{
	int fds[MESSAGE_FDS_MAX + 1];
	_close_ int memory = fd_memfd_sealed("message", out->data, out->len);

	if (memory < 0)
		return memory;
	head->is_memfd = 1;
	if (out->n_fds > 0)
		memcpy(fds, out->fds, out->n_fds * sizeof(int));
	fds[out->n_fds] = memory;
	return fd_send(sock, head, sizeof(*head), fds, out->n_fds + 1);
}

int message_send(int sock, const struct message_out *out)
{
	struct header head = {.code = out->code};
	_text_ struct text w = {0};

	if (out->n_fds > MESSAGE_FDS_MAX || out->len > MESSAGE_SIZE_MAX)
		return -EMSGSIZE;
	if (out->len > INLINE_MAX)
		return send_long(sock, &head, out);
	text_add_bytes(&w, &head, sizeof(head));
	if (out->len > 0)
		text_add_bytes(&w, out->data, out->len);
	return w.r < 0 ? w.r : fd_send(sock, w.data, w.len, out->fds, out->n_fds);
}

int message_send_failure(int sock, int code, const struct reason *why)
{
	_text_ struct text w = {0};
	size_t n = why->detail ? strnlen(why->detail, DETAIL_MAX) : 0;

	buf_put_str(&w, why->text);
	buf_put_str(&w, why->hint);
	buf_put_bytes(&w, why->detail, n);
	if (w.r < 0)
		return w.r;
	return message_send(sock,
			    &(struct message_out){.code = code, .data = w.data, .len = w.len});
}

/* Foreign text becomes clean text: whatever the child read may be in it. */
static void scrub(char *s, size_t len)
{
	if (text_is_clean_multiline(s, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') ||
		    (unsigned char)s[i] >= 0x7f)
			s[i] = '?';
}

static int take_failure(const struct message *m, struct reason *why)
{
	struct buf_reader rd;
	_free_ char *text = NULL;
	_free_ char *hint = NULL;
	const char *detail;
	size_t n;
	char *copy;

	if (m->code < -4095)
		return fail(why, -EBADMSG, "a child process sent an impossible error code");
	buf_reader_init(&rd, m->data, m->len);
	text = buf_get_str(&rd, sizeof(why->text) - 1);
	hint = buf_get_str(&rd, sizeof(why->hint) - 1);
	detail = buf_get_bytes(&rd, DETAIL_MAX, &n);
	if (buf_reader_end(&rd) < 0 || !text || !hint)
		return fail(why, -EBADMSG, "a child process sent a malformed error");
	scrub(text, strlen(text));
	scrub(hint, strlen(hint));
	fail(why, m->code, "%s", text);
	if (*hint)
		reason_hint(why, "%s", hint);
	copy = n > 0 ? strndup(detail, n) : NULL;
	if (copy) {
		scrub(copy, strlen(copy));
		reason_detail_adopt(why, copy);
	}
	return m->code;
}

/* The last descriptor holds the bytes. Only sealed memory: reading it neither blocks nor changes.
 */
static int take_memory(struct message *m)
{
	_close_ int fd = -1;
	struct stat st;

	if (m->n_fds == 0)
		return -EBADMSG;
	fd = take_fd(&m->fds[--m->n_fds]);
	if (!fd_is_sealed(fd) || fstat(fd, &st) < 0)
		return -EBADMSG;
	if (st.st_size > MESSAGE_SIZE_MAX)
		return -EFBIG;
	free(m->data);
	m->data = NULL;
	return fd_read_all(fd, MESSAGE_SIZE_MAX, &m->data, &m->len);
}

static int receive(int sock, struct message *m)
{
	struct header head;
	ssize_t n;

	m->data = malloc(sizeof(head) + INLINE_MAX + 1);
	if (!m->data)
		return -ENOMEM;
	n = fd_recv(sock, m->data, sizeof(head) + INLINE_MAX, m->fds, array_size(m->fds),
		    &m->n_fds);
	if (n == 0 || n == -ECONNRESET)
		return -EPIPE;
	if (n < 0)
		return n == -EMSGSIZE ? -EBADMSG : (int)n;
	if ((size_t)n < sizeof(head))
		return -EBADMSG;
	memcpy(&head, m->data, sizeof(head));
	m->code = head.code;
	m->len = (size_t)n - sizeof(head);
	memmove(m->data, m->data + sizeof(head), m->len);
	m->data[m->len] = '\0';
	return head.is_memfd ? take_memory(m) : 0;
}

int message_recv(int sock, struct message *ret, struct reason *why)
{
	_message_ struct message m = {0};
	int r = receive(sock, &m);

	if (r < 0)
		return r;
	if (m.code < 0)
		return take_failure(&m, why);
	*ret = m;
	m = (struct message){0};
	return 0;
}
