#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is one too long, each beside one that just fits.
set -eu
cd "$1"
mkdir -p src/many src/hooks include/bpfd

function_of() {
	printf 'int %s(void)\n{\n' "$1"
	seq -f '	step(%g);' $(($2 - 4))
	printf '	return 0;\n}\n\n'
}
{
	function_of fits 80
	function_of long_one 81
	function_of main 61
} >src/long.c
seq -f 'int v%g;' 501 >src/tall.c
seq -f 'int v%g;' 500 >src/fits.c
seq -f 'int v%g;' 121 >src/tall.h
seq -f 'int v%g;' 901 >include/bpfd/bpfd.h
for i in $(seq 13); do
	echo "int x$i;" >"src/many/m$i.c"
	echo "int x$i;" >"src/hooks/m$i.c"
done
