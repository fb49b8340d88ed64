# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: the kernels of ../fixed_kernel, one boot each. What is baseline here has all the
# fixes, and no test may fail there, for there are no known issues: a test that fails on every
# kernel as it is has been seen to pass. A mutant lacks one fix, or all of them.

# revert_run KERNEL MUTANT BINARY..
revert_run()
{
	kernel=$(echo "$kernels" | sed -n "s/^$1 //p")
	name=$2
	shift 2
	suite_begin || return
	for binary; do
		suite_baseline "$root/$binary" "$binary" || return
	done
	suite_run "$results/$name" --kernel "$kernel" && suite_verdicts "$results/$name" "$name"
}

# Nothing can be told from a kernel without a fix if the one with all is not baseline.
fixed_baseline_passes()
{
	awk -F '\t' '$3 == "baseline" && $6 != "pass" && $6 != "skip" {
			print "not ok - " $4 ":" $5 " on the fixed kernel: " $6
			nr_bad++
		}
		END { exit nr_bad > 0 || !NR }' "$out/$kind-$place.tsv"
}

run_mutants()
{
	names=$(echo "$mutants" | cut -f 2)
	with_sev=
	[ "$place" != sev ] || with_sev=-s
	# shellcheck disable=SC2086 # several words
	kernels=$("$here/../fixed_kernel/build.sh" $with_sev all-fixes $names) || return
	export KVMCONF_PROVOKE_WARN=1
	# All that one fix is about, for none of the others may be missed.
	concerned=$(binaries "$(echo "$mutants" | cut -f 4 | tr '\n' ' ')")
	# On amd they change what all bus locks and port I/O go by.
	case $place in
	amd) tried=$(cut -f 1 "$root/tests.tsv" | sort -u) ;;
	*) tried=$concerned ;;
	esac
	# shellcheck disable=SC2086 # several words
	revert_run all-fixes baseline $tried && fixed_baseline_passes || return
	for name in $names; do
		# shellcheck disable=SC2086 # several words
		revert_run "$name" "$name" $concerned || return
	done
	rm -rf "$suite"
}
