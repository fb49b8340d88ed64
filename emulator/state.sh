#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine that has booted already: its state is saved where the guest's init waits for the suite,
# and goes on from there with the suite in memory that its kernel leaves alone.
#
# usage: state.sh find KERNEL MODULES COMMAND_LINE OPTIONS
#	Prints the directory of such a state of the machine that boot.sh makes with OPTIONS (one
#	word), and saves it first if there is none. For KERNEL and MODULES see initramfs.sh. A
#	state is keyed by all that it was made from. Exit status 1: it cannot be had, which is
#	remembered of a machine that ends before it waits.
#
# usage: state.sh lay STATE ARCHIVE DIR
#	Makes DIR, a copy of STATE with ARCHIVE in its memory, for "boot.sh -r DIR". Exit status 1:
#	ARCHIVE is too large, or there is no room for it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C
# shellcheck source=emulator/cache.sh
. "$here/../cache.sh"

# Memory of the first node beyond what OPTIONS say, in MiB: from START on, a block that says how
# many bytes there are (see init), then these.
START=128
SIZE=192

# A state takes up as much as its machine has used: no more than so many stay.
KEPT=12

find_state()
{
	emulator=$("$here/build.sh") || exit 1
	id=$({
		echo "$* $emulator $START $SIZE"
		cat "$1/kernel" "$here/../init" "$here/../initramfs.sh" "$here/../busybox.sh" \
			"$here/boot.sh" "$0"
	} | cache_hash)
	state=$(cache_find state "$id" || cache_make state "0-$id" "$0" make "$@") || exit 1
	# shellcheck disable=SC2012 # ids hold no odd characters, and -t is the point
	ls -td "$(cache_root)"/state/0-* | tail -n +$((KEPT + 1)) | xargs -r rm -rf
	[ -s "$state/state" ] && echo "$state"
}

# make KERNEL MODULES COMMAND_LINE OPTIONS DIR
make_state()
{
	cd "$5"
	"$here/../initramfs.sh" system "$1" "$2" initramfs
	ln -s "$1/vmlinuz" vmlinuz
	: >results
	mkfifo monitor.in monitor.out
	exec 3<>monitor.in
	# shellcheck disable=SC2086 # a list of words
	"$here/boot.sh" $4 -x "$SIZE" -w . -t 240 console results -kernel vmlinuz \
		-initrd initramfs -append "$3 memmap=${SIZE}M\$${START}M KVMCONF_SUITE_AT=$START" &
	machine=$!
	trap 'kill $machine 2>/dev/null || :' EXIT
	until grep -q waiting results || ! kill -0 $machine; do
		sleep 0.1
	done
	# The last of them ends the machine; all but memory goes into the file.
	printf '%s\n' "migrate_set_capability x-ignore-shared on" "migrate file:state" quit >&3
	# Switched off, or not to be saved, it will be the next time, too; an emulator that fails may not.
	wait $machine || exit 1
	rm -f initramfs vmlinuz results monitor.in monitor.out
	# What came of it without a state takes no room.
	[ -s state ] || rm -f memory*
}

lay()
{
	bytes=$(wc -c <"$2")
	[ "$bytes" -le $(((SIZE - 1) << 20)) ] || exit 1
	cp -R --sparse=always "$1" "$3" || exit 1
	echo "-x $SIZE -r ${3##*/}" >"$3/options"
	printf 'suite %s\n' "$bytes" | into "$3" $START &&
		into "$3" $((START + 1)) <"$2"
}

into() { dd of="$1/memory0" bs=1M seek="$2" conv=notrunc status=none; }

verb=$1
shift
case $verb in
find) find_state "$@" ;;
make) make_state "$@" ;;
lay) lay "$@" ;;
*) exit 1 ;;
esac
