/* SPDX-License-Identifier: Apache-2.0 */
/* What a test can leave behind, one line each on stdout. Parts of the tool "residue". */
#pragma once

/* Programs, maps and links that neither a process nor a bpffs that a process sees holds: only an
 * attachment keeps them alive. What others on a shared machine use stays out that way. */
int residue_unheld(void);

/* Objects that the processes of this pid namespace hold by their fds: "held COMM prog 12". */
int residue_held(void);

/* Pins below every bpffs of this mount namespace: "pin PATH". */
int residue_pins(void);

/* The mounts themselves: "bpffs PATH". */
int residue_mounts(void);

/* Interfaces of this network namespace: "interface NAME". */
int residue_interfaces(void);

/* Old-style attachments here and in each named network namespace: "xdp NETNS IFINDEX" and "clsact
 * NETNS IFINDEX". Needs the right to enter them. */
int residue_attached(void);

/* Processes of ours, by their names: "process PID NAME". */
int residue_processes(void);
