#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# RollbackLeavesCleanState: every step of making a volume fails, or is the daemon's last; nothing may
# stay mounted, pinned or written down, and what is whole is found again.
. "$E2E_TOP/tests/fault/driver.sh"

KUBELET=$T/kubelet
POD=$KUBELET/pods/0f4c/volumes/kubernetes.io~csi/maps TARGET=$POD/mount
volume() { "$BUILD/tests/e2e/tools/volume" "$@"; }
mounts() { awk -v d="$KUBELET/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -u | wc -l; }
tree() { find "$KUBELET" | sort; volume list; mounts; }

# What was made by a publish that fails is gone.
publish() {
	tree >tree.before && volume publish "$@" && return 0
	tree >tree.after && cmp tree.before tree.after || { diff tree.before tree.after; echo 'something is left'; }
	return 1
}

# clean: no half-made volume after a start; what is published is whole.
clean() {
	case $(volume list | wc -l) in
	0) same 0 "$(mounts)" && test ! -e "$TARGET" ;;
	*) same "$1" "$(mounts)" && volume publish $2 >said 2>&1 && same "$1" "$(mounts)" ;;
	esac
}

echo "kubernetes: {kubeletDirectory: $KUBELET}" >"$D/bpfd.yaml"
mkdir -p "$POD"
test_expect 'a daemon with fault points runs' '
	start_daemon && bpfctl load "$OBJ/counter.bpf.o" -p count:xdp --name count
'
for layout in bpfd bpfman; do
	each_step_fails "publish in the layout $layout" \
		"publish v1 $TARGET count packets -g 2000 -l $layout || { grep -q something.is.left said && echo left; false; }"
	test_expect "it is there, and goes ($layout)" '
		test "$(mounts)" -ge 1 && volume unpublish v1 "$TARGET" && same 0 "$(mounts)" && test ! -e "$TARGET"
	'
done

# killed WHEN STEP: the daemon dies there; the next one has a whole volume or none.
killed() {
	echo "$1 $2" >"$BPFD_FAULT" && ! volume publish v1 "$TARGET" count packets && e2e_pid=$(daemon_pid) &&
		rm -f "$D/pid" "$BPFD_FAULT" && { wait "$e2e_pid"; start_daemon; } && volume list &&
		clean 2 "v1 $TARGET count packets" && volume unpublish v1 "$TARGET" && same 0 "$(mounts)" && test ! -e "$TARGET"
}
for when in kill-before kill-after; do
	for step in 0 1 2 3 4 5; do
		test_expect "publish: whole or not at all after $when $step" 'killed "$when" "$step"'
	done
done
test_expect 'the program goes' 'bpfctl unload count'
finish
