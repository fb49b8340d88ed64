#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The test of main.fmf: runs the suite, which leaves results.yaml where tmt looks for it.
#
# SUITE       the directory of run_kselftest.sh, or nothing: the installed kvm-conformance
# TARBALL     the address of kvm-conformance.tar.gz, to be unpacked into SUITE or, without it,
#             into a directory of this test's own
# ARGUMENTS   of run_tests.sh
set -eu

: "${TMT_TEST_DATA:?is not set: this is run by tmt}"
suite=${SUITE:-}
if [ -n "${TARBALL:-}" ]; then
	suite=${suite:-$TMT_TEST_DATA/suite}
	mkdir -p "$suite"
	curl -sSfL -o "$suite/kvm-conformance.tar.gz" "$TARBALL"
	tar -xzf "$suite/kvm-conformance.tar.gz" -C "$suite"
fi
if [ -n "$suite" ]; then
	run=$suite/kvm-conformance/run_tests.sh
else
	run=kvm-conformance
fi
# Its status is in results.yaml, too; 2 and 3 mean that there is none, which tmt reports.
# shellcheck disable=SC2086 # several words
exec "$run" -o "$TMT_TEST_DATA/results" --tmt "$TMT_TEST_DATA" ${ARGUMENTS:-}
