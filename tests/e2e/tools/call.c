/* SPDX-License-Identifier: Apache-2.0 */
/* Calls its function `called` so many times: something for a uprobe.
 *	call N */
#include <stdlib.h>

int called(int i);

__attribute__((noinline, used)) int called(int i)
{
	__asm__ volatile("" ::: "memory");
	return i + 1;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;
	int i = 0;

	while (i < n)
		i = called(i);
	return 0;
}
