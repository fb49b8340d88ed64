#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Packs a directory of stage.sh. The same files give the same archive: sorted, owned by
# root, as old as the commit (or SOURCE_DATE_EPOCH), in the oldest format that every tar
# reads. The window of xz, 16 MiB of memory for who unpacks it, reaches from one static binary
# to the same library in many others; nothing in them is aligned that a position could tell.
#
# The same files as .tar.gz, for who reads no xz; its window of 32 kB sees each library anew.
#
# usage: tar.sh DIR FILE.tar    makes FILE.tar.xz and FILE.tar.gz
set -eu

dir=$1
file=$2
here=$(dirname "$0")
date=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct || echo 0)}

new=$file.$$
trap 'rm -f "$new" "$dir.tar"' EXIT
trap 'exit 1' HUP INT TERM
# In two steps: a shell without pipefail would not see tar fail.
tar --sort=name --format=ustar --mtime="@$date" --owner=0 --group=0 --numeric-owner \
	-C "$dir" -cf "$dir.tar" .

# pack EXTENSION PROGRAM OPTION..: to pack takes a minute, to see that it is there a second.
pack()
{
	packed=$file.$1
	shift
	[ ! -f "$packed" ] || ! "$1" -dc "$packed" 2> /dev/null | cmp -s - "$dir.tar" || return 0
	"$@" -c "$dir.tar" > "$new" || return
	mv "$new" "$packed"
}

pack xz xz --threads=1 --check=crc32 --lzma2=preset=9e,dict=16MiB,pb=0
pack gz gzip -9n
