/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions of our objects (deploy/kubernetes/crd) as this operator knows them: an API server
 * that has older ones gets these. Helm, for one, never upgrades definitions. */
#pragma once

struct op;
struct op_definitions;

/* Counted up with each change of a definition; annotation of all three. */
#define OP_DEFINITIONS_ANNOTATION "bpfd.io/definitions"

/* Return: 0 or -ENOMEM. */
int op_definitions_new(struct op *op, struct op_definitions **ret);
void op_definitions_free(struct op_definitions *definitions);

/* Look at what is installed, and upgrade; when we begin to lead. */
void op_definitions_look(struct op_definitions *definitions);
