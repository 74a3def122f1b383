#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files with a path of this very machine, and none that may pass.
set -eu
cd "$1"
echo "cd $(pwd)/src" >a.sh
printf 'fine\nsee /home/%s/bpfd\n' somebody >b.md
printf 'ls /tmp/x /run/bpfd /usr/src /home\n' >c.sh
