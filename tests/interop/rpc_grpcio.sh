#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# src/rpc against python's grpcio, both ways, over unix sockets; TAP on stdout.
#	BUILD=build tests/interop/rpc_grpcio.sh
top=$(cd "${0%/*}/../.." && pwd)
BUILD=$(cd "${BUILD:-$top/build}" && pwd) || exit 2
python=${PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import grpc' 2>/dev/null; then
	echo "1..0 # SKIP no python3-grpcio"
	exit 0
fi
if [ ! -x "$BUILD/tests/unit/rpc/rpc_echo" ]; then
	echo "1..0 # SKIP $BUILD has no rpc_echo"
	exit 0
fi
exec "$python" "$top/tests/interop/rpc_grpcio.py" "$BUILD/tests/unit/rpc"
