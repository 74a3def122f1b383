/* SPDX-License-Identifier: Apache-2.0 */
/* Right. */
#include <sqlite3.h>
#include "kernel/link.h"
#include "daemon/plan/plan.h"
