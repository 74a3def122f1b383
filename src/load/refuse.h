/* SPDX-License-Identifier: Apache-2.0 */
/* Why bpf_object__load() failed, in words: a program, a map, or a relocation. */
#pragma once

struct bpf_object;
struct capture;
struct reason;

/* @code: what libbpf returned. Return: the code for the reply. */
int refuse_load(const struct bpf_object *obj, const struct capture *c, int code,
		struct reason *why);
