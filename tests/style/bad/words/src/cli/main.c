/* SPDX-License-Identifier: Apache-2.0 */
int f(void)
{
	fprintf(stderr, "x");
	exit(1);
}
