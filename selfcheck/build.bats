# SPDX-License-Identifier: GPL-2.0-only
#
# The suite builds without a warning: with every compiler on this machine, with
# every harness at hand, and inside a kernel tree.

# shellcheck disable=SC2154 # shared with kernel_tree.sh
load kernel_tree.sh

setup()
{
	top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	cd "$top" || return 1
	# Unpacked once by the build that came before; see the Makefile.
	harness=$top/build/harness
	out=$BATS_TEST_TMPDIR/out
}

build()
{
	make -j2 OUTPUT="$out" KSELFTEST="${KSELFTEST:-$harness}" "$@" all
}

# A copy of this checkout, to be changed.
checkout()
{
	copy=$BATS_TEST_TMPDIR/copy
	mkdir "$copy"
	git ls-files --cached --others --exclude-standard | tar -cf - -T - | tar -C "$copy" -xf -
	cd "$copy" || return 1
	# About tests that are not built here.
	: > known_issues
}

# Every gcc from 12 on and clang from 14 on, by the names that distributions give.
compilers()
{
	for cc in gcc gcc-1[2-9] clang clang-1[4-9] clang-2[0-9]; do
		for dir in $(echo "$PATH" | tr ':' ' '); do
			for found in "$dir"/$cc; do
				[ -x "$found" ] && basename "$found"
			done
		done
	done | sort -u
}

@test "builds with every compiler of this machine, -Werror" {
	for cc in $(compilers); do
		echo "CC=$cc"
		rm -rf "$out"
		build CC="$cc"
		[ -s "$out/tests.tsv" ]
	done
}

@test "builds with every kernel-source package's harness from 6.12 on" {
	found=0
	for tarball in /usr/src/linux-source-*.tar.*; do
		[ -f "$tarball" ] || continue
		echo "$tarball"
		rm -rf "$out" "$BATS_TEST_TMPDIR/harness"
		mkdir "$BATS_TEST_TMPDIR/src"
		dir=$(basename "${tarball%.tar.*}")/tools/testing/selftests
		tar -xf "$tarball" -C "$BATS_TEST_TMPDIR/src" "$dir/kselftest.h" \
			"$dir/kselftest_harness.h"
		KSELFTEST=$BATS_TEST_TMPDIR/src/$dir build
		rm -rf "$BATS_TEST_TMPDIR/src"
		found=$((found + 1))
	done
	[ "$found" -gt 0 ] || skip "no kernel-source package"
}

@test "builds and runs in a kernel tree through lib.mk" {
	kernel_tree
	make -j2 -C "$tree/tools/testing/selftests" TARGETS=kvm-conformance
	[ -s "$tree/tools/testing/selftests/kvm-conformance/tests.tsv" ]

	[ -r /dev/kvm ] || skip "built; not run for want of /dev/kvm"
	run make -C "$tree/tools/testing/selftests" TARGETS=kvm-conformance run_tests
	echo "$output"
	echo "$output" | grep -q '^ok 1 selftests: kvm-conformance: '
	cut -f 1 "$tree/tools/testing/selftests/kvm-conformance/tests.tsv" | sort -u |
		while read -r test; do
			echo "$output" | grep -q "ok [0-9]* selftests: kvm-conformance: ${test#*/}"
		done
}

@test "a test without a claim or a source does not build" {
	printf '#include "test.h"\n\nTEST(naked)\n{\n}\n' > "$BATS_TEST_TMPDIR/naked.c"
	run awk -v binary=x86/naked -v reasons=runner/reasons.c -f lib/glob.awk -f lib/claim_id.awk -f lib/extract_plan.awk "$BATS_TEST_TMPDIR/naked.c" - \
		<<< global.naked
	echo "$output"
	[ "$status" -ne 0 ]
	echo "$output" | grep -q 'naked.c:3: test without a claim'
	echo "$output" | grep -q 'naked.c:3: claim without a source'
}

# plan_of CASE...: the needs column of each, for the source on standard input.
plan_of()
{
	cat > "$BATS_TEST_TMPDIR/name.c"
	printf '%s\n' "$@" | awk -v binary=x86/name -v reasons=runner/reasons.c \
		-f lib/glob.awk -f lib/claim_id.awk -f lib/extract_plan.awk "$BATS_TEST_TMPDIR/name.c" - | cut -f 5
	return "${PIPESTATUS[1]}"
}

