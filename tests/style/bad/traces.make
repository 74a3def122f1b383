#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files with a path of this very machine, and none that may pass.
set -eu
cd "$1"
echo "cd $(pwd)/src" >a.sh
printf 'fine\nsee /home/%s/bpfd\n' somebody >b.md
printf 'ls /tmp/x /run/bpfd /usr/src /home\n' >c.sh
# A host of this machine's packages; a machine without any gets a path once more.
host=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE '^[^#]*://[^/ ]+' | head -n 1)
echo "fetch ${host:-$(pwd)/src}/x" >d.sh
