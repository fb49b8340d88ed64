#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: faults.sh amd|amd-bochs|intel|tdx-dynamic
#
# Does the check of an emulated CPU fail on faulty silicon, of each kind that there is?
# Prints TAP. Exit status: 0 it does, 1 it does not, 2 usage.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
machine=${1:-}

# The faults that concern the machine, out of the emulator's own list.
case $machine in
amd) list=$(cat "$here/../qemu/fault.h") ;;
amd-bochs) list=$(grep -e BOTH -e '"amd"' "$here/../bochs/faulty.h") ;;
# The check's host posts no interrupts: what becomes of those is for tdx/guest_halt.
tdx-dynamic)
	list=$(grep -e '"tdx"' -e '"tdx-' "$here/../bochs/faulty.h" | grep -v '"tdx-interrupt-lost"') ;;
intel) list=$(grep -e BOTH -e '"intel"' "$here/../bochs/faulty.h") ;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2 ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

echo "TAP version 13"
n=0
status=0
for fault in $(echo "$list" | sed -n 's/.*FAULT([A-Z0-9_]*, "\([a-z0-9-]*\)".*/\1/p'); do
	n=$((n + 1))
	verdict=0
	"$here/run.sh" "$machine" "$fault" >"$log" || verdict=$?
	tail -n 1 "$log" | sed 's/^[^#]/# &/'
	if [ "$verdict" = 1 ]; then
		echo "ok $n - $fault makes the check fail"
	else
		echo "not ok $n - $fault makes the check fail"
		status=1
	fi
done
echo "1..$n"
[ "$n" -gt 0 ] && exit "$status"
