# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: the mutants in a layer beneath the tests: the shim faults of ../faulty_kvm and
# the breaks of ../pmu_sim. All in one run, of one boot where the place is an emulated machine.

# layer_build LAYER BINARY..: one make at a time, whatever else runs at once.
layer_build()
{
	layer=$1
	shift
	flock "$root/build" make -C "$root" --no-print-directory -s NO_INSTALL=1 \
		"layer-$layer" "LAYER_TESTS_$layer=$*" >&2
}

run_mutants()
{
	case $kind,$place in
	shim,*) layer=faulty_kvm choice=KVMCONF_SHIM_FAULT ;;
	sim,pmu) layer=pmu_sim choice=KVMCONF_PMU_SIM_BREAK ;;
	esac
	# shellcheck disable=SC2046 # several words
	layer_build "$layer" $(binaries "$(echo "$mutants" | cut -f 4 | tr "\n" " ")") || return
	suite_begin && mkdir -p "$suite/build/layers" && ln -s ../.. "$suite/build/layers/$layer" ||
		return
	tab=$(printf '\t')
	while IFS=$tab read -r _ name _ tests _; do
		for binary in $(binaries "$tests"); do
			suite_baseline "$root/build/layers/$layer/$binary" "$binary" &&
				echo "export $choice=$name" | suite_mutant "$name" "$binary" ||
				return
		done
	done <<-END
	$mutants
	END
	suite_run "$results/run" && suite_verdicts "$results/run" && rm -rf "$suite"
}
