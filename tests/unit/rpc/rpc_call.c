/* SPDX-License-Identifier: Apache-2.0 */
/* One call from the command line: rpc_call SOCKET PATH DATA [TIMEOUT_MS]. Prints each message, then
 * "CODE errno text | hint | length of detail". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "rpc/client.h"

int main(int argc, char **argv)
{
	struct rpc_request request = {.timeout_ms = 5000};
	_rpc_client_ struct rpc_client *client = NULL;
	_rpc_stream_ struct rpc_stream *stream = NULL;
	_reason_ struct reason why = {0};
	struct rpc_reply reply;
	int r;

	if (argc < 4)
		return 2;
	request.path = argv[2];
	request.data = argv[3];
	request.len = strlen(argv[3]);
	if (argc > 4)
		request.timeout_ms = atoi(argv[4]);
	r = rpc_client_open(argv[1], &client, &why);
	if (r == 0)
		r = rpc_client_start(client, &request, &stream, &why);
	while (r >= 0 && (r = rpc_client_read(stream, -1, &reply, &why)) > 0) {
		printf("%.*s\n", (int)reply.len, (char *)reply.data);
		free(reply.data);
	}
	printf("%s %d %s | %s | %zu\n", client ? rpc_code_name(rpc_client_code(client)) : "-", -r,
	       why.text, why.hint, why.detail ? strlen(why.detail) : 0);
	return r < 0;
}
