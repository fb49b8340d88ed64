#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Which ioctls of x86's KVM have no row in the tables of ../tdx/ioctl_*.c.
#
# usage: ioctl_rows.sh HEADER FILE..
#	HEADER	a kernel's uapi header linux/kvm.h
#	FILE	the sources with the rows
#
# An ioctl of another architecture is told by its name, or by NOT_X86() in a FILE; one that only
# old headers have by GONE(), one that is not to be tried by NOT_GIVEN(). Prints those without a row, one a line. Exit status: 0 none, 1 some,
# 2 usage, or a HEADER without ioctls.
set -u

[ $# -gt 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
header=$1
shift
ioctls=$(sed ':join; /\\$/ { N; s/\\\n//; b join }' "$header" |
	awk '$1 == "#define" && $2 ~ /^KVM_[A-Z0-9_]+$/ && /_IO(R|W|WR)?\(KVMIO/ { print $2 }')
[ -n "$ioctls" ] || { echo "$header: no ioctls" >&2; exit 2; }

status=0
for name in $ioctls; do
	case $name in
	KVM_ARM_* | KVM_PPC_* | KVM_S390_*) continue ;;
	esac
	grep -qE "\<(ROW|ROW_IF|VM|CHIP|VCPU|DEVICE|NOT_X86|GONE|NOT_GIVEN)\(([a-z0-9_]+, )?$name\>" "$@" && continue
	echo "$name"
	status=1
done
exit $status
