/* SPDX-License-Identifier: Apache-2.0 */
/* The webhook's certificate: kept in a Secret so that all replicas serve the same, made and rotated
 * by the leader, told to the API server. */
#pragma once

struct op;
struct op_serving;
struct reason;

/* Begin: the webhook listens once there is a certificate. Return: 0 or -errno. */
int op_serving_new(struct op *op, struct op_serving **ret, struct reason *why);
void op_serving_free(struct op_serving *serving);

/* Look at the Secret now; when we begin to lead. */
void op_serving_look(struct op_serving *serving);

/* NULL when it serves, else what it waits for. */
const char *op_serving_wants(const struct op_serving *serving);

struct webhook_stats;
void op_serving_stats(const struct op_serving *serving, struct webhook_stats *ret);
