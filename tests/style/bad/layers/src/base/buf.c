/* SPDX-License-Identifier: Apache-2.0 */
/* Knows too much. */
#include "model/hook.h"
#include "../rpc/server.h"
#include "base/text.h"
#include <errno.h>
