/* SPDX-License-Identifier: Apache-2.0 */
/* Not pure. */
#include "kernel/link.h"
#include "daemon/store/store.h"
#include "bpfd/v1/bpfd.pb-c.h"
#include <sqlite3.h>
