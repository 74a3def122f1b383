#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One object with every kind of writable global beside constants, and a main.c that may have them.
set -eu
cd "$1"
mkdir -p build/src/base/libbase.a.p build/src/daemon/bpfd.p
cat >x.c <<'C'
int shared = 1;
static int counter;
static __thread int local;
static const char *const names[] = {"a", "b"};
static const int numbers[] = {1, 2};
int next(unsigned i);
int next(unsigned i)
{
	static int calls;

	return shared + ++counter + ++local + ++calls + numbers[i] + names[i][0];
}
C
gcc -fPIE -O0 -fdata-sections -c x.c -o build/src/base/libbase.a.p/x.c.o
gcc -fPIE -O0 -fdata-sections -c x.c -o build/src/daemon/bpfd.p/main.c.o