@test "a test needs what its fixture needs, and what it says itself" {
	run plan_of one.first one.variant.second two.first global.alone <<-'EOF'
	/* Needs: no-cap */
	FIXTURE(one) {
	};

	/*
	 * Whoever comes here has a KVM.
	 *
	 * Needs: no-nested, no-cap
	 */
	FIXTURE_SETUP(one)
	{
	}

	/*
	 * A claim.
	 *
	 * Source: a book
	 */
	TEST_F(one, first)
	{
	}

	/*
	 * A claim.
	 *
	 * Source: a book
	 * Needs: no-tdx,no-nested,
	 * no-memory
	 */
	TEST_F(one, second)
	{
	}

	/* Not about needs. */
	FIXTURE_SETUP(two)
	{
	}

	/*
	 * A claim.
	 *
	 * Source: a book
	 */
	TEST_F(two, first)
	{
	}

	/*
	 * A claim.
	 *
	 * Source: a book
	 * Needs: no-pmu
	 */
	TEST(alone)
	{
	}
	EOF
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "no-cap, no-nested
no-cap, no-nested, no-tdx, no-memory

no-pmu" ]
}

@test "a need that is no reason for a skip does not build" {
	for needs in no-capability 'two CPUs' 'no-cap no-nested' 'no-cap, a CPU with it' 'no-cap,'; do
		for of in 'FIXTURE(one) {' 'FIXTURE_SETUP(one)' 'TEST_F(one, first)'; do
			run plan_of one.first <<-EOF
			/*
			 * A claim.
			 *
			 * Source: a book
			 * Needs: $needs
			 */
			$of
			/*
			 * A claim.
			 *
			 * Source: a book
			 */
			TEST_F(one, first)
			EOF
			echo "$output"
			[ "$status" -ne 0 ]
			echo "$output" | grep -q 'name.c:5: Needs: no reason for a skip'
		done
	done
}

@test "what is missing is named, with the command of each package manager" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	for tool in sh awk sed grep sort tr cut cat id mktemp rm dirname basename printf; do
		ln -s "$(command -v $tool)" "$BATS_TEST_TMPDIR/bin/$tool"
	done
	NO_INSTALL=1 PATH=$BATS_TEST_TMPDIR/bin run lib/deps.sh run
	echo "$output"
	[ "$status" -eq 1 ]
	echo "$output" | grep -q 'apt-get install .*gcc'
	echo "$output" | grep -q 'dnf install .*gcc'
	echo "$output" | grep -q 'zypper install .*gcc'
	echo "$output" | grep -q 'pacman -S .*gcc'
}

@test "make run installs nothing unless INSTALL=1 asks for it; make check does" {
	checkout
	printf '#!/bin/sh\necho "NO_INSTALL is <${NO_INSTALL:-}>"\nexit 1\n' > lib/deps.sh
	for what in "1 run" " run INSTALL=1" "1 run INSTALL=1 NO_INSTALL=1" " check" "1 check NO_INSTALL=1" \
		"1 run INSTALL=0"; do
		# shellcheck disable=SC2086 # several words
		run env -u MAKEFLAGS -u NO_INSTALL make KSELFTEST="$harness" ${what#* }
		echo "$output"
		[ "$status" -ne 0 ]
		echo "$output" | grep -qx "NO_INSTALL is <${what%% *}>"
	done
}

@test "without permission for /dev/kvm make run names the group and tests nothing else" {
	[ "$(id -u)" -eq 0 ] && [ -c /dev/kvm ] || skip "needs root, to be another user, and /dev/kvm"
	group=$(stat -c %G /dev/kvm)
	[ "$(stat -c %a /dev/kvm)" = 660 ] || skip "/dev/kvm is for everybody"
	cd "$top"
	# So that the other user has nothing to build.
	env -u MAKEFLAGS make -s all
	run env -u MAKEFLAGS HOME=/nonexistent GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory \
		GIT_CONFIG_VALUE_0='*' setpriv --reuid=65534 --regid=65534 --clear-groups make run ARGS=x86/vm_types
	echo "$output"
	[ "$status" -ne 0 ]
	echo "$output" | grep -x "make run: permission: /dev/kvm: .*; it is for root and the group $group: usermod -aG $group USER, then log in again"
	[ "$(echo "$output" | grep -ic 'tap version')" -eq 0 ]
}

@test "the smallest test of docs/adding-a-test.md is complete: it builds, is listed, and passes" {
	checkout
	awk '/^    #include "test.h"$/ { on = 1 } on && /^[^ ]/ { exit } on { sub(/^    /, ""); print }' \
		"$top/docs/adding-a-test.md" > x86/example.c
	make -s -j2 KSELFTEST="$harness" TESTS=x86/example all
	./run_tests.sh --list -v x86/example | grep -q '^ *source: KVM api.rst 4.35 KVM_SET_USER_MEMORY_REGION$'
	[ -w /dev/kvm ] || skip "no usable /dev/kvm: built, not run"
	./run_tests.sh -o "$BATS_TEST_TMPDIR/results" x86/example | grep -x '# Totals: pass:1 .*'
}

# A build of its own, small and fresh, whatever make this check may run under.
small()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make OUTPUT="$out" \
		KSELFTEST="${KSELFTEST:-$harness}" TESTS="x86/pio_port_7e x86/vm_types" "$@"
}

