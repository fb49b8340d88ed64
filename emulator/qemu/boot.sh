#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: boot.sh [-m MIB] [-s CPUS] [-n NODES] [-t SECONDS] [-p] [-x MIB] [-w DIR | -r DIR]
#                CONSOLE RESULTS OPTION..
#
# Run the emulated AMD machine until it switches itself off: OPTIONs say what it boots
# (-kernel, -initrd, -append). Its first serial port is the file CONSOLE, its second the
# file RESULTS, which takes half a megabyte a second. Each CPU is a socket; memory and CPUs
# are shared out among NODES (of no CPU, if there are more nodes). Knows KVMCONF_FAULT (see
# fault.h) and KVMCONF_SEV_LEDGER (see firmware.c).
#
# All CPUs take turns in one thread: that is reproducible, and as fast while they wait for
# each other. -p gives each one a thread; the model is right there too.
#
# -w DIR: when it has sent RESULTS the line "waiting", its state is saved as DIR/state, and it ends;
# memory lies in files of DIR. -r DIR: the machine whose state is there goes on; OPTIONs have nothing
# to say. -x MIB: the first node has so much more memory. See state.sh.
#
# Exit status: 0 switched off, or reset, 2n + 1 if n was written to port 0xf4 (use n of 16
# and above), 124 time limit, else the emulator failed. Dies with whoever has started it.
set -eu

memory=512
cpus=1
nodes=1
limit=60
thread=single
extra=0
files='' share='' restore=''
while getopts m:s:n:t:px:w:r: option; do
	case $option in
	m) memory=$OPTARG ;;
	s) cpus=$OPTARG ;;
	n) nodes=$OPTARG ;;
	t) limit=$OPTARG ;;
	p) thread=multi ;;
	x) extra=$OPTARG ;;
	w) files=$OPTARG share=on ;;
	r) files=$OPTARG share=off restore=y ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
console=$1
results=$2
before=
shift 2

[ -z "$restore" ] || set -- -incoming defer
# Of several, all have the same share of it.
node=0
size=$((memory / nodes + extra))
while [ "$node" -lt "$nodes" ]; do
	if [ -n "$files" ]; then
		kind="file,mem-path=$files/memory$node,share=$share"
	else
		kind=ram
	fi
	set -- "$@" -object "memory-backend-$kind,id=memory$node,size=${size}M"
	[ "$nodes" -eq 1 ] || set -- "$@" -numa "node,nodeid=$node,memdev=memory$node"
	node=$((node + 1))
	size=$((memory / nodes))
done
memory=$((memory / nodes * nodes + extra))
pc=pc
if [ "$nodes" -eq 1 ]; then
	pc=pc,memory-backend=memory0
else
	cpu=0
	while [ "$cpu" -lt "$cpus" ]; do
		set -- "$@" -numa "cpu,node-id=$((cpu % nodes)),socket-id=$cpu"
		cpu=$((cpu + 1))
	done
fi
tell_monitor() { printf '%s\n' "migrate_set_capability x-ignore-shared on" "$@" >&4; }

if [ -n "$files" ]; then
	mkfifo "$files/monitor.in" "$files/monitor.out"
	exec 4<>"$files/monitor.in"
	set -- "$@" -monitor "pipe:$files/monitor"
fi
if [ -n "$restore" ]; then
	tell_monitor "migrate_incoming file:$files/state"
elif [ -n "$files" ]; then
	# The last command ends the machine; all but memory goes into the file.
	{
		until grep -q waiting "$results" || ! kill -0 $$ 2>/dev/null; do
			sleep 0.1
		done
		tell_monitor "migrate file:$files/state" quit
	} &
fi

# The same kernel, unpacked: see kernel.sh.
for option; do
	shift
	case $before,$option in
	-kernel,*/vmlinuz | -kernel,vmlinuz)
		unpacked=$(dirname "$(realpath "$option")")/vmlinux
		[ ! -e "$unpacked" ] || option=$unpacked ;;
	esac
	before=$option
	set -- "$@" "$option"
done

dir=$("$(dirname "$0")/build.sh")
alone="setpriv --pdeathsig KILL"
# shellcheck disable=SC2086 # a list of words
exec $alone timeout --foreground -k 5 "$limit" $alone "$dir/qemu-system-x86_64" -L "$dir" \
	-machine "$pc" -cpu max -accel "tcg,thread=$thread" -m "$memory" \
	-smp "$cpus,sockets=$cpus" -nodefaults -display none -no-reboot \
	-serial "file:$console" -serial "file:$results" \
	-device isa-debug-exit,iobase=0xf4,iosize=1 -device kvmconf-psp "$@" </dev/null
