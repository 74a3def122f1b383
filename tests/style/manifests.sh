#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# manifests parse, grant no more than they say, and chart and kustomization agree
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
. "$here/tree.sh"

[ -d deploy/kubernetes ] || exit 0
/usr/bin/python3 -c 'import yaml' 2>/dev/null || skip 'no python3-yaml'
exec /usr/bin/python3 "$here/manifests.py" .
