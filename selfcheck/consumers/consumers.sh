# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154 # bats files that load this set what it uses
#
# For bats files to load: what consumers are given, and where their own code is. That which Debian
# has no package of is skipped unless a variable says where it stands:
#
#	TEST_DEFINITIONS	a tree of Linaro's test-definitions
#	OPENQA_TREE		a tree of openQA
#	TMT			tmt's command, such as "tmt" where it is installed
#	KERNELCI_CORE, KERNELCI_PIPELINE	trees of KernelCI's
#	JUNIT_XSD		a schema of JUnit's XML, such as Jenkins' junit-10.xsd
#
# Packages that these tests need: bats python3 python3-tap python3-junitparser libxml2-utils
# libmojolicious-perl libfilesys-df-perl libipc-run-perl libregexp-common-perl
# libfeature-compat-try-perl

top=${BATS_TEST_DIRNAME%/selfcheck*}

# Not a manager's shim.
python=/usr/bin/python3
PATH=/usr/bin:$PATH

# Every kind of verdict that a host without the hardware gives, known issues among them.
some_tests="svm/bus_lock_reload x86/bus_lock_exit x86/pio_forms x86/pio_rip x86/vm_types"

# setup_archive: $archive is the unpacked archive, its list of tests as short as that.
setup_archive()
{
	stage=$BATS_RUN_TMPDIR/stage
	[ -e "$stage.made" ] || "$top/package/stage.sh" "$top" "$stage"
	: > "$stage.made"
	archive=$BATS_TEST_TMPDIR/archive
	cp -a "$stage" "$archive"
	for test in $some_tests; do
		echo "kvm-conformance:$test"
	done > "$archive/kselftest-list.txt"
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES KVMCONF_RUNNER
}

# The kernel's own run_kselftest.sh in place of ours.
kernels_runner()
{
	. "$top/selfcheck/kernel_tree.sh"
	kernel_tree
	cp "$tree/tools/testing/selftests/run_kselftest.sh" "$archive"
	cp -R "$tree/tools/testing/selftests/kselftest" "$archive"
	chmod +x "$archive"/kselftest/*
}

# verdicts_of RESULTS.json: "id verdict" a line, with the id as in TAP.
verdicts_of() { $python "$BATS_TEST_DIRNAME/verdicts.py" "$1" | LC_ALL=C sort; }

need() # VARIABLE FILE
{
	eval "value=\${$1:-}"
	[ -n "$value" ] || skip "$1 is not set"
	[ -e "$value/$2" ] || {
		echo "$1=$value: no $2 there"
		return 1
	}
}
