# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # bats files that load this set what it uses
#
# For bats files to load.

# kernel_tree: $tree with the kselftest files of the kernel-source package, which are all
# that its build and its runner need, and the suite in its place. From $top.
kernel_tree()
{
	tarball=$("$top/lib/harness.sh" find)
	[ -f "$tarball" ] || skip "the harness does not come from a kernel-source package"
	dir=$(basename "${tarball%.tar.*}")
	tar -xf "$tarball" -C "$BATS_TEST_TMPDIR" "$dir/scripts" "$dir/tools/scripts" \
		"$dir/tools/testing/selftests/Makefile" "$dir/tools/testing/selftests/lib.mk" \
		"$dir/tools/testing/selftests/kselftest" \
		"$dir/tools/testing/selftests/kselftest.h" \
		"$dir/tools/testing/selftests/kselftest_harness.h" \
		"$dir/tools/testing/selftests/kselftest_deps.sh" \
		"$dir/tools/testing/selftests/run_kselftest.sh"
	tree=$BATS_TEST_TMPDIR/$dir
	mkdir "$tree/tools/testing/selftests/kvm-conformance"
	git -C "$top" ls-files --cached --others --exclude-standard |
		tar -C "$top" -cf - -T - |
		tar -xf - -C "$tree/tools/testing/selftests/kvm-conformance"
}
