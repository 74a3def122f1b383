#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What make install puts where, and what systemd's own tools say of it: units, accounts, sockets,
# the filter of system calls. systemd need not be the first process. TAP.
[ -n "${E2E_TMP-}" ] || exec "${0%/*}/../e2e/run" -t 170 "$0"
# shellcheck source=tests/e2e/lib.sh
. "$E2E_TOP/tests/e2e/lib.sh"

command -v systemd-analyze >/dev/null || skip_all 'no systemd here'
PYTHON=/usr/bin/python3
ROOT=$T/root
REAL=$BPFD

test_expect 'make install goes below DESTDIR' '
	make -C "$TOP" install BUILD="$BUILD" DESTDIR="$ROOT" >out 2>&1 &&
	(cd "$ROOT" && find . -type f) >files && prefix=$(sed -n "s|^\./\(.*\)/sbin/bpfd$|\1|p" files) &&
	test -n "$prefix"
'
test_expect 'daemon, children, client, library, pages and units are installed' '
	for file in sbin/bpfd libexec/bpfd/bpfd-forkserver libexec/bpfd/bpfd-image bin/bpfctl \
		include/bpfd/bpfd.h share/man/man8/bpfd.8 share/man/man1/bpfctl.1 \
		lib/sysusers.d/bpfd.conf share/doc/bpfd/examples/bpfd.yaml; do
		test -f "$ROOT/$prefix/$file" || { echo "no $file"; return 1; }
	done &&
	units=$(dirname "$(find "$ROOT" -name bpfd.service)") &&
	same "bpfd.service bpfd.socket run-bpfd-fs.mount run-bpfd-maps.mount" "$(ls "$units" | xargs)" &&
	grep -q "lib/.*/libbpfd\.pc$\|lib/pkgconfig/libbpfd\.pc$" files
'
test_expect 'what was installed says its version without anything else' '
	"$ROOT/$prefix/sbin/bpfd" --version >out && says "bpfd 0." out &&
	"$ROOT/$prefix/bin/bpfctl" --version
'
test_expect 'the service starts what was installed' '
	says "ExecStart=/$prefix/sbin/bpfd" "$units/bpfd.service"
