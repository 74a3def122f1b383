# SPDX-License-Identifier: Apache-2.0
# Runs one operation again and again, each time with the next step of its plan failing or with the
# daemon killed there, until it gets through. Sourced by the tests of this folder, which are e2e
# files otherwise (tests/e2e/lib.sh) but with the daemon that has fault points.

. "$E2E_TOP/tests/e2e/lib.sh"
BPFD=${BUILD_FAULT:?}/src/daemon/bpfd
for fault_f in "$BUILD_FAULT"/src/*/bpfd-*; do
	[ -f "$fault_f" ] && [ -x "$fault_f" ] && ln -sf "$fault_f" "$BPFD_LIBEXEC/"
done
export BPFD_FAULT="$T/fault"
FAULT_STEPS_MAX=40

snapshot() { "$TOP/tests/fault/snapshot" "$D/run" "$(daemon_pid)" >"$1"; }

# as_before FILE: the kernel frees late, so it gets a moment.
as_before() {
	for _ in 1 2 3 4 5 6 7 8; do
		snapshot now && cmp -s "$1" now && return 0
		sleep 0.15
	done
	diff "$1" now
	return 1
}

# each_step_fails SENTENCE COMMAND: with step 1, 2, ... failing the command fails and all is as
# before; when no step is left it succeeds.
each_step_fails() {
	fault_step=0
	fault_done=''
	while [ -z "$fault_done" ] && [ "$fault_step" -lt "$FAULT_STEPS_MAX" ]; do
		test_expect "$1: undone when step $fault_step fails" "fault_fails '$2'"
		[ "$e2e_r" -eq 0 ] || break
		fault_step=$((fault_step + 1))
	done
	rm -f "$BPFD_FAULT"
}

# The purge cannot fail, so the command that gets through has met every step before it.
fault_fails() {
	rm -f "$BPFD_FAULT"
	snapshot before && agrees before && echo "fail $fault_step" >"$BPFD_FAULT" || return 1
	if eval "$1" >said 2>&1; then
		cat said
		fault_done=yes
		[ "$fault_step" -ge 2 ]
		return
	fi
	cat said
	says "fault at step $fault_step, as the test asked" said && as_before before
}

# each_step_kills SENTENCE COMMAND DONE BACK: the daemon dies before and after every step; once it is
# started again, either DONE succeeds and BACK takes it back, or all is as before.
each_step_kills() {
	for fault_when in kill-before kill-after; do
		fault_step=0
		fault_done=''
		while [ -z "$fault_done" ] && [ "$fault_step" -lt "$FAULT_STEPS_MAX" ]; do
			test_expect "$1: whole or not at all after $fault_when $fault_step" \
				"fault_kills '$2' '$3' '$4'"
			[ "$e2e_r" -eq 0 ] || break
			fault_step=$((fault_step + 1))
		done
	done
	rm -f "$BPFD_FAULT"
}

fault_kills() {
	rm -f "$BPFD_FAULT"
	snapshot before && agrees before || return 1
	echo "$fault_when $fault_step" >"$BPFD_FAULT"
	if eval "$1" >said 2>&1; then
		cat said
		fault_done=yes
		rm -f "$BPFD_FAULT"
		[ "$fault_step" -ge 2 ] && eval "$2" && eval "$3"
		return
	fi
	cat said
	rm -f "$BPFD_FAULT"
	wait_until 5 '! daemon_runs' && wait_children && start_daemon || return 1
	if eval "$2"; then
		wait_agrees && eval "$3" && wait_agrees
	else
		as_before before
	fi
}

wait_children() { wait_until 5 '! residue_list processes | grep -q forkserver'; }

# agrees FILE: rows, pins and kernel do.
agrees() { ! grep '^broken' "$1"; }

wait_agrees() {
	for _ in 1 2 3 4 5 6 7 8; do
		snapshot now && agrees now >/dev/null && return 0
		sleep 0.15
	done
	agrees now
}
