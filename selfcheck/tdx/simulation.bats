# SPDX-License-Identifier: GPL-2.0-only
#
# The simulation of KVM's TDX: the tests of tdx/ pass on it in every profile, wherever it puts
# its pages, and each way in which it can be broken makes a test fail.

setup_file()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s layer-tdx_sim
}

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	sim=selfcheck/tdx_sim
	unset KVMCONF_MACHINE KVMCONF_TDX_SIM KVMCONF_TDX_SIM_PLACEMENT KVMCONF_TDX_SIM_NODES
	unset KVMCONF_TDX_SIM_BREAK
}

# passes PROFILE PLACEMENT
passes()
{
	status=0
	KVMCONF_TDX_SIM_PLACEMENT=$2 ./run_tests.sh -o "$BATS_TEST_TMPDIR/out" \
		--machine "tdx-sim:$1" >"$BATS_TEST_TMPDIR/tap" || status=$?
	grep -E '^(# )?(not ok|# SIMULATION|# Totals)' "$BATS_TEST_TMPDIR/tap"
	[ "$status" -eq 0 ]
	grep -q "^# machine: tdx-sim:$1\$" "$BATS_TEST_TMPDIR/tap"
	grep -q '^# SIMULATION: no kernel and no CPU' "$BATS_TEST_TMPDIR/tap"
}

verdict()
{
	grep -F "{\"id\": \"$1\", \"verdict\": \"$2\"" "$BATS_TEST_TMPDIR/out/results.json"
}

@test "static: all pass, and nothing is said of a row" {
	passes static contiguous
	verdict tdx/pamt_static:boot.static_pamt_is_all_allocated pass
	verdict tdx/pamt_static:boot.dynamic_pamt_is_a_bitmap skip
	verdict tdx/pamt_dynamic:row.is_zero_without_a_td skip
}

@test "dynamic with a row: all pass, pages contiguous" {
	passes row contiguous
	verdict tdx/pamt_static:boot.dynamic_pamt_is_a_bitmap pass
	verdict tdx/pamt_dynamic:row.is_zero_without_a_td pass
}

@test "dynamic with a row: all pass, pages scattered" {
	passes row scattered
}

@test "dynamic with a row: all pass, pages where they do most harm" {
	passes row adversarial
}

@test "two NUMA nodes: memory is of the node that the task is bound to" {
	KVMCONF_TDX_SIM_NODES=2 passes row scattered
	verdict tdx/pamt_numa:node.of_the_task_gives_the_tds_memory pass
	verdict tdx/pamt_numa:node.of_the_task_gives_the_tds_pairs pass
}

@test "dynamic without a row: all pass, and nothing is said of a row" {
	passes dynamic-no-row adversarial
	verdict tdx/pamt_charge:charge.of_pairs_comes_back_at_a_hole_punch pass
	verdict tdx/pamt_static:boot.dynamic_pamt_is_a_bitmap pass
	verdict tdx/pamt_dynamic:row.is_zero_without_a_td skip
}

# answers RUN: what KVM answered in each case that passed or failed there. Not in it:
# - what the simulation has not got, guests, or the machine only on demand, a kernel that warns;
# - no_memory, whose cases are as long as the kernel's allocations are many;
# - how many vCPUs a TD can have, as many as there are CPUs: one there, two here.
answers()
{
	for log in "$BATS_TEST_TMPDIR/$1"/tdx/*.log; do
		case $log in
		*/guest.log | */guest_halt.log | */module_fatal.log | */misc_cgroup.log | */no_memory.log) continue ;;
		esac
		awk -F '\t' -v binary="$(basename "$log" .log)" '
			$3 ~ /^#  RUN  / { split($3, word, " "); test = word[3] }
			sub(/^# answer: /, "", $3) { print binary ":" test, $3 }' "$log"
	done | grep -v -e '^not_a_td:ordinary\.vm_runs_its_guest' \
		-e 'limit_the_number_of_vcpus KVM_CREATE_VCPU success'
}

