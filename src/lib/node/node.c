/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is asked about the node: interfaces and containers. */
#include <errno.h>

#include "lib/args.h"
#include "lib/conn.h"

int bpfd_interface_list(struct bpfd_conn *conn, const char *netns, struct bpfd_interfaces **ret)
{
	Bpfd__V1__ListInterfacesRequest request = BPFD__V1__LIST_INTERFACES_REQUEST__INIT;
	struct conn_call call = {"ListInterfaces", &request.base,
				 &bpfd__v1__list_interfaces_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, ret);

	request.netns = args_text(netns);
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	reply_set_items(reply, reply_answer(ListInterfacesResponse, reply)->interfaces,
			reply_answer(ListInterfacesResponse, reply)->n_interfaces);
	*ret = (struct bpfd_interfaces *)reply;
	return 0;
}

REPLY_LIST(interface, interfaces)

REPLY_TEXT(element, interface, Interface, name, name)
REPLY_NUMBER(element, uint32_t, interface, Interface, index, index)
REPLY_NUMBER(element, bool, interface, Interface, is_up, is_up)
REPLY_NUMBER(element, bool, interface, Interface, is_loopback, is_loopback)
REPLY_NUMBER(element, bool, interface, Interface, is_default_route, is_default_route)
REPLY_ITEM(element, const char *, interface, Interface, address, addresses)

int bpfd_container_find(struct bpfd_conn *conn, const char *const *ids,
			struct bpfd_containers **ret)
{
	Bpfd__V1__FindContainersRequest request = BPFD__V1__FIND_CONTAINERS_REQUEST__INIT;
	struct conn_call call = {"FindContainers", &request.base,
				 &bpfd__v1__find_containers_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, ret);

	/* protobuf-c asks for char **, and changes nothing. */
	request.ids = (char **)(uintptr_t)ids;
	while (ids && ids[request.n_ids])
		request.n_ids++;
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	reply_set_items(reply, reply_answer(FindContainersResponse, reply)->containers,
			reply_answer(FindContainersResponse, reply)->n_containers);
	*ret = (struct bpfd_containers *)reply;
	return 0;
}

REPLY_LIST(container, containers)

REPLY_TEXT(element, container, Container, id, id)
REPLY_NUMBER(element, uint32_t, container, Container, pid, pid)
