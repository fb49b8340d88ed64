# SPDX-License-Identifier: GPL-2.0-only
#
# make gen_tar: what is in it, that it is the same each time, and that it runs where there
# is next to nothing.

# shellcheck disable=SC2154 # shared with package.sh
load package.sh

setup()
{
	setup_package
}

teardown()
{
	leave_root
}

@test "the archive has kselftest's layout, and is small" {
	# What a test adds is its own code: the library and libc are in it once.
	[ "$(stat -c %s "$tarball")" -lt $(($(tests | wc -l) * 48 * 1024)) ]
	unpack "$BATS_TEST_TMPDIR/k"
	cd "$BATS_TEST_TMPDIR/k"
	[ "$(ls -A | tr '\n' ' ')" = "kselftest-list.txt kvm-conformance run_kselftest.sh " ]
	for file in run_tests.sh tests.tsv version known_issues coverage config settings README.md; do
		cmp "kvm-conformance/$file" "$top/$file"
	done
	sed 's|^kvm-conformance:||' kselftest-list.txt | diff - <(tests)
	while IFS=: read -r collection test; do
		[ -x "$collection/$test" ]
	done < kselftest-list.txt
	# Nothing to write to, for anybody but the owner, and no source.
	[ -z "$(find . -perm /022 ! -type l)" ]
	[ -z "$(find . -name '*.[chSo]')" ]
}

@test "the .tar.gz has the same" {
	mkdir "$BATS_TEST_TMPDIR/z" && cd "$BATS_TEST_TMPDIR/z"
	tar -zxf "${tarball%.xz}.gz"
	unpack "$BATS_TEST_TMPDIR/k"
	diff -r . "$BATS_TEST_TMPDIR/k"
}

@test "every program in it is static, and has its symbols" {
	unpack "$BATS_TEST_TMPDIR/k"
	found=0
	for file in "$BATS_TEST_TMPDIR"/k/kvm-conformance/*/*; do
		[ "$(head -c 4 "$file" 2> /dev/null | tail -c 3)" = ELF ] || continue
		found=$((found + 1))
		echo "$file"
		[ -z "$(objdump -p "$file" | grep -E 'INTERP|NEEDED')" ]
		objdump -t "$file" | grep -q ' main$'
	done
	[ "$found" -eq $(($(tests | wc -l) + 1)) ]
}

@test "the same commit gives the same bytes, from another directory, too" {
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	git -C "$top" ls-files --cached --others --exclude-standard | tar -C "$top" -cf - -T - |
		tar -C "$BATS_TEST_TMPDIR/elsewhere" -xmf -
	(umask 077 && make -j2 -C "$BATS_TEST_TMPDIR/elsewhere" KSELFTEST="$top/build/harness" \
		SOURCE_DATE_EPOCH="$(git -C "$top" log -1 --format=%ct)" \
		SUITE_VERSION="$(tr '\n' ' ' < "$top/version" | sed 's/ $//')" gen_tar > /dev/null)
	cmp "$tarball" "$BATS_TEST_TMPDIR/elsewhere/kvm-conformance.tar.xz"
}

@test "it runs where there is nothing but busybox" {
	busybox_root
	enter /bin/sh -c 'cd /root && tar -xJf kvm-conformance.tar.xz && ./run_kselftest.sh' \
		> "$BATS_TEST_TMPDIR/tap"
	whole_and_well "$BATS_TEST_TMPDIR/tap"
}

@test "each binary stands alone there, and ends with 0 or 4, for known issues are known to it" {
	busybox_root
	unpack "$root/root"
	tests | while read -r test; do
		status=0
		enter "/root/kvm-conformance/$test" > "$BATS_TEST_TMPDIR/log" 2>&1 || status=$?
		echo "$test: $status"
		case $status in
		0) grep -q '^ok 1 ' "$BATS_TEST_TMPDIR/log" ;;
		4) [ -z "$(grep '^ok ' "$BATS_TEST_TMPDIR/log" | grep -v ' # SKIP$')" ] ;;
		*) false ;;
		esac
	done
}

@test "without /proc and /sys nothing fails, and it is said why" {
	busybox_root bare
	unpack "$root/root"
	run enter /root/run_kselftest.sh
	echo "$output"
	[ "$status" -eq 4 ]
	echo "$output" | grep -q '^run_tests.sh: no test can run: /dev/kvm is absent'
	[ "$(echo "$output" | grep -c '^ok .* # SKIP$')" -eq "$(tests | wc -l)" ]
}

@test "it runs on the oldest Debian that is to be had" {
	[ "$(id -u)" = 0 ] || skip "needs root, for chroot"
	distro=$("$BATS_TEST_DIRNAME/distro.sh") || skip "no Debian to be had: no network?"
	cat "$distro/etc/os-release"
	root=$BATS_TEST_TMPDIR/root
	cp -a "$distro" "$root"
	bind_kernel
	unpack "$root/root"
	enter /root/run_kselftest.sh > "$BATS_TEST_TMPDIR/tap"
	whole_and_well "$BATS_TEST_TMPDIR/tap"
}
