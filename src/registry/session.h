/* SPDX-License-Identifier: Apache-2.0 */
/* A registry that one is logged in to. For the files of the registry client only. */
#pragma once

#include "base/text.h"
#include "registry/client.h"

/* @authorization: header, or NULL before the registry asked for it. */
struct registry {
	struct registry_options options;
	struct http *http;
	char *authorization;
};

/* "URL/v2/REPOSITORY/…"; check .r. */
void session_url(const struct registry *registry, struct text *url, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One request, logged in when the registry asks for it. Return: as http_run(), -EACCES (login). */
int session_ask(struct registry *registry, const struct http_request *request,
		struct http_answer *ret, struct reason *why);

/* The failure that a status stands for, with what the registry says of it. @what: "image x:y". */
int session_refuse(const struct registry *registry, const struct http_answer *answer,
		   const char *what, struct reason *why);
