#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: load.sh DIRECTORY KERNEL INITRAMFS MIB PARAMETER..
#
# Make the memory images in DIRECTORY that boot.S starts, with the initramfs from MIB on, and print
# the lines for Bochs's configuration that load them. A bzImage is unpacked here, which emulation is
# slow at.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../cache.sh disable=SC1091
. "$here/../cache.sh"
# shellcheck source=SCRIPTDIR/../apt.sh disable=SC1091
. "$here/../apt.sh"

dir=$1
kernel=$2
initramfs=$3
INITRAMFS=$(($4 << 20))
shift 4

PARAMS=$((0x10000))
COMMAND_LINE=$((PARAMS + 0x1000))
ORDER=$((PARAMS + 0x2000))
MULTIBOOT=0
LINUX=1

# number FILE OFFSET SIZE: an unsigned little-endian number
number()
{
	od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# u32 NUMBER OFFSET: write it into the boot parameters
u32()
{
	for shift in 0 8 16 24; do
		printf '%b' "\\0$(printf %o $(($1 >> shift & 255)))"
	done | put "$2"
}

put()
{
	dd of="$dir/params" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# need COMMAND PACKAGE
need()
{
	command -v "$1" >/dev/null || apt_need "$2"
}

unpack()
{
	case $(od -An -t x1 -N 4 "$1" | tr -d ' ') in
	28b52ffd) need zstd zstd && zstd -dcq "$1" ;;
	02214c18) need lz4 lz4 && lz4 -dcq "$1" ;;
	fd377a58) need xz xz-utils && xz -dcq "$1" ;;
	1f8b*) gzip -dcq "$1" ;;
	*) return 1 ;;
	esac
}

# The kernel proper inside a bzImage. Its size follows it; gzip's own format ends with one.
# Offsets: Linux boot protocol.
unpack_linux()
{
	payload=$((($(number "$kernel" 497 1) + 1) * 512 + $(number "$kernel" 584 4)))
	length=$(number "$kernel" 588 4)
	[ "$(number "$kernel" "$payload" 2)" = $((0x8b1f)) ] || length=$((length - 4))
	tail -c +$((payload + 1)) "$kernel" | head -c "$length" >"$dir/payload"
	unpack "$dir/payload" >"$dir/elf" || {
		echo "$kernel: cannot unpack it" >&2
		exit 1
	}
	rm "$dir/payload"
}

# The boot parameters begin with the bzImage's own header.
linux_params()
{
	end=$((514 + $(number "$kernel" 513 1)))
	tail -c +498 "$kernel" | head -c $((end - 497)) | put 497
	printf '%b' '\0377' | put 528			# type_of_loader: none that has a number
	u32 "$COMMAND_LINE" 552
	u32 "$INITRAMFS" 536
	u32 "$(wc -c <"$initramfs")" 540
	printf '%s\0' "$1" | put $((COMMAND_LINE - PARAMS))
}

head -c $((ORDER - PARAMS + 8)) /dev/zero >"$dir/params"
case $(od -An -t x1 -N 4 "$kernel" | tr -d ' ') in
7f454c46)
	cp "$kernel" "$dir/elf"
	how=$MULTIBOOT
	;;
*)
	unpack_linux
	linux_params "$*"
	how=$LINUX
	;;
esac

# Entry point and the first segment's physical address, in an ELF file of either class.
case $(number "$dir/elf" 4 1) in
1) size=4 headers=28 offset=12 ;;
*) size=8 headers=32 offset=24 ;;
esac
u32 "$(number "$dir/elf" 24 "$size")" $((ORDER - PARAMS))
u32 "$how" $((ORDER - PARAMS + 4))
headers=$(number "$dir/elf" "$headers" "$size")
address=$(number "$dir/elf" $((headers + offset)) "$size")
need objcopy binutils
objcopy -O binary "$dir/elf" "$dir/program"
rm "$dir/elf"

printf 'optramimage1: file="%s", address=0x%x\n' "$dir/params" "$PARAMS"
printf 'optramimage2: file="%s", address=0x%x\n' "$dir/program" "$address"
[ -z "$initramfs" ] ||
	printf 'optramimage3: file="%s", address=0x%x\n' "$(realpath "$initramfs")" "$INITRAMFS"
