#include "x.h"
int bpfd_server_open(void)
{
}

static int other(void)
{
}

int rpc_call(void)
{
}

int wrong_call(void)
{
}