'
# The executable must exist where the unit says; an older systemd calls a later one's key an error.
version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
test_expect 'systemd-analyze verify accepts the units' '
	mkdir -p verified && cp "$units"/* verified/ &&
	sed -i "s|^ExecStart=/|ExecStart=$ROOT/|" verified/bpfd.service &&
	{ test "$version" -ge 254 || sed -i /^FileDescriptorStorePreserve=/d verified/bpfd.service; } &&
	{ SYSTEMD_UNIT_PATH="$T/verified:" systemd-analyze verify --man=no --recursive-errors=no \
		"$T"/verified/bpfd.* "$T"/verified/*.mount >out 2>&1 || { cat out; return 1; }; } &&
	same "" "$(grep "$T/verified\|bpfd" out)"
'
test_expect 'a unit with a misspelt key would not be accepted' '
	mkdir -p misspelt && cp verified/* misspelt/ && echo Bakclog=1 >>misspelt/bpfd.socket &&
	must_fail env SYSTEMD_UNIT_PATH="$T/misspelt:" systemd-analyze verify --man=no \
		--recursive-errors=no "$T/misspelt/bpfd.socket"
'
test_expect 'the names of the mount units are their places' '
	same run-bpfd-fs.mount "$(systemd-escape -p --suffix=mount /run/bpfd/fs)" &&
	same run-bpfd-maps.mount "$(systemd-escape -p --suffix=mount /run/bpfd/maps)" &&
	says Where=/run/bpfd/fs "$units/run-bpfd-fs.mount" && says Where=/run/bpfd/maps "$units/run-bpfd-maps.mount"
'
if systemd-analyze security --help 2>&1 | grep -q -e --offline; then
	test_expect 'its exposure is at most 3.6 of 10 in the judgement of systemd' '
		systemd-analyze security --offline=yes --threshold=36 "$T/verified/bpfd.service" >out 2>&1
	'
else
	skip_test 'its exposure is at most 3.6 of 10 in the judgement of systemd' 'this systemd cannot look offline'
fi
test_expect 'systemd-sysusers makes the group and the account' '
	mkdir -p accounts/etc && systemd-sysusers --root="$T/accounts" "$ROOT/$prefix/lib/sysusers.d/bpfd.conf" &&
	grep -q "^bpfd:" accounts/etc/group && grep -q "^bpfd-look:.*nologin$" accounts/etc/passwd
'

# activated OPTION... SOCKET: bpfd is started by the first connection.
activated() {
	mount_bpffs "$D/run/fs" && mount_bpffs "$D/run/maps" && chmod 0755 "$D/run/maps" || return 1
	systemd-socket-activate "$@" "$REAL" --runtime-dir "$D/run" --state-dir "$D/state" \
		--config "$D/bpfd.yaml" --libexec-dir "$BPFD_LIBEXEC" >>"$D/log" 2>&1 </dev/null &
	echo $! >"$D/pid"
	wait_until 5 'grep -q Listening "$D/log"'
}
test_expect 'the API socket can be handed to it' '
	activated -l "$D/run/bpfd.sock" && before=$(stat -c %i "$D/run/bpfd.sock") &&
	bpfctl version >out && says 0. out && same "$before" "$(stat -c %i "$D/run/bpfd.sock")" &&
	test -S "$D/run/maps.sock" && stop_daemon && test -S "$D/run/bpfd.sock"
'
knock_maps='import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])'
test_expect 'the socket for maps can be handed to it' '
	use_daemon maps && activated --seqpacket -l "$D/run/maps.sock" &&
	before=$(stat -c %i "$D/run/maps.sock") && "$PYTHON" -c "$knock_maps" "$D/run/maps.sock" &&
	wait_until 5 "test -S \"\$D/run/bpfd.sock\"" && wait_until 5 "bpfctl version >out 2>&1" &&
	same "$before" "$(stat -c %i "$D/run/maps.sock")" && stop_daemon
'

# The unit's SystemCallFilter, RestrictNamespaces apart, as a filter of libseccomp.
cat >filter.py <<'PYTHON'
import ctypes, os, subprocess, sys
unit, command = sys.argv[1], sys.argv[2:]
groups, group = {}, None
for line in subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True,
                           text=True, check=True).stdout.splitlines():
    if line.startswith("@"):
        group = groups.setdefault(line.strip(), [])
    elif group is not None and line.startswith("    ") and not line.strip().startswith("#"):
        group.append(line.strip())
def expand(name):
    return [name] if not name.startswith("@") else [c for n in groups[name] for c in expand(n)]
names = set(expand("@default"))
for line in open(unit):
    if line.startswith("SystemCallFilter="):
        for word in line.split("=", 1)[1].split():
            names.update(expand(word))
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
ctx = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(0x00050000 | 1)))
n = 0
for name in names:
    nr = lib.seccomp_syscall_resolve_name(name.encode())
    n += nr >= 0 and lib.seccomp_rule_add(ctx, ctypes.c_uint32(0x7fff0000), nr, 0) == 0
assert n > 200, n
assert "mount" not in names and "bpf" in names
assert lib.seccomp_load(ctx) == 0
os.execv(command[0], command)
PYTHON
printf '#!/bin/sh\nexec "%s" "%s/filter.py" "%s/bpfd.service" "%s" "$@"\n' "$PYTHON" "$T" "$units" "$REAL" >with-filter
chmod +x with-filter
cat >all.yaml <<END
apiVersion: bpfd.io/v1alpha1
kind: BpfProgramConfig
metadata: {name: all}
spec:
  bytecode: oci:$T/layout:latest
  programs:
  - {name: x, entry: xdp_stats, type: xdp, hooks: ["xdp:v0"]}
  maps:
  - {name: xdp_stats_map, export: {owner: nobody, mode: "0400"}}
END
test_expect 'the filter of system calls lets everything through that it does' '
	use_daemon filtered && BPFD=$T/with-filter && start_daemon && make_veth v0 &&
	bpfctl image build -t "oci:$T/layout:latest" "$OBJ/xdp-counter.bpf.o" &&
	bpfctl apply -f all.yaml && send_packets v0 10 && bpfctl map dump x/xdp_stats_map --sum >out &&
	grep -q "^2 *10 " out && bpfctl load "$OBJ/probes.bpf.o" --name p &&
	bpfctl attach p-on_packet tc:eth0/ingress --netns v0 && bpfctl attach p-on_switch raw_tp:sched_switch &&
	bpfctl attach p-on_function "uprobe:$BUILD/tests/e2e/tools/sendudp:main" && bpfctl get hooks && bpfctl status >out &&
	bpfctl delete -f all.yaml && unload_all && delete_veth v0 &&
	! grep -i "not permitted\|not implemented" "$D/log"
'
BPFD=$REAL
finish
