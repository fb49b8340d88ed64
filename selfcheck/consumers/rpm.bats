# SPDX-License-Identifier: GPL-2.0-only
#
# make rpm: that the spec builds by the rules of distributions that have RPMs, too, and that the
# package runs where it is installed.

# shellcheck disable=SC2154 # shared with the files loaded
load consumers.sh
load ../package/package.sh

# Fedora's macros that Debian's rpm has no values for.
setup_file()
{
	top=${BATS_TEST_DIRNAME%/selfcheck*}
	home=$BATS_FILE_TMPDIR/home
	mkdir -p "$home"
	printf '%%%s\n' '_missing_build_ids_terminate_build 1' '_build_id_links compat' \
		'_hardened_build 1' '_annotated_build 1' '_auto_set_build_flags 1' > "$home/.rpmmacros"
	HOME=$home "$top/package/rpm.sh" "$top/version" "$top/build/harness" \
		"$BATS_FILE_TMPDIR/rpmbuild" "$BATS_FILE_TMPDIR"
}

setup()
{
	rpm=$(ls "$BATS_FILE_TMPDIR"/*.rpm)
	root=$BATS_TEST_TMPDIR/root
	mkdir "$root"
}

teardown() { leave_root; }

# Debian's rpm says each time that this is a Debian.
rpm_in_root() { rpm --root "$root" "$@" 2> "$BATS_TEST_TMPDIR/rpm.err"; }

@test "rpmbuild has nothing to warn of" {
	[ -z "$(grep -A 5 '^RPM build warnings' "$BATS_FILE_TMPDIR/rpmbuild/log")" ]
}

@test "it has what the archive has, and the command with its manual" {
	(cd "$root" && rpm2cpio "$rpm" | cpio -idm --quiet)
	"$top/package/stage.sh" "$top" "$BATS_TEST_TMPDIR/stage"
	# And a mark that this copy is an installed one.
	touch "$BATS_TEST_TMPDIR/stage/kvm-conformance/installed"
	diff -r "$BATS_TEST_TMPDIR/stage" "$root/usr/libexec/kvm-conformance"
	[ -x "$root/usr/bin/kvm-conformance" ]
	zcat -f "$root"/usr/share/man/man1/run_tests.sh.1* | grep -q '^.SH EXIT STATUS'
	[ "$(rpm -qp --requires "$rpm" | grep -v '^rpmlib(')" = /bin/sh ]
	[ "$(stat -c %s "$rpm")" -lt $(($(tests | wc -l) * 96 * 1024)) ]
}

@test "installed beside nothing but busybox it runs there, and goes without a trace" {
	[ "$(id -u)" = 0 ] || skip "needs root, for chroot"
	rpm_in_root --initdb
	rpm_in_root -i --nodeps "$rpm"
	mkdir -p "$root/bin" "$root/tmp"
	cp "$("$top/emulator/busybox.sh")" "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s /bin
	bind_kernel
	[ "$(enter kvm-conformance --version)" = "$("$top/run_tests.sh" --version)" ]
	enter kvm-conformance -o /tmp/out x86/vm_types x86/pio_rip > "$BATS_TEST_TMPDIR/tap" ||
		[ $? -eq 4 ]
	grep -qE '^ok 1 selftests: kvm-conformance: ' "$BATS_TEST_TMPDIR/tap"
	grep -qE '^ok 2 selftests: kvm-conformance: ' "$BATS_TEST_TMPDIR/tap"
	leave_root
	rpm_in_root -e kvm-conformance
	[ -z "$(find "$root/usr" -name '*kvm-conformance*' -o -name '*run_tests*')" ]
}
