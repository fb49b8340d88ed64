#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine that has booted already: its state is saved where the guest's init waits for the suite,
# and goes on from there with the suite in memory that its kernel leaves alone.
#
# usage: state.sh EMULATOR find KERNEL MODULES COMMAND_LINE OPTIONS
#	Prints the directory of such a state of the machine that EMULATOR/boot.sh makes with
#	OPTIONS (one word), and saves it first if there is none. For KERNEL and MODULES see
#	initramfs.sh. A state is keyed by all that it was made from. Exit status 1: it cannot be
#	had, which is remembered of a machine that ends before it waits, or is not to be saved.
#
# usage: state.sh EMULATOR lay STATE ARCHIVE DIR
#	Makes DIR, STATE with ARCHIVE in its memory, for "boot.sh -r DIR". Exit status 1: ARCHIVE is
#	too large, or there is no room for it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
emulator=$1
export LC_ALL=C
# shellcheck source=emulator/cache.sh
. "$here/cache.sh"
# lay_state STATE DIR, and lay_file FILE DIR MIB, which may take FILE.
# shellcheck source=emulator/qemu/lay.sh
. "$here/$emulator/lay.sh"

# Memory of the first node beyond what OPTIONS say, in MiB: from START on, a block that says how
# many bytes there are (see init), then these.
START=128
SIZE=192

# A state takes up as much as its machine has used: no more than so many stay of each emulator.
KEPT=12

find_state()
{
	build=$("$here/$emulator/build.sh") || exit 1
	id=$({
		echo "$* $build $START $SIZE"
		cat "$1/kernel" "$here/init" "$here/initramfs.sh" "$here/busybox.sh" \
			"$here/$emulator"/*.sh "$0"
	} | cache_hash)
	states=state-$emulator
	state=$(cache_find "$states" "$id" || cache_make "$states" "0-$id" "$0" "$emulator" make "$@") ||
		exit 1
	# shellcheck disable=SC2012 # ids hold no odd characters, and -t is the point
	ls -td "$(cache_root)/$states"/0-* | tail -n +$((KEPT + 1)) | xargs -r rm -rf
	[ -s "$state/state" ] && echo "$state"
}

# make KERNEL MODULES COMMAND_LINE OPTIONS DIR
make_state()
{
	cd "$5"
	"$here/initramfs.sh" system "$1" "$2" initramfs
	ln -s "$1/vmlinuz" vmlinuz
	: >results
	# Switched off, or not to be saved, it will be the next time, too; an emulator that fails may not.
	# shellcheck disable=SC2086 # a list of words
	"$here/$emulator/boot.sh" $4 -x "$SIZE" -w . -t 240 console results -kernel vmlinuz \
		-initrd initramfs -append "$3 memmap=${SIZE}M\$${START}M KVMCONF_SUITE_AT=$START" || exit 1
	rm -f initramfs vmlinuz results monitor.*
	# What came of it without a state takes no room.
	[ -s state ] || rm -rf memory* state
}

lay()
{
	bytes=$(wc -c <"$2")
	[ "$bytes" -le $(((SIZE - 1) << 20)) ] || exit 1
	lay_state "$1" "$3" || exit 1
	echo "-x $SIZE -r ${3##*/}" >"$3/options"
	printf 'suite %s\n' "$bytes" >"$3/head"
	lay_file "$3/head" "$3" $START && lay_file "$2" "$3" $((START + 1))
}

verb=$2
shift 2
case $verb in
find) find_state "$@" ;;
make) make_state "$@" ;;
lay) lay "$@" ;;
*) exit 1 ;;
esac
