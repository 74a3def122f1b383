/* SPDX-License-Identifier: Apache-2.0 */
/* POST /validate over HTTPS: the validating webhook of BpfProgramConfig. */
#pragma once

#include <stdint.h>

struct certificate_pair;
struct reason;
struct webhook;

/* @at: as listen_bind() takes it. Zeroes elsewhere are the defaults of struct http_server_options.
 */
struct webhook_options {
	const char *at;
	unsigned int connections_max;
	unsigned int request_ms;
};

/* Since the start. @malformed: what was no AdmissionReview. */
struct webhook_stats {
	uint64_t allowed;
	uint64_t denied;
	uint64_t malformed;
};

/* It listens once it has a certificate. Return: 0, what http_server_new() says. */
int webhook_new(const struct webhook_options *options, struct webhook **ret, struct reason *why);
void webhook_free(struct webhook *webhook);

/* At the begin and whenever there is a new one; also what http_server_set_certificate() says. */
int webhook_set_certificate(struct webhook *webhook, const struct certificate_pair *pair,
			    struct reason *why);

unsigned int webhook_port(const struct webhook *webhook);

/* To poll for reading, then dispatch; borrowed. */
int webhook_fd(const struct webhook *webhook);

/* Return: 0 or what http_server_dispatch() says. */
int webhook_dispatch(struct webhook *webhook);

void webhook_stats(const struct webhook *webhook, struct webhook_stats *ret);
