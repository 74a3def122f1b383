/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody else takes away: reports of nodes that are gone; and the agents' right to the pull
 * secrets that configs name, no others. */
#pragma once

struct op;

/* Delete BpfPrograms and BpfNodes whose Node is gone. */
void sweep_nodes(struct op *op);

/* Make the Role name the secrets that the configs name now. */
void sweep_secrets(struct op *op);
