/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of requests for GetStatus and what the kernel of this host can do. Owned by the loop's
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "kernel/probe.h"

struct method_counters {
	uint64_t requests;
	uint64_t errors;
	uint64_t latency_us_sum;
	uint64_t latency_us_max;
};

#define STATUS_METHODS_MAX 32

struct status {
	time_t started;
	uint32_t connections;
	struct kernel_features kernel;
	struct method_counters methods[STATUS_METHODS_MAX];
};
