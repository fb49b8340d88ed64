#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the suite: run_tests.sh --help. Finds the program that does it (runner/), also by way of a
# link to this file. Reports are made by a Python program (report/), where people read them.
self=$0
[ ! -h "$0" ] || self=$(readlink -f -- "$0")
case $self in
*/*) root=${self%/*} ;;
*) root=. ;;
esac

case ${1:-} in
--report | --report=* | --compare)
	exec "$root/report/report.sh" "$@"
	;;
esac
if [ ! -x "$root/runner/kvm-conformance" ]; then
	echo "run_tests.sh: runner/kvm-conformance is missing: run make first" >&2
	exit 2
fi
exec "$root/runner/kvm-conformance" "$@"
