/* SPDX-License-Identifier: Apache-2.0 */
int f(void)
{
    return 0;
}

int g(void)
{
	return 0;
}
