# SPDX-License-Identifier: Apache-2.0
# What a test may leave behind: nothing. The _inside checks see the namespaces of one test file;
# residue_list, seen from outside after they died, what only the kernel still holds.

# One line per thing: BPF objects that no process and no bpffs holds, named network namespaces,
# interfaces, qdiscs, bpffs mounts and the files of an installed daemon.
residue_list() {
	"$BUILD/tests/e2e/tools/residue"
	for residue_f in /run/netns/* /run/bpfd /var/lib/bpfd /dev/shm/bpfd*; do
		[ -e "$residue_f" ] && echo "file $residue_f"
	done
	sed 's/^/interface /;s/:.*//;1,2d' /proc/net/dev | tr -s ' '
	tc qdisc show | sed 's/^/qdisc /'
	awk '$9 == "bpf" || $10 == "bpf" || $8 == "bpf" { print "bpffs " $5 }' /proc/self/mountinfo
}

# residue_new BEFORE: print what is new since that list; wait up to 2 s, the kernel frees late.
residue_new() {
	for residue_i in 1 2 3 4 5 6 7 8 9 10 11; do
		residue_list | sort >"$1.now"
		comm -13 "$1" "$1.now" >"$1.new"
		[ -s "$1.new" ] || break
		[ "$residue_i" -eq 11 ] || sleep 0.2
	done
	cat "$1.new"
}

residue_pins() {
	awk '$9 == "bpf" || $10 == "bpf" || $8 == "bpf" { print $5 }' /proc/self/mountinfo |
		while read -r residue_dir; do
			find "$residue_dir" -xdev -type f ! -name '*.debug' | sed 's/^/pin /'
		done
}

# BPF objects that a process still holds: fds and memory that an unload should have closed.
residue_held() {
	for residue_p in /proc/[0-9]*; do
		grep -lE '^(prog|map|link)_id:' "$residue_p"/fdinfo/* 2>/dev/null |
			while read -r residue_f; do
				residue_id=$(grep -E '^(prog|map|link)_id:' "$residue_f" | tr -s '\t\n' '  ')
				echo "held $(cat "$residue_p/comm") $residue_id"
			done
	done
}

residue_attached() {
	for residue_n in '' $(ip netns list | cut -d ' ' -f 1); do
		ip ${residue_n:+-n "$residue_n"} -d link show | grep -oE 'prog/(xdp|bpf).*'
		tc ${residue_n:+-n "$residue_n"} qdisc show | grep clsact
	done | sed 's/^/attached /'
}

# residue_none_inside DIR: fail, and name them, when pins, held objects or attachments are there.
residue_none_inside() {
	for residue_i in 1 2 3 4 5 6 7 8 9 10 11; do
		{ residue_pins; residue_held; residue_attached; } >"$1/.residue" 2>/dev/null
		[ -s "$1/.residue" ] || return 0
		[ "$residue_i" -eq 11 ] || sleep 0.2
	done
	cat "$1/.residue"
	return 1
}

# Only the runner's init, the test's shell and its own children may live: look for other parents'.
residue_processes() {
	for residue_p in /proc/[0-9]*; do
		case $(cat "$residue_p/comm" 2>/dev/null) in
		bpfd* | bpfctl) echo "process ${residue_p#/proc/} $(tr '\0' ' ' <"$residue_p/cmdline")" ;;
		esac
	done
}

residue_no_process() {
	for residue_i in 1 2 3 4 5 6 7 8 9 10 11; do
		residue_left=$(residue_processes)
		[ -n "$residue_left" ] || return 0
		[ "$residue_i" -eq 11 ] || sleep 0.2
	done
	echo "$residue_left"
	return 1
}
