/* SPDX-License-Identifier: Apache-2.0 */
/* Members' own instructions in a segment. */
#pragma once

#include "chain/write/emit.h"

/* The main function of member @i, without its exits, or a call of it. Return: where it begins. */
uint32_t body_write(struct writer *w, size_t i);

/* The functions of member @i, behind the chain's; @body is where its main function or the call of
 * it is. */
void body_write_functions(struct writer *w, size_t i, uint32_t body);

/* A record of a function that begins at @at. */
void body_add_function(struct writer *w, uint32_t at, uint32_t type);