@test "two builds in one place at the same time both succeed" {
	for round in 1 2; do
		rm -rf "$out"
		small -j2 all > "$BATS_TEST_TMPDIR/log" 2>&1 &
		small -j2 all
		wait $! || {
			cat "$BATS_TEST_TMPDIR/log"
			return 1
		}
		[ "$(cut -f 1 "$out/tests.tsv" | sort -u | wc -l)" -eq 2 ]
	done
	# What was whole has its name, and nothing else is left.
	[ -z "$(find "$out" -name '*.[0-9]*')" ]
}

@test "tests.tsv and the library lose what was removed" {
	checkout
	echo 'int gone;' > lib/gone.c
	small -s all
	ar t "$out/build/libkvmconf.a" | grep gone
	rm lib/gone.c
	small -s TESTS=x86/vm_types all
	[ "$(cut -f 1 "$out/tests.tsv" | sort -u)" = x86/vm_types ]
	! ar t "$out/build/libkvmconf.a" | grep gone
}

@test "another KSELFTEST is another harness, and what includes it is built again" {
	mkdir "$BATS_TEST_TMPDIR/other"
	cp "$harness"/kselftest*.h "$BATS_TEST_TMPDIR/other"
	small -s all
	run small KSELFTEST=/nonexistent all
	echo "$output"
	[ "$status" -ne 0 ]
	echo "$output" | grep -q 'KSELFTEST=/nonexistent: no kselftest_harness.h there'

	echo '#define OTHER_HARNESS' >> "$BATS_TEST_TMPDIR/other/kselftest_harness.h"
	run small KSELFTEST="$BATS_TEST_TMPDIR/other" all
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q OTHER_HARNESS "$out/build/harness/kselftest_harness.h"
	echo "$output" | grep 'CC.*x86/vm_types'

	# So is one that was edited; the same one is not.
	echo '#define EDITED' >> "$BATS_TEST_TMPDIR/other/kselftest.h"
	small KSELFTEST="$BATS_TEST_TMPDIR/other" all | grep 'CC.*x86/vm_types'
	[ -z "$(small KSELFTEST="$BATS_TEST_TMPDIR/other" all | grep CC)" ]
}

@test "the user's CPPFLAGS, CFLAGS and LDFLAGS are used, and a change of them builds again" {
	small -s all
	small CPPFLAGS=-DOF_THE_USER CFLAGS=-g3 LDFLAGS=-Wl,--defsym=of_the_user=42 LDLIBS=-lm all
	readelf --debug-dump=macro "$out/build/lib/vm.c.o" "$out/build/x86/vm_types.o" \
		> "$BATS_TEST_TMPDIR/macros"
	[ "$(grep -c OF_THE_USER "$BATS_TEST_TMPDIR/macros")" -eq 2 ]
	nm "$out/x86/vm_types" | grep -i '^0*2a a of_the_user$'
}

@test "a distribution's flags, hardened ones too, do not change what the guest needs" {
	small -s all CPPFLAGS=-D_FORTIFY_SOURCE=2 \
		CFLAGS="-O2 -flto=auto -fPIE -fstack-protector-strong -fcf-protection -march=x86-64-v3" \
		LDFLAGS="-pie -Wl,-z,relro -Wl,-z,now" TESTS="x86/pio_rip x86/bus_lock_numa"
	readelf -h "$out/x86/pio_rip" | grep 'Type: *EXEC'
	objdump -d --no-show-raw-insn "$out/build/x86/pio_rip.o" > "$BATS_TEST_TMPDIR/code"
	if grep '%[xyz]mm[0-9]' "$BATS_TEST_TMPDIR/code"; then
		return 1
	fi
	[ -w /dev/kvm ] || skip "no usable /dev/kvm: built, not run"
	"$out/x86/pio_rip" -t rip_kept_completes | grep "^# Totals: pass:[1-9].* fail:0 "
}

