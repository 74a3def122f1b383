/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how interfaces are shown. */
#include "cli/noun.h"

static void free_interfaces(struct bpfd_interfaces **interfaces)
{
	bpfd_interfaces_free(*interfaces);
}

static void put_interface(struct output *out, const struct bpfd_interface *i)
{
	const char *address;

	output_record(out, "interface", bpfd_interface_name(i));
	output_text(out, "name", "NAME", bpfd_interface_name(i));
	output_number(out, "index", "INDEX", bpfd_interface_index(i));
	output_bool(out, "is_up", "UP", bpfd_interface_is_up(i));
	output_bool(out, "is_default_route", "DEFAULT-ROUTE", bpfd_interface_is_default_route(i));
	output_bool(out, "is_loopback", "+LOOPBACK", bpfd_interface_is_loopback(i));
	output_words(out, "addresses", "ADDRESSES");
	for (size_t k = 0; (address = bpfd_interface_address(i, k)); k++)
		output_word(out, address);
	output_words_end(out);
	output_record_end(out);
}

/* What is named is the network namespace. */
int interface_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_interfaces) struct bpfd_interfaces *interfaces = NULL;
	const struct bpfd_interface *one;
	int r = bpfd_interface_list(cli->conn, opts->ref, &interfaces);

	if (r < 0)
		return r;
	output_list(out, "interfaces");
	for (size_t i = 0; (one = bpfd_interfaces_get(interfaces, i)); i++)
		put_interface(out, one);
	output_list_end(out);
	return 0;
}
