/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the consumer side of BPF_MAP_TYPE_RINGBUF: pages in memory and poll(2), no bpf(2).
 * Layout: Documentation/bpf/ringbuf.rst, kernel/bpf/ringbuf.c. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include <bpfd/bpfd.h>

/**
 * struct bpfd_ringbuf
 * @consumer: page 0 of the map: position up to which we are done; the only thing that we write.
 * @producer: page 1: position up to which the kernel reserved.
 * @data:     behind it, the ring twice, so that no record is cut at the end.
 * @at:       position behind the last record that bpfd_ringbuf_next() gave.
 */
struct bpfd_ringbuf {
	int fd;
	size_t page;
	size_t size;
	unsigned long *consumer;
	unsigned long *producer;
	const char *data;
	unsigned long at;
};

static int map_pages(struct bpfd_ringbuf *rb)
{
	void *p = mmap(NULL, rb->page, PROT_READ | PROT_WRITE, MAP_SHARED, rb->fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	rb->consumer = p;
	p = mmap(NULL, rb->page + 2 * rb->size, PROT_READ, MAP_SHARED, rb->fd, (off_t)rb->page);
	if (p == MAP_FAILED)
		return -errno;
	rb->producer = p;
	rb->data = (const char *)p + rb->page;
	return 0;
}

int bpfd_ringbuf_open(int fd, uint32_t size_bytes, struct bpfd_ringbuf **ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpfd_ringbuf *rb;
	int r;

	if (!ret || size_bytes < page || (size_bytes & (size_bytes - 1)))
		return -EINVAL;
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return -ENOMEM;
	rb->page = page;
	rb->size = size_bytes;
	rb->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	r = rb->fd < 0 ? -errno : map_pages(rb);
	/* What mmap(2) says of a read-only descriptor, by the name that bpf(2) has for it. */
	if (r == -EACCES)
		r = -EPERM;
	if (r < 0) {
		bpfd_ringbuf_close(rb);
		return r;
	}
	rb->at = __atomic_load_n(rb->consumer, __ATOMIC_ACQUIRE);
	*ret = rb;
	return 0;
}

void bpfd_ringbuf_close(struct bpfd_ringbuf *ringbuf)
{
	if (!ringbuf)
		return;
	if (ringbuf->producer)
		munmap(ringbuf->producer, ringbuf->page + 2 * ringbuf->size);
	if (ringbuf->consumer)
		munmap(ringbuf->consumer, ringbuf->page);
	fd_close(&ringbuf->fd);
	free(ringbuf);
}

int bpfd_ringbuf_fd(const struct bpfd_ringbuf *ringbuf)
{
	return ringbuf ? ringbuf->fd : -EINVAL;
}

int bpfd_ringbuf_poll(struct bpfd_ringbuf *ringbuf, int timeout_ms)
{
	struct pollfd p = {.fd = ringbuf ? ringbuf->fd : -1, .events = POLLIN};
	int r = ringbuf ? poll(&p, 1, timeout_ms) : -1;

	if (!ringbuf)
		return -EINVAL;
	return r < 0 ? -errno : r > 0;
}

int bpfd_ringbuf_next(struct bpfd_ringbuf *ringbuf, const void **ret_data, size_t *ret_len)
{
	unsigned long end;

	if (!ringbuf || !ret_data || !ret_len)
		return -EINVAL;
	end = __atomic_load_n(ringbuf->producer, __ATOMIC_ACQUIRE);
	while (ringbuf->at != end) {
		const char *record = ringbuf->data + (ringbuf->at & (ringbuf->size - 1));
		/* Pairs with the xchg() of bpf_ringbuf_commit(): the data is there once the busy
		 * bit is gone. */
		uint32_t head =
			__atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
		size_t len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		size_t whole = (len + BPF_RINGBUF_HDR_SZ + 7) & ~(size_t)7;

		if (head & BPF_RINGBUF_BUSY_BIT)
			return 0;
		if (whole > end - ringbuf->at || whole > ringbuf->size)
			return -EBADMSG;
		ringbuf->at += whole;
		if (head & BPF_RINGBUF_DISCARD_BIT)
			continue;
		*ret_data = record + BPF_RINGBUF_HDR_SZ;
		*ret_len = len;
		return 1;
	}
	return 0;
}

void bpfd_ringbuf_release(struct bpfd_ringbuf *ringbuf)
{
	if (ringbuf)
		__atomic_store_n(ringbuf->consumer, ringbuf->at, __ATOMIC_RELEASE);
}

size_t bpfd_ringbuf_pending(const struct bpfd_ringbuf *ringbuf)
{
	if (!ringbuf)
		return 0;
	return __atomic_load_n(ringbuf->producer, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(ringbuf->consumer, __ATOMIC_RELAXED);
}
