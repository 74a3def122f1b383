#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every capability that is kept is needed: what fails without it. Those of the shipped unit suffice.
# And what each process of the daemon may do, read off the kernel.
. "${0%/*}/lib.sh"

REAL=$BPFD
# As the unit's LimitMEMLOCK.
limit=''
kernel_at_least 5 11 || limit='prlimit --memlock=unlimited'

# only CAP...: from now on the daemon starts with a bounding set of these; without CAP: of all but
# this one.
only() { wrap "-all$(printf ',+%s' "$@")"; }
without() { wrap "-$1"; }
wrap() {
	printf '#!/bin/sh\nexec %s setpriv --inh-caps=-all --bounding-set="%s" "%s" "$@"\n' \
		"$limit" "$1" "$REAL" >"$T/wrapped" && chmod +x "$T/wrapped"
	BPFD=$T/wrapped
}
anew() { if daemon_runs; then stop_daemon || return 1; fi; "$@" && : >"$D/log" && start_daemon; }

# pid_of COMM: the youngest process of that name; the file has a pid namespace of its own.
pid_of() {
	for e in /proc/[0-9]*; do
		read -r name <"$e/comm" && [ "$name" = "$1" ] && echo "${e#/proc/}"
	done 2>/dev/null | sort -n | tail -n 1
}
# field COMM FIELD
field() { awk -v field="$2:" '$1 == field { print $2 }' "/proc/$(pid_of "$1")/status"; }
# kept COMM CAPABILITY-BITS: permitted and effective are these, the bounding set is empty.
kept() {
	mask=$(printf '%016x' "$(($2))") && same "$mask" "$(field "$1" CapPrm)" &&
		same "$mask" "$(field "$1" CapEff)" && same 0000000000000000 "$(field "$1" CapBnd)" &&
		same 0000000000000000 "$(field "$1" CapInh)" && same 0000000000000000 "$(field "$1" CapAmb)"
}
# bits NUMBER...: arithmetic of their bits.
bits() { printf '0'; printf '|1<<%s' "$@"; }
CHOWN=0 DAC_READ_SEARCH=2 KILL=5 SETGID=6 SETUID=7 NET_ADMIN=12 SYS_PTRACE=19 SYS_ADMIN=21 PERFMON=38 BPF=39

load_xdp() { bpfctl load "$OBJ/xdp-counter.bpf.o" --name x --program xdp_stats:xdp "$@"; }
load_tc() { bpfctl load "$OBJ/probes.bpf.o" --name t --program on_packet; }
load_raw_tp() { bpfctl load "$OBJ/probes.bpf.o" --name r --program on_switch; }
export_to_nobody() { load_xdp --export xdp_stats_map:nobody; }

test_expect 'bpfd keeps three capabilities, cannot gain any, and its calls are filtered' '
	start_daemon && wait_until 5 "test -n \"\$(pid_of bpfd-load)\"" &&
	kept bpfd "$(bits $SYS_ADMIN $NET_ADMIN $CHOWN)" &&
	same "1 2" "$(field bpfd NoNewPrivs) $(field bpfd Seccomp)"
'
test_expect 'the fork server has what its children need, and no more' '
	kept bpfd-forkserver "$(bits $BPF $PERFMON $NET_ADMIN $SETUID $SETGID $KILL $DAC_READ_SEARCH $SYS_PTRACE)" &&
	same 1 "$(field bpfd-forkserver NoNewPrivs)"
'
test_expect 'bpfd-load is nobody with three capabilities, behind a filter' '
	kept bpfd-load "$(bits $BPF $PERFMON $NET_ADMIN)" &&
	same "1 2" "$(field bpfd-load NoNewPrivs) $(field bpfd-load Seccomp)" &&
	test "$(field bpfd-load Uid)" -ne 0
'
test_expect 'bpfd-look is nobody without any, behind a filter' '
	kept bpfd-look 0 && same "1 2" "$(field bpfd-look NoNewPrivs) $(field bpfd-look Seccomp)" &&
	test "$(field bpfd-look Uid)" -ne 0
'
test_expect 'a killed daemon leaves none of them' '
	kill_daemon && wait_until 5 "residue_no_process"
'