# The real kernel's answers, on the emulated module, keep the simulation honest.
@test "static: the answers are those of the real kernel, case by case, call by call" {
	export KVMCONF_ANSWERS=1
	./run_tests.sh -o "$BATS_TEST_TMPDIR/real" --machine tdx \
		--skip tdx/guest --skip tdx/guest_halt tdx >/dev/null
	passes static contiguous
	for run in real out; do
		grep -o '"id": "[^"]*", "verdict": "[a-z]*"' "$BATS_TEST_TMPDIR/$run/results.json" |
			grep -v -e not_a_td:ordinary.vm_runs_its_guest -e tdx/module_fatal \
				-e tdx/misc_cgroup >"$BATS_TEST_TMPDIR/$run.verdicts"
		answers $run >"$BATS_TEST_TMPDIR/$run.answers"
	done
	diff "$BATS_TEST_TMPDIR/real.verdicts" "$BATS_TEST_TMPDIR/out.verdicts"
	[ "$(grep -c '"pass"' "$BATS_TEST_TMPDIR/real.verdicts")" -ge 100 ]
	diff "$BATS_TEST_TMPDIR/real.answers" "$BATS_TEST_TMPDIR/out.answers"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/real.answers")" -ge 2000 ]
}

# fails CHECK: the cases of commands that are refused which fail without it. Every case ends
# with a second KVM_TDX_FINALIZE_VM.
fails()
{
	for binary in lifecycle_errors lifecycle_order; do
		KVMCONF_TDX_SIM_BREAK=without:$1 build/layers/tdx_sim/tdx/$binary 2>&1 |
			sed -n 's/^not ok [0-9]* //p'
	done | if [ "$1" = finalize-once ]; then grep finalize_; else cat; fi
}

@test "each check that it makes has a case that fails without it, and each case a check" {
	# Known to be refused by no kernel; and refused by a second rule, there being no slot.
	others='refused\.(cpuid_flags|finalize_flags|region_shared_gpa|region_end_is_shared)\.'
	checks=$(grep -oh 'refuses("[a-z-]*' $sim/*.c | sed 's/.*"//' | sort -u)
	[ "$(echo "$checks" | wc -l)" -ge 35 ]
	for check in $checks; do
		found=$(fails "$check" | grep -Ev "$others" || true)
		[ -n "$found" ] || [ "$check" = region-shared ] || {
			echo "nothing fails without the check $check"
			return 1
		}
		echo "$found" >>"$BATS_TEST_TMPDIR/found"
	done
	for binary in lifecycle_errors lifecycle_order; do
		build/layers/tdx_sim/tdx/$binary --cases
	done | grep -Ev "$others" | sort >"$BATS_TEST_TMPDIR/cases"
	sort -u "$BATS_TEST_TMPDIR/found" | comm -13 - "$BATS_TEST_TMPDIR/cases" | tee "$BATS_TEST_TMPDIR/idle"
	[ ! -s "$BATS_TEST_TMPDIR/idle" ]
}

@test "each way in which it can be broken is found out by the right tests, and by no others" {
	for profile in static row dynamic-no-row; do
		run selfcheck/mutants/run.sh -o "$BATS_TEST_TMPDIR/out" sim $profile
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "each way in which it can be broken is in the catalogue, 20 at least" {
	sed -n 's/^\t"\([a-z-]*\)",.*/\1/p' $sim/breaks.h | grep -vx none | sort -u >"$BATS_TEST_TMPDIR/known"
	awk -F '\t' '$1 == "sim" && $3 ~ /^(static|row|dynamic-no-row)$/ { print $2 }' selfcheck/mutants/catalogue | sort -u |
		diff "$BATS_TEST_TMPDIR/known" -
	[ "$(wc -l <"$BATS_TEST_TMPDIR/known")" -ge 20 ]
}

@test "what there is not is refused" {
	run ./run_tests.sh --machine tdx-sim:none
	[ "$status" -eq 2 ]
	run ./run_tests.sh --machine tdx-sim --smp 2
	[ "$status" -eq 2 ]
	KVMCONF_TDX_SIM_BREAK=nonsense run build/layers/tdx_sim/tdx/lifecycle
	[ "$status" -eq 1 ]
	echo "$output" | grep -q 'KVMCONF_TDX_SIM_BREAK: there is no "nonsense"'
}

@test "it ends with its test binary, however that ends" {
	KVMCONF_MARK=$BATS_TEST_TMPDIR build/layers/tdx_sim/tdx/lifecycle_end >/dev/null 3>&- &
	pid=$!
	sleep 0.3
	kill -KILL $pid
	wait $pid || true
	for _ in $(seq 100); do
		left=$(grep -lsz "^KVMCONF_MARK=$BATS_TEST_TMPDIR\$" /proc/[0-9]*/environ || true)
		[ -n "$left" ] || break
		sleep 0.1
	done
	[ -z "$left" ]
}
