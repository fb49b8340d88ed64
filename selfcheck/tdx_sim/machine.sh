# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # run_tests.sh assigns what this reads, and reads the rest
#
# --machine tdx-sim[:PROFILE], for run_tests.sh to source: the tests of tdx/ on a simulation
# of KVM's TDX, linked beneath their unmodified objects (build/layers/tdx_sim/, by make
# layer-tdx_sim). No kernel and no CPU is tested, but the tests are.

sim_settle()
{
	case $machine_options in
	*"$newline"*) die "--machine tdx-sim goes with no other option of emulated machines" ;;
	esac
	machine=${machine_options#--machine=}
	profile=${machine#tdx-sim}
	case $profile in
	'') profile=:row ;;
	:static | :row | :dynamic-no-row) ;;
	*) die "--machine tdx-sim: there are :static, :row and :dynamic-no-row, not \"$profile\"" ;;
	esac
	profile=${profile#:}
	machine=tdx-sim:$profile
	machine_note="SIMULATION: no kernel and no CPU; a model of KVM's TDX, profile $profile, answers the tests"
	machine_options=''

	layer=$root/build/layers/tdx_sim
	selected=${selected:-tdx}
	missing=$(cut -f 1 "$root/tests.tsv" | grep '^tdx/' | sort -u | while read -r binary; do
		[ -x "$layer/$binary" ] || echo "$binary"
	done)
	[ -z "$missing" ] || die "$layer lacks a test: run make layer-tdx_sim first"
	# There is no CPU that could run a guest.
	for test in tdx/not_a_td:ordinary.vm_runs_its_guest_after_every_refusal tdx/guest \
		tdx/guest_halt; do
		! grep -q "^${test%%:*}$tab" "$root/tests.tsv" || skip=$(add "$skip" "$test")
	done

	export KVMCONF_SIMULATED=1 KVMCONF_TDX_SIM="$profile" KVMCONF_LAYER="$layer"
	export KVMCONF_SUPERVISE="$root/selfcheck/tdx_sim/supervise.sh"
	facts=$("$run/hostfacts" | grep -v -e '^kvm\.' -e '^modules\.' -e '^kernel\.' -e '^taint' \
		-e '^readable\.' &&
		sim_facts) || die "hostfacts failed"
}

# For when the plan is made. What is tdx/NAME here is MUTANT/tdx-NAME among mutants.
sim_check_plan()
{
	other=$(printf '\n%s\n' "$plan" | awk -F "$tab" '
		first && !/^tdx\// && !/^[a-z-]+\/tdx-/ { printf " %s", $1 }
		{ first = /^$/ }')
	[ -z "$other" ] || die "--machine tdx-sim has the tests of tdx/ alone, not$other"
}

sim_facts()
{
	printf '%s\t%s\n' kernel.release 7.3.4-simulated kernel.version "simulation, profile $profile" \
		kvm.api_version 12 kvm.vm_types "DEFAULT TDX" \
		modules.kvm_intel.parameters.tdx Y modules.kvm_intel.state simulated \
		machine.emulator "none: a simulation of KVM" \
		readable.kernel_log "a simulation has none" readable.taint "a simulation has none"
}
