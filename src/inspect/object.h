/* SPDX-License-Identifier: Apache-2.0 */
/* An object as its user sees it before it runs. */
#pragma once

struct image_bytes;
struct image_labels;
struct output;
struct reason;

/**
 * object_show() - programs, maps with their memory, globals with their defaults, licence, and the
 * kernel's types that it wants to know; fields of the current record.
 * The process is in a sandbox afterwards, which allows printing and no file any more.
 * @labels: of the image, may be empty: types of programs whose section does not tell.
 *
 * Return: as describe_object(); -ENOEXEC.
 */
int object_show(const struct image_bytes *elf, const struct image_labels *labels,
		struct output *out, struct reason *why);
