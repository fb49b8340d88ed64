# SPDX-License-Identifier: GPL-2.0-only
#
# make deb: what lintian says of the package, and that it runs where it is installed.

# shellcheck disable=SC2154 # shared with the files loaded
load consumers.sh
load ../package/package.sh

setup()
{
	deb=$(ls "$BATS_RUN_TMPDIR"/deb/*.deb 2> /dev/null) || {
		mkdir -p "$BATS_RUN_TMPDIR/deb"
		"$top/package/stage.sh" "$top" "$BATS_RUN_TMPDIR/deb.stage"
		DEBFULLNAME="A Maintainer" DEBEMAIL=maintainer@debian.org "$top/package/deb.sh" \
			"$BATS_RUN_TMPDIR/deb.stage" "$BATS_RUN_TMPDIR/deb.work" "$BATS_RUN_TMPDIR/deb"
		deb=$(ls "$BATS_RUN_TMPDIR"/deb/*.deb)
	}
}

teardown() { leave_root; }

@test "lintian has nothing to say" {
	lintian --allow-root --fail-on error,warning,info "$deb" > "$BATS_TEST_TMPDIR/lintian" || {
		cat "$BATS_TEST_TMPDIR/lintian"
		return 1
	}
	[ ! -s "$BATS_TEST_TMPDIR/lintian" ]
}

@test "it has what the archive has, and the command with its manual" {
	dpkg-deb -x "$deb" "$BATS_TEST_TMPDIR/x"
	# And a mark that this copy is an installed one.
	rm "$BATS_TEST_TMPDIR/x/usr/libexec/kvm-conformance/kvm-conformance/installed"
	diff -r "$BATS_RUN_TMPDIR/deb.stage" "$BATS_TEST_TMPDIR/x/usr/libexec/kvm-conformance"
	(cd "$BATS_RUN_TMPDIR/deb.stage" && find . -type f -printf '%m %p\n' | sort) > "$BATS_TEST_TMPDIR/want"
	(cd "$BATS_TEST_TMPDIR/x/usr/libexec/kvm-conformance" && find . -type f -printf '%m %p\n' | sort) |
		diff "$BATS_TEST_TMPDIR/want" -
	zcat "$BATS_TEST_TMPDIR/x/usr/share/man/man1/kvm-conformance.1.gz" | grep -q '^.SH EXIT STATUS'
	[ -z "$(dpkg-deb -f "$deb" Depends)" ]
}

@test "installed in a clean chroot it runs there, and goes without a trace" {
	[ "$(id -u)" = 0 ] || skip "needs root, for chroot"
	distro=$("$top/selfcheck/package/distro.sh") || skip "no Debian to be had: no network?"
	root=$BATS_TEST_TMPDIR/root
	cp -a "$distro" "$root"
	cp "$deb" "$root/root/suite.deb"
	(cd "$root" && find . -xdev ! -path './var/*' ! -path './root/*' | sort) > "$BATS_TEST_TMPDIR/before"
	bind_kernel
	enter dpkg -i /root/suite.deb
	enter kvm-conformance --version
	enter sh -c 'cd /root && kvm-conformance -o /root/out x86/vm_types x86/pio_rip' \
		> "$BATS_TEST_TMPDIR/tap" || [ $? -eq 4 ]
	grep -qE '^ok 1 selftests: kvm-conformance: ' "$BATS_TEST_TMPDIR/tap"
	grep -qE '^ok 2 selftests: kvm-conformance: ' "$BATS_TEST_TMPDIR/tap"
	enter /usr/libexec/kvm-conformance/run_kselftest.sh -t kvm-conformance:vm_types > /dev/null ||
		[ $? -eq 4 ]
	enter dpkg -P kvm-conformance
	leave_root
	(cd "$root" && find . -xdev ! -path './var/*' ! -path './root/*' | sort) |
		diff "$BATS_TEST_TMPDIR/before" -
}
