#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An emulated machine as a transport of the runner (runner/machine.c).
#
# usage: machine.sh settle OPTION=VALUE..
#	Checks run_tests.sh's options of emulated machines, fetches the kernel and builds the
#	emulator, which may take longer than a machine may take to boot. Prints what
#	the runner must know, KEY TAB VALUE a line: name, note, kernel (its release), module,
#	require (of --require), scale and scale_why (of time limits), slow (seconds of ours that
#	one of the guest's can take), boot (what boot wants to know), and "set PREFIX TAB
#	PARAMETERS" for each set of module parameters.
#
# usage: machine.sh boot DIR BOOT OPTION=VALUE..
#	Boots the machine, which runs the agent with the commands of the file DIR/commands.N
#	for each set N (DIR/parameters.N, DIR/prefix.N). Standard output is its event stream
#	(docs/events.md). DIR is .../machine, or .../machine-N beside others, and is removed;
#	console.log beside it (console-N.log), and the ledger of an emulated TDX module or of
#	SEV's firmware, stay. SIGTERM switches the machine off.
#
# Exit status: 0, 2 usage, 3 the machine cannot be had.
set -fu

root=$(cd "$(dirname "$0")/.." && pwd) || exit 3
emulators=$root/emulator
newline='
'
export LC_ALL=C
# What this says to the emulators is not the caller's to say.
unset KVMCONF_BOOTING KVMCONF_TDX KVMCONF_TDX_LEDGER KVMCONF_SEV_LEDGER

warn() { printf 'run_tests.sh: %s\n' "$*" >&2; }

die()
{
	warn "$@"
	exit 2
}

machine_lost()
{
	warn "$@"
	exit 3
}

# shellcheck source=emulator/machine_options.sh
. "$emulators/machine_options.sh"
# shellcheck source=emulator/kernel_config.sh
. "$emulators/kernel_config.sh"

# An emulated CPU is slow, and its clock is its own: what compares clocks or asks for progress
# within seconds says nothing about KVM. A panic is the end, and has the whole log printed, in
# which the agent says what test runs.
command_line="console=ttyS0,115200 quiet panic=-1 panic_print=0x20 nokaslr mitigations=off audit=0 \
hugepages=4 tsc=reliable no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1 log_buf_len=2M \
${KVMCONF_CMDLINE:-}"

for_each_set()
{
	while IFS= read -r set; do
		"$@" "$set" || return
	done <<-END
	$machine_sets
	END
}

say() { printf '%s\t%s\n' "$1" "$2"; }

say_set() { printf 'set\t%s\t%s\n' "$(machine_prefix "$1")" "$1"; }

# A directory, with a slash in its name or without, is a kernel of one's own, unless kernel.sh
# knows the name.
own_kernel()
{
	case $machine_kernel in
	tdx | tdx-dynamic | debug) return ;;
	esac
	[ -d "$machine_kernel" ] || return 0
	machine_kernel=$(cd "$machine_kernel" && pwd) || exit 2
	kernel_config_check "$machine_kernel"
}

settle()
{
	own_kernel
	machine_kernel_dir=$("$emulators/kernel.sh" "$machine_kernel")
	case $? in
	0) ;;
	2) die "--kernel: no such kernel: $machine_kernel" ;;
	*) machine_lost "the kernel $machine_kernel cannot be had" ;;
	esac
	kernel=$(cat "$machine_kernel_dir/release")
	[ -e "$machine_kernel_dir/modules/$(echo "$machine_module" | tr _ -).ko" ] ||
		die "--kernel: $machine_kernel has no module $machine_module"
	for_each_set machine_check_set
	[ -z "$(for_each_set machine_prefix | sort | uniq -d)" ] ||
		die "--module-params: two sets are alike"
	"$emulators/$machine_emulator/build.sh" >/dev/null ||
		machine_lost "the emulator cannot be had: $machine_emulator"
	say name "$machine"
	[ -z "$machine_note" ] || say note "$machine_note"
	say kernel "$kernel"
	say module "$machine_module"
	[ -z "$machine_require" ] || say require "$machine_require"
	scale=$machine_scale why="emulated by $machine_emulator"
	[ "$machine_kernel" != debug ] ||
		scale=$((scale * 3)) why="$why, and the kernel checks itself"
	say scale "$scale"
	say scale_why "$why"
	say slow "$machine_slow"
	say boot "$machine_kernel_dir"
	for_each_set say_set
}

