#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: boot.sh [-v intel|amd|tdx|tdx-dynamic] [-m MIB] [-n NODES] [-t SECONDS] [-x MIB]
#                [-w DIR] CONSOLE RESULTS -kernel FILE [-initrd FILE] [-append PARAMETERS]
#        boot.sh .. -r DIR CONSOLE RESULTS
#
# Run an emulated machine until it switches itself off: one CPU, Intel's with VMM bus-lock
# detection or AMD's with the Bus Lock Threshold, or Intel's with the emulated TDX module
# (KVMCONF_TDX_LEDGER: see tdx_cpu.cc), with Dynamic PAMT or without. FILE is a bzImage, or
# an ELF file with a multiboot header. The first serial port is the file CONSOLE, the second
# the file RESULTS, which takes a quarter of a megabyte a second. Knows KVMCONF_FAULT, see
# faulty.h.
#
# -w DIR: when it has sent RESULTS the line "waiting", its state is saved in DIR/state, and it ends.
# -r DIR: the machine whose state is there goes on, with DIR/images (see lay.sh) in its memory. -x
# MIB: it has so much more memory. See state.sh.
#
# Guest time is counted in instructions, 100 million to the second: on most hosts that is
# about as fast as ours. What the kernel must know for it is added to PARAMETERS.
#
# Exit status: 0 switched off, 124 time limit, else the guest went down (a panic reboots, a
# reboot is a triple fault) or the emulator failed. Dies with whoever has started it.
set -eu

[ -n "${KVMCONF_BOOTING:-}" ] ||
	KVMCONF_BOOTING=1 exec setpriv --pdeathsig KILL "$0" "$@"
unset KVMCONF_BOOTING

usage()
{
	sed -n '/^# usage: /,/^#$/s/^# //p' "$0" >&2
	exit 2
}

vendor=intel
memory=512
nodes=1
limit=60
extra=0
save='' restore=''
while getopts v:m:s:n:t:x:w:r: option; do
	case $option in
	v) vendor=$OPTARG ;;
	m) memory=$OPTARG ;;
	n) nodes=$OPTARG ;;
	s) [ "$OPTARG" = 1 ] || { echo "Bochs: one CPU" >&2; exit 2; } ;;
	t) limit=$OPTARG ;;
	x) extra=$OPTARG ;;
	w) save=$OPTARG ;;
	r) restore=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
console=$(realpath "$1")
# A descriptor has no name elsewhere.
case $2 in
/dev/fd/*) results=$2 ;;
*) : >"$2" && results=$(realpath "$2") ;;
esac
shift 2

kernel='' initrd='' parameters=''
while [ $# -ge 2 ]; do
	case $1 in
	-kernel) kernel=$2 ;;
	-initrd) initrd=$2 ;;
	-append) parameters=$2 ;;
	*) usage ;;
	esac
	shift 2
done
unset KVMCONF_TDX KVMCONF_STATE
[ -z "$save" ] || export KVMCONF_STATE="$save/state"
case $vendor in
intel) model=arrow_lake ;;
tdx) model=sapphire_rapids KVMCONF_TDX=static ;;
tdx-dynamic) model=sapphire_rapids KVMCONF_TDX=dynamic ;;
amd) model=ryzen ;;
*) usage ;;
esac
if [ $# -gt 0 ] || [ -z "$kernel$restore" ]; then
	usage
fi
memory=$((memory + extra))

# Bochs offers this model's AMX tiles by halves, which Linux cannot do with.
if [ -n "${KVMCONF_TDX:-}" ]; then
	export KVMCONF_TDX
	parameters="clearcpuid=amx_tile no5lvl $parameters"
fi

# Linux would hold up each split lock of a guest for 10 ms and more.
case $parameters in
*split_lock_detect=*) ;;
*) parameters="split_lock_detect=off $parameters" ;;
esac

# Its BIOS knows nothing of nodes: a kernel with NUMA_EMU makes them up.
[ "$nodes" -eq 1 ] || parameters="numa=fake=$nodes $parameters"

here=$(cd "$(dirname "$0")" && pwd)
dir=$("$here/build.sh")
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

if [ -n "$restore" ]; then
	images=$(cat "$restore/images")
	config=$restore/state/config
	set -- -r "$restore/state"
else
	# CPUID says 4.2 GHz; a panic must end in what Bochs ends with. What is to be left alone of
	# memory lies low.
	images=$("$here/load.sh" "$work" "$kernel" "$initrd" $((256 + extra)) \
		"tsc=reliable tsc_early_khz=100000 no_timer_check cryptomgr.notests=1 reboot=t,force" \
		"$parameters")
	config=$work/bochsrc
	set -- -f "$config"
fi
cat >"$config" <<END
config_interface: textconfig
display_library: nogui
cpu: model=$model, count=1, ips=100000000, reset_on_triple_fault=0, msrs="$work/msrs"
clock: sync=none
memory: guest=$memory, host=$((memory < 2048 ? memory : 2048)), block_size=8192
romimage: file="$dir/BIOS-bochs-latest"
vgaromimage: file="$dir/boot.rom"
$images
ata0: enabled=0
ata1: enabled=0
com1: enabled=1, mode=file, dev="$console"
com2: enabled=1, mode=file, dev="$results"
log: "$work/log"
panic: action=fatal
error: action=ignore
info: action=ignore
END

# IA32_MISC_ENABLE, which Bochs lacks: fast strings (kernels read a 0 as if firmware had
# switched them off, which some do not survive) and MONITOR. The rest: writable, not reserved.
cat >"$work/msrs" <<END
0x1a0 0 00000000 00040001 00000000 00000000 00000000 00000000
END

# Memory encryption, locked, with 3 key ids of its own and 12 of TDX, in 4 bits of an address:
# IA32_MKTME_KEYID_PARTITIONING, IA32_TME_CAPABILITY and IA32_TME_ACTIVATE.
[ -z "${KVMCONF_TDX:-}" ] || cat >>"$work/msrs" <<END
0x087 0 0000000c 00000003 ffffffff ffffffff 00000000 00000000
0x981 0 00000f40 00010000 ffffffff ffffffff 00000000 00000000
0x982 0 00010024 00000003 ffffffff ffffffff 00000000 00000000
END

: >"$console"
: >"$work/log"
setpriv --pdeathsig KILL timeout --foreground -k 5 "$limit" \
	setpriv --pdeathsig KILL "$dir/bochs" -q "$@" >"$work/out" 2>&1 </dev/null &
running=$!
status=0
wait "$running" || status=$?
running=

# Bochs itself has one status for every end.
end=$(sed -n 's/.*>>PANIC<< //p' "$work/log" | head -n 1)
case $status,$end in
124,*) exit 124 ;;
*"soft power off"* | *"hutdown requested"*) exit 0 ;;
*,?*) echo "Bochs: $end" >&2 ;;
*) cat "$work/out" >&2 ;;
esac
if [ "$status" -eq 0 ] && [ -n "$save" ]; then
	# Each run has its own.
	rm -f "$save/state/config"
	exit 0
fi
exit 1
