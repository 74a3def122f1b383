/* SPDX-License-Identifier: Apache-2.0 */
/* Load a program and attach it: load FILE|oci:LAYOUT [HOOK] */
#include <stdio.h>
#include <string.h>

#include <bpfd/bpfd.h>

static int fail(const struct bpfd_conn *conn, int r)
{
	fprintf(stderr, "error: %s\n",
		*bpfd_error_text(conn) ? bpfd_error_text(conn) : strerror(-r));
	if (*bpfd_error_hint(conn))
		fprintf(stderr, "hint: %s\n", bpfd_error_hint(conn));
	return 1;
}

static int attach(struct bpfd_conn *conn, const struct bpfd_program *program, const char *hook)
{
	struct bpfd_attach_opts opts = {
		.size = sizeof(opts),
		.program = bpfd_program_name(program),
		.hook = hook,
		.has_priority = true,
		.priority = 55,
	};
	struct bpfd_links *links;
	int r = bpfd_link_attach(conn, &opts, &links);

	if (r < 0)
		return r;
	printf("link %u on %s\n", bpfd_link_id(bpfd_links_get(links, 0)),
	       bpfd_link_hook(bpfd_links_get(links, 0)));
	bpfd_links_free(links);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpfd_load_opts opts = {
		.size = sizeof(opts),
		.bytecode = argc > 1 ? argv[1] : "",
		.labels = (const char *const[]){"example=load", NULL},
	};
	struct bpfd_programs *programs = NULL;
	const struct bpfd_program *program;
	struct bpfd_conn *conn;
	int r = bpfd_open(NULL, &conn);

	if (r < 0)
		return 1;
	r = bpfd_program_load(conn, &opts, &programs);
	for (size_t i = 0; r == 0 && (program = bpfd_programs_get(programs, i)); i++) {
		printf("program %u %s\n", bpfd_program_id(program), bpfd_program_name(program));
		if (argc > 2)
			r = attach(conn, program, argv[2]);
	}
	r = r < 0 ? fail(conn, r) : 0;
	bpfd_programs_free(programs);
	bpfd_close(conn);
	return r;
}
