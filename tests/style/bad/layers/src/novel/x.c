/* SPDX-License-Identifier: Apache-2.0 */
/* A folder nobody listed. */
#include <stdio.h>
