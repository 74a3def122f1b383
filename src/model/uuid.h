/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pins and operations that are never used twice. */
#pragma once

#define UUID_TEXT_SIZE 37

/* A random uuid, version 4, as text. */
void uuid_new(char ret[static UUID_TEXT_SIZE]);
