/* SPDX-License-Identifier: Apache-2.0 */
/* Goes behind the library. */
#include <bpfd/bpfd.h>
#include "daemon/plan/plan.h"
#include <bpf/bpf.h>
#include "elsewhere/x.h"
