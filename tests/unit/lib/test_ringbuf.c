/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer of ring buffers, on a memfd that is laid out as the kernel lays out the map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include <bpfd/bpfd.h>

/* Consumer page, producer page, and the data twice: the memfd holds the second copy as well, where
 * the kernel maps the same pages again. */
struct fake {
	int fd;
	size_t page;
	size_t size;
	unsigned long *consumer;
	unsigned long *producer;
	char *data;
	void *all;
	struct bpfd_ringbuf *rb;
};

static int setup(void **state)
{
	static struct fake f;
	size_t len;

	f.page = (size_t)sysconf(_SC_PAGESIZE);
	f.size = f.page;
	len = 2 * f.page + 2 * f.size;
	f.fd = memfd_create("ring", MFD_CLOEXEC);
	assert_true(f.fd >= 0);
	assert_int_equal(ftruncate(f.fd, (off_t)len), 0);
	f.all = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0);
	assert_true(f.all != MAP_FAILED);
	f.consumer = f.all;
	f.producer = (unsigned long *)(void *)((char *)f.all + f.page);
	f.data = (char *)f.all + 2 * f.page;
	assert_int_equal(bpfd_ringbuf_open(f.fd, (uint32_t)f.size, &f.rb), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;

	bpfd_ringbuf_close(f->rb);
	munmap(f->all, 2 * f->page + 2 * f->size);
	close(f->fd);
	return 0;
}

static void put(struct fake *f, unsigned long at, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t where = (at + i) % f->size;

		f->data[where] = ((const char *)bytes)[i];
		f->data[where + f->size] = ((const char *)bytes)[i];
	}
}

/* As bpf_ringbuf_reserve(): head with the busy bit. Returns where the record is. */
static unsigned long reserve(struct fake *f, size_t len)
{
	unsigned long at = *f->producer;
	uint32_t head[2] = {(uint32_t)len | BPF_RINGBUF_BUSY_BIT, 0};

	put(f, at, head, sizeof(head));
	*f->producer = at + ((len + sizeof(head) + 7) & ~(size_t)7);
	return at;
}

static void commit(struct fake *f, unsigned long at, const char *text, uint32_t flags)
{
	uint32_t head = (uint32_t)strlen(text) | flags;

	put(f, at + 8, text, strlen(text));
	put(f, at, &head, sizeof(head));
}

static void produce(struct fake *f, const char *text)
{
	commit(f, reserve(f, strlen(text)), text, 0);
}

static void expect(struct fake *f, const char *text)
{
	const void *data;
	size_t len;

	assert_int_equal(bpfd_ringbuf_next(f->rb, &data, &len), 1);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(data, text, len);
}

static void expect_none(struct fake *f)
{
	const void *data;
	size_t len;

	assert_int_equal(bpfd_ringbuf_next(f->rb, &data, &len), 0);
}

static void records_come_in_their_order(void **state)
{
	struct fake *f = *state;

	expect_none(f);
	produce(f, "one");
	produce(f, "exactly8");
	produce(f, "");
	expect(f, "one");
	expect(f, "exactly8");
	expect(f, "");
	expect_none(f);
}

static void space_is_given_back_on_release_only(void **state)
{
	struct fake *f = *state;

	produce(f, "one");
	produce(f, "two");
	expect(f, "one");
	assert_int_equal(*f->consumer, 0);
	assert_int_equal(bpfd_ringbuf_pending(f->rb), 32);
	bpfd_ringbuf_release(f->rb);
	assert_int_equal(*f->consumer, 16);
	assert_int_equal(bpfd_ringbuf_pending(f->rb), 16);
	expect(f, "two");
	bpfd_ringbuf_release(f->rb);
	assert_int_equal(*f->consumer, *f->producer);
}

static void a_busy_record_stops_the_reader_until_it_is_committed(void **state)
{
	struct fake *f = *state;
	unsigned long at = reserve(f, 4);

	produce(f, "later");
	expect_none(f);
	commit(f, at, "slow", 0);
	expect(f, "slow");
	expect(f, "later");
}

static void a_discarded_record_is_skipped(void **state)
{
	struct fake *f = *state;

	commit(f, reserve(f, 4), "gone", BPF_RINGBUF_DISCARD_BIT);
	produce(f, "kept");
	commit(f, reserve(f, 4), "gone", BPF_RINGBUF_DISCARD_BIT);
	expect(f, "kept");
	expect_none(f);
	bpfd_ringbuf_release(f->rb);
	assert_int_equal(*f->consumer, *f->producer);
}

static void a_record_over_the_end_is_whole(void **state)
{
	struct fake *f = *state;
	char text[64];

	for (int i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "record %d %.*s", i, i % 37,
			 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr");
		produce(f, text);
		expect(f, text);
		bpfd_ringbuf_release(f->rb);
	}
	assert_true(*f->consumer > 3 * f->size);
	assert_int_equal(*f->consumer, *f->producer);
}

static void a_new_consumer_goes_on_where_the_old_one_released(void **state)
{
	struct fake *f = *state;

	produce(f, "seen");
	produce(f, "not released");
	expect(f, "seen");
	bpfd_ringbuf_release(f->rb);
	expect(f, "not released");
	bpfd_ringbuf_close(f->rb);
	assert_int_equal(bpfd_ringbuf_open(f->fd, (uint32_t)f->size, &f->rb), 0);
	expect(f, "not released");
}

static void a_length_beyond_the_producer_is_an_error(void **state)
{
	struct fake *f = *state;
	uint32_t head = 100000;
	const void *data;
	size_t len;

	produce(f, "x");
	put(f, 0, &head, sizeof(head));
	assert_int_equal(bpfd_ringbuf_next(f->rb, &data, &len), -EBADMSG);
}

static void what_is_no_ring_buffer_is_refused(void **state)
{
	struct fake *f = *state;
	struct bpfd_ringbuf *rb = NULL;
	char path[64];
	_close_ int other = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_int_equal(bpfd_ringbuf_open(f->fd, 0, &rb), -EINVAL);
	assert_int_equal(bpfd_ringbuf_open(f->fd, 12288, &rb), -EINVAL);
	assert_int_equal(bpfd_ringbuf_open(f->fd, 512, &rb), -EINVAL);
	assert_int_equal(bpfd_ringbuf_open(-1, (uint32_t)f->size, &rb), -EBADF);
	assert_true(bpfd_ringbuf_open(other, (uint32_t)f->size, &rb) < 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	fd_close(&other);
	other = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(bpfd_ringbuf_open(other, (uint32_t)f->size, &rb), -EPERM);
	assert_null(rb);
	bpfd_ringbuf_close(NULL);
	bpfd_ringbuf_release(NULL);
	assert_int_equal(bpfd_ringbuf_poll(NULL, 0), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_their_order),
		TEST(space_is_given_back_on_release_only),
		TEST(a_busy_record_stops_the_reader_until_it_is_committed),
		TEST(a_discarded_record_is_skipped),
		TEST(a_record_over_the_end_is_whole),
		TEST(a_new_consumer_goes_on_where_the_old_one_released),
		TEST(a_length_beyond_the_producer_is_an_error),
		TEST(what_is_no_ring_buffer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
