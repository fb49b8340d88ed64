# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated TDX module under the real kernel: the tests of tdx/ pass there, it owns nothing
# afterwards, and each way in which it can be broken that a kernel can meet makes the run fail.

# What is not built yet is no part of what is measured.
setup_file()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	emulator/bochs/build.sh >/dev/null
	emulator/kernel.sh tdx >/dev/null
}

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_FAULT
	out=$BATS_TEST_TMPDIR/out
}

@test "tdx/ passes on the machine, and the module owns nothing afterwards" {
	begun=$(date +%s)
	./run_tests.sh -o "$out" --machine tdx tdx >"$BATS_TEST_TMPDIR/tap"
	echo "# measure: tdx_on_its_machine $(($(date +%s) - begun)) s" >&3
	grep -q '^# machine: tdx$' "$BATS_TEST_TMPDIR/tap"
	grep -q '^# EMULATED: a real kernel' "$BATS_TEST_TMPDIR/tap"
	[ "$(grep -c '"verdict": "pass"' "$out/results.json")" -ge 100 ]
	[ -s "$out/tdx-ledger" ]
	[ -z "$(awk '$1 != 0' "$out/tdx-ledger")" ]
	grep -q 'virt/tdx: TDX-Module initialized' "$out/kernel.log"
}

# skips OUT: the cases that were skipped there
skips()
{
	grep -o '"id": "[^"]*", "verdict": "skip"' "$1/results.json" | cut -d '"' -f 4
}

@test "tdx/ passes on the machine with Dynamic PAMT, skips hardly a case, and says how it counts" {
	begun=$(date +%s)
	./run_tests.sh -o "$out" --machine tdx-dynamic tdx >"$BATS_TEST_TMPDIR/tap"
	echo "# measure: tdx_on_the_dynamic_machine $(($(date +%s) - begun)) s" >&3
	grep -q '^# machine: tdx-dynamic$' "$BATS_TEST_TMPDIR/tap"
	skips "$out"
	# Pages that are lost for good are tried with static PAMT alone.
	skips "$out" | grep -v tdx/module_fatal_ > "$out.skips" || true
	[ "$(wc -l < "$out.skips")" -le 7 ]
	[ -z "$(grep -v -e tdx/pamt_numa: -e tdx/misc_cgroup: -e static_pamt_is_all_allocated "$out.skips")" ]
	grep -q '# meters of PAMT pairs: books, probes' "$out/tdx/pamt_pages.log"
	[ -s "$out/tdx-ledger" ]
	[ -z "$(awk '$1 != 0' "$out/tdx-ledger")" ]
	grep -q 'virt/tdx: Enable Dynamic PAMT' "$out/kernel.log"
}

@test "tdx/pamt_* count the same where they cannot see into the module" {
	KVMCONF_HIDE_MODULE=1 ./run_tests.sh -o "$out" --machine tdx-dynamic tdx/pamt_dynamic \
		tdx/pamt_pages tdx/pamt_charge >"$BATS_TEST_TMPDIR/tap"
	grep -q '# meters of PAMT pairs: probes' "$out/tdx/pamt_pages.log"
	[ -z "$(skips "$out")" ]
}

@test "PAMT and its counts are as large as memory makes them" {
	./run_tests.sh -o "$out" --machine tdx-dynamic --memory 3072 tdx/pamt_static \
		>"$BATS_TEST_TMPDIR/tap"
	grep -qF '{"id": "tdx/pamt_static:at_boot.dynamic_pamt_is_a_bitmap", "verdict": "pass"' \
		"$out/results.json"
	grep -qF '{"id": "tdx/pamt_static:at_boot.refcounts_are_four_bytes_a_region", "verdict": "pass"' \
		"$out/results.json"
}

