#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Text files as C strings: embed.sh SYMBOL FILE...; the symbol is an array in the order of the files.
symbol=$1
shift
echo "static const char *const ${symbol}[] = {"
for file; do
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/\\n"/' "$file"
	echo ,
done
echo '};'
