/* SPDX-License-Identifier: Apache-2.0 */
/* The services' descriptors as protoc writes them (google.protobuf.FileDescriptorSet), for
 * reflection. */
#pragma once

#include <stddef.h>

/* Borrowed, constant. */
const void *wire_descriptors(size_t *ret_len);
