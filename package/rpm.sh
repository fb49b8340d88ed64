#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes an RPM of this checkout's files as they are, built anew by kvm-conformance.spec.
#
# usage: rpm.sh VERSION KSELFTEST WORK OUT
#	VERSION		make's file of that name
#	KSELFTEST	directory of the harness
#	WORK		made anew; the package goes to the directory OUT
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
version=$1
kselftest=$(cd "$2" && pwd)
work=$3
out=$4
date=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct)}

rm -rf "$work"
mkdir -p "$work/SOURCES" "$work/kvm-conformance"
work=$(cd "$work" && pwd)
git -C "$top" ls-files -z | tar -C "$top" --null -T - -cf - | tar -C "$work/kvm-conformance" -xf -
# As "git archive" would have it.
tr '\n' ' ' < "$version" > "$work/kvm-conformance/package/version.in"
tar -C "$work" -czf "$work/SOURCES/kvm-conformance.tar.gz" kvm-conformance

# Without dependencies, for make has found them by trying, whatever packages they are from.
rpmbuild -bb --nodeps --define "_topdir $work" --define "kselftest $kselftest" \
	--define "version_of_suite $("$top/package/version.sh" "$(sed -n 1p "$version")" "$date")" \
	"$top/package/kvm-conformance.spec" > "$work/log" 2>&1 || {
	tail -n 20 "$work/log" >&2
	exit 1
}
for rpm in "$work"/RPMS/x86_64/*.rpm; do
	mv "$rpm" "$out"
	echo "$out/${rpm##*/}"
done
