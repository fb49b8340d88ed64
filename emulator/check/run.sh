#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: run.sh amd|amd-bochs|intel|tdx|tdx-dynamic [FAULT[,FAULT..]]
#
# Does an emulated CPU do what the manual says? Runs a program of ours on the bare machine,
# and prints its TAP and a closing line. With FAULT, on faulty silicon of that kind: then
# the check must fail, and faults.sh sees to it that it does.
#
# Exit status: 0 passed, 1 failed, 2 usage, or the emulator or the program broke.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../cache.sh disable=SC1091
. "$here/../cache.sh"
# shellcheck source=SCRIPTDIR/../apt.sh disable=SC1091
. "$here/../apt.sh"

usage()
{
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
}

machine=${1:-}
case $machine in
amd)
	sources='svm*.c'
	emulator=qemu
	options="-m 64 -t 60"
	;;
amd-bochs)
	sources='svm*.c'
	emulator=bochs
	options="-v amd -m 64 -t 600"
	;;
intel)
	sources='vmx*.c'
	emulator=bochs
	options="-v intel -m 64 -t 600"
	;;
tdx | tdx-dynamic)
	sources="tdx*.c vmx_guest.c"
	emulator=bochs
	options="-v $machine -m 64 -t 600"
	;;
*) usage ;;
esac
[ $# -le 2 ] || usage
export KVMCONF_FAULT="${2:-}"
begun=$(date +%s)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
: >"$dir/tap"

compile()
{
	command -v gcc >/dev/null || apt_need gcc libc6-dev
	cd "$here"
	# shellcheck disable=SC2086 # a pattern, or a list of words
	gcc -m64 -O2 -Wall -Wextra -Wno-missing-field-initializers -Werror -ffreestanding \
		-fno-pic -no-pie -static -nostdlib -mno-red-zone -mgeneral-regs-only \
		-fno-stack-protector -fcf-protection=none \
		-fno-tree-loop-distribute-patterns -Wl,--build-id=none,-z,noexecstack \
		-I../../lib -DINSN_STOP=hlt -T link.ld -o "$dir/elf64" \
		-DCHECK_SEV="$([ "$machine" = amd ] && echo true || echo false)" \
		-DCHECK_DYNAMIC="$([ "$machine" = tdx-dynamic ] && echo true || echo false)" \
		start.S ../../lib/instructions.S tap.c pages.c trial.c $sources
	# Multiboot loaders want a 32-bit file, whatever is in it.
	objcopy -O elf32-i386 "$dir/elf64" "$dir/program"
	cd "$OLDPWD"
}

count()
{
	grep -cE "^$1 " "$dir/tap" || :
}

# Run the program on the machine, with OPTION.. Its claims get a name, and numbers that
# continue.
run()
{
	name=$1
	shift
	: >"$dir/serial"
	# What it has come to, the serial line says.
	# shellcheck disable=SC2086 # a list of words
	"$here/../$emulator/boot.sh" $options "$@" "$dir/serial" "$dir/unused" \
		-kernel "$dir/program" >&2 || :
	awk -v name="$name" -v n="$(count '(not )?ok')" '
		/^(not )?ok / { sub(/ok [0-9]+ - /, "ok " ++n " - " name ": "); print }
		/^(#|Bail out!)/ { print }
	' "$dir/serial" >"$dir/part"
	cat "$dir/part"
	cat "$dir/part" >>"$dir/tap"
	tail -n 1 "$dir/serial" | grep -q '^1\.\.[1-9]' || {
		grep -q '^Bail out!' "$dir/part" || echo "Bail out! $name: the program did not end"
		exit 2
	}
}

compile
echo "TAP version 13"
run "1 CPU"
[ "$machine" != amd ] || run "2 CPUs" -s 2 -p

passed=$(count ok)
failed=$(count 'not ok')
echo "1..$((passed + failed))"
echo "# $machine${KVMCONF_FAULT:+ with $KVMCONF_FAULT}: $passed passed, $failed failed, $(($(date +%s) - begun)) s"
[ "$failed" = 0 ]
