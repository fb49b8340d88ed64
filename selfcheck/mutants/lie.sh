# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: the lies of ../faulty_kvm, all in one run, of one boot where the place is an
# emulated machine.

run_mutants()
{
	tests=$(binaries "$(echo "$mutants" | cut -f 4 | tr "\n" " ")" | tr '\n' ' ')
	make -C "$root" --no-print-directory -s NO_INSTALL=1 layer-faulty_kvm \
		LAYER_TESTS_faulty_kvm="$tests" >&2 || return
	suite_begin || return
	tab=$(printf '\t')
	while IFS=$tab read -r _ name _ tests _; do
		for binary in $(binaries "$tests"); do
			suite_sound "$root/build/layers/faulty_kvm/$binary" "$binary" &&
				echo "export KVMCONF_LIE=$name" | suite_mutant "$name" "$binary" ||
				return
		done
	done <<-END
	$mutants
	END
	suite_run "$results/run" && suite_verdicts "$results/run" && rm -rf "$suite"
}
