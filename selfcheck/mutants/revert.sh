# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: the kernels of ../fixed_kernel, one boot each. The baseline has all fixes, and no
# test may fail on it but those whose known issue has none: so each other test that fails on every
# released kernel has been seen to pass.
# A mutant lacks one fix, or all of them ("unfixed").

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

# A kernel without one fix proves nothing if the kernel with all fixes fails.
fixed_baseline_passes()
{
	awk -f "$root/lib/glob.awk" -f - "$root/known_issues" FS='\t' "$out/$kind-$place.tsv" <<-'AWK'
	FILENAME ~ /known_issues$/ {
		if (!/^#/ && NF && !/fix: selfcheck\/fixed_kernel\//)
			unfixable[$1]
		next
	}
	$3 == "baseline" && $6 != "pass" && $6 != "skip" {
		for (pattern in unfixable)
			if (glob_match(pattern, $4 ":" $5))
				next
		print "not ok - " $4 ":" $5 " on the fixed kernel: " $6
		nr_bad++
	}
	END { exit nr_bad > 0 || !NR }
	AWK
}

run_mutants()
{
	names=$(echo "$mutants" | cut -f 2)
	with_sev=
	[ "$place" != sev ] || with_sev=-s
	# shellcheck disable=SC2086 # several words
	kernels=$("$here/../fixed_kernel/build.sh" $with_sev all-fixes $names) || return
	export KVMCONF_PROVOKE_WARN=1
	# A kernel without one fix must pass what the other fixes are for.
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
