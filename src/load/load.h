/* SPDX-License-Identifier: Apache-2.0 */
/* One load with libbpf, in bpfd-load: it may crash on foreign bytes. */
#pragma once

#include "load/request.h"

struct reason;

/**
 * load_run() - open, prepare, load, and take everything.
 * @request: its object is mapped from .object_fd.
 *
 * Once in a process: libbpf's handlers stay registered. Return: as job_load().
 */
int load_run(const struct load_request *request, struct load_result *ret, struct reason *why);
