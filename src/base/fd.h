/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors: passing them over unix sockets, sealed memfds, whole reads. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's SCM_MAX_FD: more descriptors in one message are refused. */
#define FD_PASS_MAX 253

/* Close *fd when it is open and set it to -1. */
void fd_close(int *fd);

/* Close n descriptors and set them to -1. */
void fd_close_many(int *fds, size_t n);

/**
 * fd_send() - one message with descriptors over a unix socket (SOCK_SEQPACKET).
 * @fds: borrowed; @n_fds ≤ FD_PASS_MAX.
 *
 * Return: 0, -EPIPE (peer gone), -EMSGSIZE, -errno of sendmsg(2). Never raises SIGPIPE.
 */
int fd_send(int sock, const void *data, size_t len, const int *fds, size_t n_fds);

/**
 * fd_recv() - receive one message and its descriptors (all O_CLOEXEC).
 * @ret_fds:   array of @max_fds; entries not received are set to -1. The caller owns them.
 * @ret_n_fds: number received; may be NULL when @max_fds is 0.
 *
 * Return: length of the message (0: peer gone), -EMSGSIZE (message or descriptors cut; those
 * received are closed), -ETIMEDOUT (SO_RCVTIMEO passed), -errno of recvmsg(2).
 */
ssize_t fd_recv(int sock, void *data, size_t len, int *ret_fds, size_t max_fds, size_t *ret_n_fds);

/**
 * fd_memfd_sealed() - a memfd with the given bytes that nobody can change any more.
 *
 * Return: the descriptor, or -errno of memfd_create(2), write(2), fcntl(2).
 */
int fd_memfd_sealed(const char *name, const void *data, size_t len);

/* Seal a memfd against writing, growing and shrinking. Return: 0 or -errno. */
int fd_seal(int fd);

/* Does the memfd carry all three seals? */
int fd_is_sealed(int fd);

/**
 * fd_read_all() - read a file from its start to its end with pread(2).
 * @max: bound in bytes; a longer file is -EFBIG.
 * @ret: heap buffer with a NUL byte behind the data; the caller frees it.
 *
 * Return: 0 or -errno.
 */
int fd_read_all(int fd, size_t max, char **ret, size_t *ret_len);

/* Bytes of a file; 0 when it cannot be asked. */
uint64_t fd_size(int fd);

/* write(2) until everything is written. Return: 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t len);
