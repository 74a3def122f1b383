/* SPDX-License-Identifier: Apache-2.0 */
/* No pragma. */
int server_open(void);
