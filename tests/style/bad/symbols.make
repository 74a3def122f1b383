#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A library, its map and its header that agree on one function only.
set -eu
cd "$1"
mkdir -p src/lib include/bpfd build/src/lib
cat >src/lib/libbpfd.map <<'MAP'
BPFD_0.1 {
global:
	bpfd_open;
	bpfd_forgotten;
	bpfd_hidden;
local:
	*;
};
MAP
cat >include/bpfd/bpfd.h <<'H'
/* bpfd_comment(): not a declaration. */
#pragma once
/**
 * bpfd_example() - neither.
 */
struct bpfd *bpfd_open(const char *path,
		       int flags);
int bpfd_forgotten(void);
int bpfd_unlisted(void);
typedef int (*bpfd_each)(void *data);
static inline int bpfd_inline(void)
{
	return 0;
}
H
cat >x.c <<'C'
void *bpfd_open(void) { return 0; }
int bpfd_hidden(void) { return 0; }
int stray(void) { return 0; }
C
gcc -shared -fPIC x.c -o build/src/lib/libbpfd.so.0