# An event of ours, once the machine is off.
event() { printf '0.000000\t%s\t%s\n' "$1" "$2" | tr -c '\n\t\040-\176' '?'; }

# An emulated TDX module, and SEV's firmware, write down at the end what they still hold:
# NUMBER TAB what, a line each. $1 is the file, $2 who.
ledger()
{
	if ! mv "$dir/$1" "$dir/../$1$suffix" 2>/dev/null; then
		event p "error $2 has not written down what it holds"
		return
	fi
	left=$(awk -F '\t' '$1 > 0 { printf "%s%s %s", sep, $1, $2; sep = ", " }' "$dir/../$1$suffix")
	[ -z "$left" ] || event p "fail at the end $2 still held: $left (see $1$suffix)"
}

panic() { tr -d '\r' <"$dir/../$console" | grep -a -o -m 1 'Kernel panic - not syncing: .*'; }

# Why the emulator ended, if not because the machine was switched off.
end()
{
	if why=$(panic); then
		event q "failed: the guest died: $why"
	elif [ "$1" -ne 0 ]; then
		event q "failed: the emulator ended: exit $1: $(tail -n 1 "$dir/emulator.log")"
	else
		case $machine in
		tdx*) ledger tdx-ledger "the TDX module" ;;
		amd) ledger sev-ledger "SEV's firmware" ;;
		esac
	fi
}

# shellcheck disable=SC2317 # by a trap
switch_off()
{
	[ -z "$child" ] || kill -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null
	wait
	rm -rf "$dir"
}

# Traps wait for a command in the foreground. Its own session is for switch_off.
in_background()
{
	setsid "$@" &
	child=$!
	wait "$child"
	set -- $?
	child=
	return "$1"
}

# Whether "state" is that of a machine that has booted, with the archive in its memory. A fault of
# the emulator is to be there from the beginning, and so is the TDX module: a kernel calls it while
# it boots, and no state has its books.
booted_already()
{
	case $machine in tdx*) return 1 ;; esac
	[ -z "$machine_cold${KVMCONF_FAULT:-}" ] &&
		in_background "$emulators/state.sh" "$machine_emulator" find "$machine_kernel_dir" \
			"$machine_modules" "$command_line" "${options# }" >state.dir 3>&- &&
		"$emulators/state.sh" "$machine_emulator" lay "$(cat state.dir)" archive state
}

boot()
{
	dir=$1
	machine_kernel_dir=$2
	suffix=${dir##*/machine}
	console=console$suffix.log
	child=
	trap switch_off EXIT
	trap 'exit 143' HUP INT TERM
	if ! "$emulators/initramfs.sh" suite "$root" "$dir" "$dir/archive"; then
		event q "failed: cannot write what the machine needs"
		return 3
	fi
	: >"$dir/../$console"
	# Emulators have ideas of their own about odd characters in names of files: hence plain
	# ones. Their temporary files go with the machine.
	cd "$dir" || return 3
	exec 3>&1
	options="$machine_vendor -m $machine_memory -s $machine_smp -n $machine_nodes"
	if booted_already >state.log 2>&1; then
		set --
		options="$options $(cat state/options)"
	elif rm -rf state && "$emulators/initramfs.sh" system "$machine_kernel_dir" "$machine_modules" initramfs &&
		cat archive >>initramfs && ln -s "$machine_kernel_dir/vmlinuz" vmlinuz; then
		set -- -kernel vmlinuz -initrd initramfs -append "$command_line"
	else
		event q "failed: cannot write what the machine needs"
		return 3
	fi
	rm -f archive
	# shellcheck disable=SC2086 # lists of words
	in_background env TMPDIR="$dir" KVMCONF_TDX_LEDGER="$dir/tdx-ledger" \
		KVMCONF_SEV_LEDGER="$dir/sev-ledger" "$emulators/$machine_emulator/boot.sh" $options \
		-t 999999 "../$console" /dev/fd/3 "$@" >emulator.log 2>&1
	end $?
}

verb=${1:-}
shift
case $verb in
settle) ;;
boot)
	boot_dir=$1 boot_kernel=$2
	shift 2
	;;
*) die "usage: machine.sh settle|boot" ;;
esac
machine_note=''
machine_options=$(printf '%s\n' "$@")
machine_read_options
case $verb in
settle) settle ;;
boot) boot "$boot_dir" "$boot_kernel" ;;
esac
