#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Lays the built suite out as an installed kselftest:
#
#	run_kselftest.sh  kselftest-list.txt
#	kvm-conformance/		the runner, its plan and its data
#	kvm-conformance/x86/		binaries
#
# Everything in it is found from where it stands, so that it runs from anywhere. The
# emulated machines stay in the source tree, which builds them.
#
# usage: stage.sh BUILT DIR    BUILT: make's OUTPUT; DIR is made anew
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=${here%/*}
built=$1
stage=$2
suite=$stage/kvm-conformance

# What users may run, the rest is data; not what this umask or this checkout says.
put()
{
	mode=$1
	shift
	for into; do :; done
	install -d -m 755 "$into"
	install -m "$mode" "$@"
}

rm -rf "$stage"
put 755 "$here/run_kselftest.sh" "$stage"
put 755 "$top/run_tests.sh" "$suite"
put 644 "$built/tests.tsv" "$built/version" "$top/known_issues" "$top/coverage" "$top/config" "$top/settings" \
	"$top/README.md" "$suite"

put 755 "$top/runner/remote.sh" "$suite/runner"
put 644 "$top"/profiles/* "$suite/profiles"
put 644 "$top"/report/*.py "$top"/report/*.css "$top"/report/*.j2 "$suite/report"
put 755 "$top/report/report.sh" "$suite/report"
put 644 "$top"/docs/* "$suite/docs"

# Guest addresses in messages are looked up in the symbol table, so that stays.
binary()
{
	install -d -m 755 "$suite/${1%/*}"
	"${STRIP:-strip}" --strip-debug -o "$suite/$1" "$built/$1"
	chmod 755 "$suite/$1"
}

binary runner/kvm-conformance
cut -f 1 "$built/tests.tsv" | LC_ALL=C sort -u | while read -r test; do
	binary "$test" || exit
	echo "kvm-conformance:$test"
done > "$stage/kselftest-list.txt"
chmod 644 "$stage/kselftest-list.txt"
