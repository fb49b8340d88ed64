# SPDX-License-Identifier: GPL-2.0-only
#
# A real bisection: ten commits to KVM, of which one is a mutant, found by "git bisect run" with
# KVM's modules built at each step and run on an emulated machine.
#
# Packages that these tests need: bats git patch, and what emulator/kernel/build.sh does.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load ../machines/machine.sh

setup()
{
	setup_machine
}

# A commit that changes KVM's source and not what it does.
harmless()
{
	echo "/* harmless change $1 */" >>"$tree/arch/x86/kvm/svm/svm.c"
	git -C "$tree" commit -q -a -m "KVM: harmless change $1"
}

@test "git bisect run finds the mutant among ten commits" {
	kernel=$("$top/emulator/kernel/build.sh" "$top/emulator/kernel/tdx.config")
	tree=$BATS_TEST_TMPDIR/linux
	cp -a "$kernel/linux" "$tree"
	mutant=$top/selfcheck/faulty_kernel/reload-always.patch
	git -C "$tree" init -q
	git -C "$tree" config user.email nobody@example.org
	git -C "$tree" config user.name nobody
	git -C "$tree" add -f arch/x86/kvm/svm/svm.c
	git -C "$tree" commit -q -m "the kernel as it is"
	good=$(git -C "$tree" rev-parse HEAD)
	for n in 1 2 3 4 5 6; do
		harmless $n
	done
	patch -s -d "$tree" -p 1 <"$mutant"
	git -C "$tree" commit -q -a -m "KVM: an innocent subject"
	bad=$(git -C "$tree" rev-parse HEAD)
	for n in 8 9 10; do
		harmless $n
	done
	[ "$(git -C "$tree" rev-list --count "$good..HEAD")" -eq 10 ]

	cat >"$BATS_TEST_TMPDIR/step" <<-END
		make -s -j$(nproc) ARCH=x86 M=arch/x86/kvm modules >"$tree/log" 2>&1 || exit 125
		exec "$top/run_tests.sh" --bisect --machine amd --kernel . -o "$out" \\
			svm/bus_lock_reload:reload.long.rip_moved_to_another_lock_gives_no_credit
	END
	cd "$tree"
	git bisect start HEAD "$good"
	git bisect run sh "$BATS_TEST_TMPDIR/step" >"$BATS_TEST_TMPDIR/bisect" 2>&1 3>&-
	cat "$BATS_TEST_TMPDIR/bisect"
	grep -qx "$bad is the first bad commit" "$BATS_TEST_TMPDIR/bisect"
}
