/* SPDX-License-Identifier: Apache-2.0 */
/* One config of the cluster: what its nodes report, how far its rollout is, what its status says.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "kube/json.h"
#include "kube/loop.h"
#include "kube/publication.h"
#include "operator/rollout.h"
#include "operator/tally.h"

struct kube_call;
struct op;

#define OP_CONFIGS_PATH "/apis/bpfd.io/v1alpha1/bpfprogramconfigs"
#define OP_FINALIZER	"bpfd.io/programs"

/**
 * struct op_config
 * @object:   as the API server has it, without managedFields; NULL while only reports came.
 * @revision: hash of its spec. @kept: of the last ControllerRevision that was made. @kept_ms: when
 * it was asked for.
 * @reports:  tree of struct report by node (tsearch(3)).
 * @call:     the request for it that is under way; NULL: none.
 */
struct op_config {
	struct op *op;
	char *name;
	json_t *object;
	char revision[KUBE_HASH_SIZE];
	char kept[KUBE_HASH_SIZE];
	uint64_t kept_ms;
	void *reports;
	size_t n_reports;
	struct rollout_state rollout;
	struct publication publication;
	struct kube_timer timer;
	struct kube_call *call;
	bool has_rollout_state;
	struct op_config *next;
};

struct op_config *op_config_find(const struct op *op, const char *name);

/* The same, made when there is none yet; NULL: out of memory. */
struct op_config *op_config_for(struct op *op, const char *name);

void op_config_update(struct op *op, json_t *object);
void op_config_gone(struct op *op, const char *name);

/* A BpfProgram of it changed or went. */
void op_config_report(struct op_config *c, const json_t *object);
void op_config_report_gone(struct op_config *c, const char *object);

/* Look at it soon: what comes within a moment is handled together. */
void op_config_touch(struct op_config *c);
void op_config_touch_all(struct op *op);

/* What another leader may have changed meanwhile is read again. */
void op_config_forget_all(struct op *op);

/* Call @visit for each report. */
void op_config_each(const struct op_config *c, void (*visit)(struct report *report, void *arg),
		    void *arg);

void op_config_free(struct op_config *c);
