/* SPDX-License-Identifier: Apache-2.0 */
/* Owns programs: load, unload, list, describe, and what is known of one. */
#include "lib/args.h"
#include "lib/conn.h"

static int fill_load(const struct args *args, const struct bpfd_load_opts *opts,
		     Bpfd__V1__LoadRequest *m)
{
	struct bpfd_load_opts o;
	int r = args_take(opts, &o, sizeof(o), args->why);

	if (r < 0)
		return r;
	bpfd__v1__load_request__init(m);
	m->name = args_text(o.name);
	m->want_log = o.want_log;
	m->pull_policy = args_text(o.pull_policy);
	r = args_bytecode(args, o.bytecode, &m->bytecode);
	if (r == 0)
		r = args_programs(args, &o, &m->n_programs, &m->programs);
	if (r == 0)
		r = args_globals(args, o.globals, &m->n_globals, &m->globals);
	if (r == 0)
		r = args_labels(args, o.labels, &m->n_labels, &m->labels);
	if (r == 0)
		r = args_shares(args, o.map_shares, &m->n_map_shares, &m->map_shares);
	if (r == 0)
		r = args_exports(args, o.exports, &m->n_exports, &m->exports);
	return r;
}

int bpfd_program_load(struct bpfd_conn *conn, const struct bpfd_load_opts *opts,
		      struct bpfd_programs **ret)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__LoadRequest request;
	struct conn_call call = {"Load", &request.base, &bpfd__v1__load_response__descriptor};
	const Bpfd__V1__LoadResponse *m;
	struct reply *reply;
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = fill_load(&(struct args){&arena, &conn->why}, opts, &request);
	if (r == 0)
		r = conn_logins(conn, &arena, &request.n_logins, &request.logins);
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	m = reply_answer(LoadResponse, reply);
	reply_set_items(reply, m->programs, m->n_programs);
	reply->warnings = m->warnings;
	reply->n_warnings = m->n_warnings;
	reply->log = m->verifier_log;
	*ret = (struct bpfd_programs *)reply;
	return 0;
}

int bpfd_program_unload(struct bpfd_conn *conn, const char *ref, bool force)
{
	Bpfd__V1__UnloadRequest request = BPFD__V1__UNLOAD_REQUEST__INIT;
	struct conn_call call = {"Unload", &request.base, &bpfd__v1__unload_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, conn);

	if (r < 0)
		return r;
	request.program = args_text(ref);
	request.force = force;
	r = conn_run(conn, &call, &reply);
	if (r == 0)
		reply_free(reply);
	return r;
}

int bpfd_program_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		      struct bpfd_programs **ret)
{
	const struct conn_list list = {"ListPrograms",
				       &bpfd__v1__list_programs_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListProgramsResponse, *reply)->programs,
				reply_answer(ListProgramsResponse, *reply)->n_programs);
	return r;
}

REPLY_LIST(program, programs)
REPLY_WARNING(programs)

const char *bpfd_programs_log(const struct bpfd_programs *programs)
{
	return programs ? ((const struct reply *)programs)->log : "";
}

REPLY_NUMBER(element, uint32_t, program, Program, id, id)
REPLY_TEXT(element, program, Program, name, name)
REPLY_TEXT(element, program, Program, function, function)
REPLY_TEXT(element, program, Program, section, section)
REPLY_TEXT(element, program, Program, type, type)
REPLY_TEXT(element, program, Program, bytecode, bytecode)
REPLY_TEXT(element, program, Program, digest, digest)
REPLY_NUMBER(element, uint32_t, program, Program, owner_uid, owner_uid)
REPLY_TEXT(element, program, Program, config, config)
REPLY_NUMBER(element, uint64_t, program, Program, loaded_at, loaded_at)
REPLY_TEXT(element, program, Program, tag, tag)
REPLY_NUMBER(element, uint32_t, program, Program, links, links)
REPLY_TEXT(element, program, Program, uuid, uuid)
REPLY_NUMBER(element, uint32_t, program, Program, instructions, instructions)
REPLY_NUMBER(element, uint32_t, program, Program, bytes_jited, bytes_jited)
REPLY_NUMBER(element, uint32_t, program, Program, bytes_memlock, bytes_memlock)
REPLY_NUMBER(element, bool, program, Program, is_missing, is_missing)
REPLY_PAIR(program, Program, label, labels, key, value)
REPLY_PAIR(program, Program, global, globals, name, value)

bool bpfd_program_map_id(const struct bpfd_program *program, size_t i, uint32_t *ret_id)
{
	const Bpfd__V1__Program *m = reply_element(Program, program);

	if (!m || i >= m->n_map_ids)
		return false;
	*ret_id = m->map_ids[i];
	return true;
}

int bpfd_program_describe(struct bpfd_conn *conn, const char *ref, struct bpfd_description **ret)
{
	Bpfd__V1__DescribeProgramRequest request = BPFD__V1__DESCRIBE_PROGRAM_REQUEST__INIT;
	struct conn_call call = {"DescribeProgram", &request.base,
				 &bpfd__v1__program_description__descriptor};
	int r = conn_begin(conn, ret);

	if (r < 0)
		return r;
	request.program = args_text(ref);
	return conn_run(conn, &call, (struct reply **)ret);
}

void bpfd_description_free(struct bpfd_description *d)
{
	reply_free((struct reply *)d);
}

const struct bpfd_program *bpfd_description_program(const struct bpfd_description *d)
{
	const Bpfd__V1__ProgramDescription *m = reply_answer(ProgramDescription, d);

	return m ? (const struct bpfd_program *)m->program : NULL;
}

REPLY_ITEM(answer, const struct bpfd_link *, description, ProgramDescription, link, links)
REPLY_ITEM(answer, const struct bpfd_map *, description, ProgramDescription, map, maps)
REPLY_ITEM(answer, const char *, description, ProgramDescription, note, notes)
REPLY_NUMBER(answer, uint64_t, description, ProgramDescription, run_time_ns, run_time_ns)
REPLY_NUMBER(answer, uint64_t, description, ProgramDescription, run_count, run_count)
