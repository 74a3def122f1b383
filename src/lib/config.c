/* SPDX-License-Identifier: Apache-2.0 */
/* Owns configs: apply, delete, list, and the changes that they cause. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lib/args.h"
#include "lib/conn.h"
#include "manifest/program_config.h"
#include "model/config.h"
#include "wire/config.h"

#define _manifest_ _cleanup_(manifest_done)

static int take_manifest(const struct bpfd_manifest *from, struct manifest *ret, struct reason *why)
{
	struct bpfd_manifest m;
	int r = args_take(from, &m, sizeof(m), why);

	if (r < 0)
		return r;
	if (!m.text)
		return fail(why, -EINVAL, "no manifest");
	return manifest_parse(m.text, m.len, m.file_name ? m.file_name : "-", ret, why);
}

static int encode(const struct manifest *manifest, struct wire_arena *arena,
		  Bpfd__V1__ApplyRequest *request)
{
	request->configs = wire_arena_alloc(arena, manifest->n, sizeof(*request->configs));
	if (!request->configs)
		return -ENOMEM;
	request->n_configs = manifest->n;
	for (size_t i = 0; i < manifest->n; i++) {
		int r = wire_config_encode(&manifest->configs[i], arena, &request->configs[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

int bpfd_config_apply(struct bpfd_conn *conn, const struct bpfd_manifest *manifest, bool dry_run,
		      struct bpfd_changes **ret)
{
	_wire_arena_ struct wire_arena arena = {0};
	_manifest_ struct manifest m = {0};
	Bpfd__V1__ApplyRequest request = BPFD__V1__APPLY_REQUEST__INIT;
	struct conn_call call = {"Apply", &request.base, &bpfd__v1__apply_response__descriptor};
	const Bpfd__V1__ApplyResponse *answer;
	struct reply *reply;
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = take_manifest(manifest, &m, &conn->why);
	if (r < 0)
		return r;
	request.dry_run = dry_run;
	r = encode(&m, &arena, &request);
	if (r == 0)
		r = conn_logins(conn, &arena, &request.n_logins, &request.logins);
	if (r < 0)
		return fail(&conn->why, r, "out of memory");
	r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	answer = reply_answer(ApplyResponse, reply);
	reply_set_items(reply, answer->changes, answer->n_changes);
	reply->warnings = answer->warnings;
	reply->n_warnings = answer->n_warnings;
	*ret = (struct bpfd_changes *)reply;
	return 0;
}

static const char *find_image(const struct manifest *m, size_t i)
{
	for (size_t k = 0; k < m->n; k++)
		for (size_t p = 0; p < m->configs[k].n_programs; p++) {
			const char *bytecode = m->configs[k].programs[p].bytecode;

			if (bytecode && strncmp(bytecode, "image://", 8) == 0 && i-- == 0)
				return bytecode;
		}
	return NULL;
}

int bpfd_manifest_image(const struct bpfd_manifest *manifest, size_t i, char **ret)
{
	_manifest_ struct manifest m = {0};
	int r = take_manifest(manifest, &m, NULL);
	const char *image;

	if (r < 0)
		return r;
	image = find_image(&m, i);
	if (!image)
		return -ENOENT;
	*ret = strdup(image);
	return *ret ? 0 : -ENOMEM;
}

static int delete (struct bpfd_conn *conn, char **names, size_t n, struct bpfd_changes **ret)
{
	Bpfd__V1__DeleteRequest request = BPFD__V1__DELETE_REQUEST__INIT;
	struct conn_call call = {"Delete", &request.base, &bpfd__v1__delete_response__descriptor};
	struct reply *reply;
	int r;

	request.configs = names;
	request.n_configs = n;
	r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	reply_set_items(reply, reply_answer(DeleteResponse, reply)->changes,
			reply_answer(DeleteResponse, reply)->n_changes);
	*ret = (struct bpfd_changes *)reply;
	return 0;
}

int bpfd_config_delete(struct bpfd_conn *conn, const char *const *names, struct bpfd_changes **ret)
{
	size_t n = 0;
	int r = conn_begin(conn, ret);

	if (r < 0)
		return r;
	while (names && names[n])
		n++;
	/* protobuf-c asks for char **, and changes nothing. */
	return delete (conn, (char **)(uintptr_t)names, n, ret);
}

int bpfd_config_delete_manifest(struct bpfd_conn *conn, const struct bpfd_manifest *manifest,
				struct bpfd_changes **ret)
{
	_manifest_ struct manifest m = {0};
	_free_ char **names = NULL;
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = take_manifest(manifest, &m, &conn->why);
	if (r < 0)
		return r;
	names = calloc(m.n + 1, sizeof(*names));
	if (!names)
		return fail(&conn->why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < m.n; i++)
		names[i] = m.configs[i].name;
	return delete (conn, names, m.n, ret);
}

REPLY_LIST(change, changes)
REPLY_WARNING(changes)

REPLY_TEXT(element, change, Change, config, config)
REPLY_TEXT(element, change, Change, verb, verb)
REPLY_TEXT(element, change, Change, object, object)
REPLY_TEXT(element, change, Change, text, text)

int bpfd_config_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		     struct bpfd_configs **ret)
{
	const struct conn_list list = {"ListConfigs", &bpfd__v1__list_configs_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListConfigsResponse, *reply)->configs,
				reply_answer(ListConfigsResponse, *reply)->n_configs);
	return r;
}

REPLY_LIST(config, configs)

REPLY_TEXT(element, config, Config, name, name)
REPLY_NUMBER(element, uint32_t, config, Config, owner_uid, owner_uid)
REPLY_NUMBER(element, uint64_t, config, Config, applied_at, applied_at)
REPLY_NUMBER(element, uint64_t, config, Config, generation, generation)
REPLY_NUMBER(element, bool, config, Config, is_selected, is_selected)
REPLY_NUMBER(element, uint32_t, config, Config, links, links)
REPLY_NUMBER(element, uint32_t, config, Config, programs, n_programs)
REPLY_PAIR(config, Config, label, labels, key, value)

const char *bpfd_config_bytecode(const struct bpfd_config *config, size_t i)
{
	const Bpfd__V1__Config *m = reply_element(Config, config);

	return m && i < m->n_programs ? m->programs[i]->bytecode : NULL;
}

const char *bpfd_config_entry(const struct bpfd_config *config, size_t i)
{
	const Bpfd__V1__Config *m = reply_element(Config, config);

	return m && i < m->n_programs ? m->programs[i]->entry : NULL;
}

int bpfd_config_format(const struct bpfd_config *config, char **ret)
{
	struct config model = {0};
	_text_ struct text t = {0};
	char *text;
	int r = config ? wire_config_decode(reply_element(Config, config), &model, NULL) : -EINVAL;

	if (r < 0)
		return r;
	manifest_format(&model, &t);
	config_done(&model);
	text = text_take(&t);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}