# What is done with everything that bpfd has, under the capabilities of the unit alone.
everything() {
	export_to_nobody && load_tc && load_raw_tp &&
		same 65534 "$(stat -c %u "$D/run/maps/x/xdp_stats_map")" &&
		bpfctl attach x xdp:v0 && bpfctl attach t tc:eth0/ingress --netns v0 &&
		bpfctl attach r raw_tp:sched_switch && bpfctl get hooks >out && says xdp:v0 out &&
		bpfctl detach x && bpfctl detach t && bpfctl detach r && unload_all
}
make_veth v0
unit=$(grep -o "CAP_[A-Z_]*" "$TOP/deploy/meson.build" | sed 's/^CAP_//' | tr 'A-Z' 'a-z')
test_expect 'the capabilities of the shipped unit suffice' '
	same 10 "$(echo "$unit" | wc -l)" && anew only $unit && ! grep -q "is not there" "$D/log" &&
	everything && ! grep -q "Operation not permitted" "$D/log"
'
test_expect 'without CAP_SYS_ADMIN bpfd cannot look at programs by id' '
	anew without sys_admin && must_fail bpfctl get hooks
'
test_expect_on 5.19 'without CAP_SYS_ADMIN bpfd cannot attach in another namespace' '
	load_tc >out && must_fail bpfctl attach t tc:eth0/ingress --netns v0 &&
	says "ot permitted" err && unload_all
'
if have_feature tcx; then
	skip_test 'without CAP_NET_ADMIN bpfd cannot change filters of an interface' 'tc runs on links here, which take SYS_ADMIN'
	anew only $unit && load_tc >out && load_xdp >out && anew without net_admin && unload_all
else
	test_expect 'without CAP_NET_ADMIN bpfd cannot change filters of an interface' '
		anew only $unit && load_tc && load_xdp && anew without net_admin &&
		must_fail bpfctl attach t tc:v0/ingress && says "ot permitted" err && unload_all
	'
fi
test_expect 'without CAP_NET_ADMIN bpfd-load cannot load programs for the network' '
	must_fail load_xdp && must_fail load_tc && load_raw_tp && unload_all
'
test_expect 'without CAP_PERFMON bpfd-load cannot load programs that trace' '
	anew without perfmon && must_fail load_raw_tp && load_tc && unload_all
'
test_expect 'without CAP_BPF bpfd-load cannot load' '
	anew without bpf && must_fail load_tc && must_fail load_raw_tp
'
test_expect 'without CAP_SETUID or CAP_SETGID no child becomes somebody else, so nothing is opened' '
	anew without setuid && must_fail load_tc && anew without setgid && must_fail load_tc
'
# It waits for a child that is stopped; the fork server's KILL is what ends that.
stopped() {
	wait_until 5 "test -n \"\$(pid_of bpfd-open)\"" && stopped=$(pid_of bpfd-open) &&
		kill -STOP "$stopped" && must_fail timeout 20 "$BPFCTL" load "$OBJ/probes.bpf.o" --program on_packet
}
test_expect 'a child of another user that hangs is ended with CAP_KILL' '
	anew only $unit && stopped && says "took too long" err && ! test -d "/proc/$stopped" && load_tc && unload_all
'
test_expect 'root loads what lies in a private directory with CAP_DAC_READ_SEARCH, and nobody else does' '
	mkdir "$T/private" && cp "$OBJ/probes.bpf.o" "$T/private" && chown -R 1000 "$T/private" &&
	chmod 700 "$T/private" && anew only $unit &&
	bpfctl load "$T/private/probes.bpf.o" --program on_packet && unload_all &&
	anew without dac_read_search && must_fail bpfctl load "$T/private/probes.bpf.o" --program on_packet &&
	load_tc && unload_all
'
test_expect 'without CAP_SETPCAP a program that bpfd starts could have capabilities' '
	anew without setpcap && test "$(field bpfd CapBnd)" != 0000000000000000 && load_tc && unload_all
'
# below a supervisor, which makes the sockets: giving them to the group needs CAP_CHOWN as well.
managed() {
	stop_daemon && "$@" && : >"$D/log" || return 1
	"$BUILD/tests/e2e/tools/supervisor" "$D/run" "$BPFD" --runtime-dir "$D/run" \
		--state-dir "$D/state" --config "$D/bpfd.yaml" >/dev/null 2>>"$D/log" </dev/null &
	supervisor=$!
	wait_until 10 '"$BPFCTL" version >/dev/null 2>&1'
}
test_expect 'a capability that is not there is said, with what fails' '
	managed without chown && says "CAP_CHOWN is not there: exporting maps to others will fail" "$D/log"
'
test_expect 'without CAP_CHOWN no map is exported to another user' '
	must_fail export_to_nobody && says "Operation not permitted" err && load_xdp && unload_all &&
	kill -TERM "$supervisor" && wait_until 5 "residue_no_process" && kill -TERM "$supervisor" && wait "$supervisor"
'
test_expect 'the end' 'only $unit && start_daemon && delete_veth v0'
BPFD=$REAL
finish
