/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to the terminal: text of others without control characters, tables, ages. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* printf() that shows control characters other than line feeds as '?': what nodes and servers say
 * shall not steer a terminal. */
void print(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "Title:        value"; "-" for an empty one. */
void print_field(const char *title, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each line of @text behind @indent. */
void print_indented(const char *indent, const char *text);

/* RFC 3339 to seconds since 1970; 0: none. */
uint64_t print_parse_time(const char *time);

/* "5m10s" since then, "-" for none. */
#define PRINT_AGE_SIZE 32
void print_age(const char *time, char ret[static PRINT_AGE_SIZE]);

/* An object as "-o json" and "-o yaml" show it, without metadata.managedFields. Return: 0 or
 * -ENOMEM. */
int print_object(const json_t *object, bool is_yaml);