# Dynamic PAMT on offer, and a kernel that has none of it.
@test "a kernel that lacks Dynamic PAMT has static PAMT, and the module owns nothing afterwards" {
	./run_tests.sh -o "$out" --machine tdx-dynamic --kernel tdx tdx/pamt_static tdx/pamt_dynamic \
		>"$BATS_TEST_TMPDIR/tap"
	grep -qF '{"id": "tdx/pamt_static:at_boot.static_pamt_is_all_allocated", "verdict": "pass"' \
		"$out/results.json"
	grep -qF '{"id": "tdx/pamt_static:at_boot.dynamic_pamt_is_a_bitmap", "verdict": "skip"' \
		"$out/results.json"
	[ -s "$out/tdx-ledger" ]
	[ -z "$(awk '$1 != 0' "$out/tdx-ledger")" ]
}

@test "a kernel that has Dynamic PAMT has static PAMT where none is on offer" {
	./run_tests.sh -o "$out" --machine tdx --kernel tdx-dynamic tdx/pamt_static \
		>"$BATS_TEST_TMPDIR/tap"
	grep -qF '{"id": "tdx/pamt_static:at_boot.static_pamt_is_all_allocated", "verdict": "pass"' \
		"$out/results.json"
}

@test "a machine whose TDX is off fails, and skips nothing" {
	status=0
	./run_tests.sh -o "$out" --machine tdx --module-params kvm_intel.tdx=0 tdx/lifecycle \
		>"$BATS_TEST_TMPDIR/tap" || status=$?
	[ "$status" -eq 1 ]
	[ -z "$(skips "$out")" ]
	grep -q 'the machine has a TDX module, and KVM has no TDs' "$BATS_TEST_TMPDIR/tap"
}

@test "tdx/pamt_numa passes with several nodes, which the kernel makes up" {
	./run_tests.sh -o "$out" --machine tdx-dynamic --nodes 2 tdx/pamt_numa \
		>"$BATS_TEST_TMPDIR/tap"
	[ "$(grep -c '"id": "[^"]*:[^"]*", "verdict": "pass"' "$out/results.json")" -eq 5 ]
}

# What no test looks for is in the ledger.
# provoked BINARY TOTALS: its cases end so, and the kernel has warned, which fails the run
provoked()
{
	status=0
	KVMCONF_PROVOKE_WARN=1 ./run_tests.sh -o "$out" --machine tdx "tdx/$1" \
		>"$BATS_TEST_TMPDIR/tap" || status=$?
	[ "$status" -eq 1 ]
	grep -q "^not ok 1 .*: $1 # kernel log: .*WARNING: " "$BATS_TEST_TMPDIR/tap"
	grep -q "^# Totals: $2 xpass:0 skip:0 error:0 timeout:0 signal:0" "$BATS_TEST_TMPDIR/tap"
	[ -z "$(awk '$1 != 0' "$out/tdx-ledger")" ]
}

@test "a KVM that takes a refused TD off the count is known, and warns" {
	provoked misc_cgroup 'pass:2 fail:0 xfail:1'
}

@test "what the module still owns at the end makes the run fail" {
	status=0
	KVMCONF_FAULT=tdx-tdr-kept ./run_tests.sh -o "$out" --machine tdx \
		lifecycle:td.runs_from_the_reset_vector 2>"$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -eq 1 ]
	[ "$(grep -c '"id": "[^"]*:[^"]*", "verdict": "pass"' "$out/results.json")" -eq 1 ]
	grep -q 'the TDX module still held: 1 TDs' "$BATS_TEST_TMPDIR/err"
}

@test "each way in which a kernel can meet a broken module is found out by the right tests, and by no others" {
	run selfcheck/mutants/run.sh -o "$out" silicon tdx
	echo "$output"
	[ "$status" -eq 0 ]
}

# Those that this machine's kernel cannot meet are for emulator/check alone, see module.bats.
@test "each way in which a kernel can meet a broken module is in the catalogue" {
	sed -n 's/.*FAULT([A-Z0-9_]*, "\(tdx-[a-z0-9-]*\)", "tdx").*/\1/p' emulator/bochs/faulty.h |
		sort >"$BATS_TEST_TMPDIR/known"
	awk -F '\t' '$1 == "silicon" && $3 == "tdx" { print $2 }' selfcheck/mutants/catalogue | sort |
		diff "$BATS_TEST_TMPDIR/known" -
}