@test "an archive of git's knows the commit that it is of" {
	mkdir "$BATS_TEST_TMPDIR/archive"
	git archive HEAD | tar -C "$BATS_TEST_TMPDIR/archive" -xf -
	make -C "$BATS_TEST_TMPDIR/archive" KSELFTEST="$harness" version
	printf '%s\n' "$(git describe --always)" "$(git rev-parse HEAD)" |
		cmp - "$BATS_TEST_TMPDIR/archive/version"
}

@test "WERROR=0: a warning is no error" {
	run small -s CFLAGS=-Wframe-larger-than=1 all
	[ "$status" -ne 0 ]
	echo "$output" | grep -q 'Werror=frame-larger-than'
	small -s WERROR=0 CFLAGS=-Wframe-larger-than=1 all
}

@test "one test is built by its name, and no more than that" {
	small x86/vm_types
	[ -x "$out/x86/vm_types" ]
	[ ! -e "$out/x86/pio_port_7e" ]
	run small x86/no_such_test
	[ "$status" -ne 0 ]
}

@test "make OUTPUT=DIR run: runs what was built there, and the results are there" {
	[ -w /dev/kvm ] || skip "no usable /dev/kvm"
	checkout
	small NO_INSTALL=1 ARGS=x86/vm_types run | grep -x "# results: $(cd "$BATS_TEST_TMPDIR" && pwd -P)/out/results/.*"
	[ -s "$out/results/latest/results.json" ]
	"$out/run_tests.sh" --list | cut -d : -f 1 | sort -u > "$BATS_TEST_TMPDIR/list"
	printf 'x86/%s\n' pio_port_7e vm_types | diff - "$BATS_TEST_TMPDIR/list"
	# What tests the checkout says so.
	run small check-lint
	[ "$status" -ne 0 ]
	echo "$output" | grep 'not of one in OUTPUT'
}

# jobs_of ARG...: how many compilers "make ARG..." has running at once.
jobs_of()
{
	rm -rf "$out" "$BATS_TEST_TMPDIR/running"
	mkdir "$BATS_TEST_TMPDIR/running"
	small -s NO_INSTALL=1 CC="$BATS_TEST_TMPDIR/compiler" "$@" > "$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
	! grep -i 'jobserver' "$BATS_TEST_TMPDIR/log" || return 1
	cat "$BATS_TEST_TMPDIR/running/"* | sort -n | tail -n 1
}

@test "a build uses all cores, and as many as -j says" {
	cat > "$BATS_TEST_TMPDIR/compiler" <<-EOF
	#!/bin/sh
	: > "$BATS_TEST_TMPDIR/running/.\$\$"
	ls -A "$BATS_TEST_TMPDIR/running" | grep -c '^[.]' > "$BATS_TEST_TMPDIR/running/\$\$"
	gcc "\$@"
	status=\$?
	rm "$BATS_TEST_TMPDIR/running/.\$\$"
	exit \$status
	EOF
	chmod +x "$BATS_TEST_TMPDIR/compiler"
	printf '#!/bin/sh\necho 3\n' > "$BATS_TEST_TMPDIR/nproc"
	chmod +x "$BATS_TEST_TMPDIR/nproc"
	PATH=$BATS_TEST_TMPDIR:$PATH
	checkout
	[ "$(jobs_of all)" -eq 3 ]
	# "run" builds through a make of its own.
	[ "$(jobs_of ARGS=--list run)" -eq 3 ]
	[ "$(jobs_of -j1 ARGS=--list run)" -eq 1 ]
}

@test "the runner is one static program of all that is in runner/, and notices what changes" {
	checkout
	rm -rf runner
	mkdir runner
	echo 'int answer(void);' > runner/answer.h
	printf '#include "answer.h"\nint main(void) { return answer(); }\n' > runner/main.c
	printf '#include "answer.h"\nint answer(void) { return 42; }\n' > runner/answer.c
	small -s runner/kvm-conformance
	[ ! -e "$out/x86/vm_types" ]
	readelf -hl "$out/runner/kvm-conformance" > "$BATS_TEST_TMPDIR/elf"
	grep 'Type: *EXEC' "$BATS_TEST_TMPDIR/elf"
	if grep INTERP "$BATS_TEST_TMPDIR/elf"; then
		return 1
	fi
	run "$out/runner/kvm-conformance"
	[ "$status" -eq 42 ]

	printf '#define ANSWER 43\nint answer(void);\n' > runner/answer.h
	rm runner/answer.c
	printf '#include "answer.h"\nint answer(void) { return ANSWER; }\n' > runner/other.c
	small -s runner/kvm-conformance
	run "$out/runner/kvm-conformance"
	[ "$status" -eq 43 ]
}
