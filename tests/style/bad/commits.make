#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A history with good and bad subjects; fixed names and dates give fixed ids.
set -eu
cd "$1"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'
git init -q .
commit() {
	git commit -q --allow-empty -m "$1"
}
commit 'base: lay out the tree'
commit 'daemon/store, rpc: keep rows and frames'
commit 'Fix things'
commit 'rpc: end in a full stop.'
commit "wire: $(printf '%060d' 0)"
commit "wire: $(printf '%061d' 0)"
