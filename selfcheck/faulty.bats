# SPDX-License-Identifier: GPL-2.0-only
#
# Can the suite fail? Of what mutants/catalogue has, what any host can tell: shim faults, and
# SEV's simulation. machines/mutants.bats has a sample of the others; all is make check-mutants.

setup()
{
	cd "$BATS_TEST_DIRNAME/.." || return 1
	out=$BATS_TEST_TMPDIR/out
	faults()
	{
		make -s NO_INSTALL=1 layer-faulty_kvm LAYER_TESTS_faulty_kvm=x86/vm_types >&2
		KVMCONF_SHIM_FAULT=list build/layers/faulty_kvm/x86/vm_types | sort -u
	}
}

@test "the catalogue has each shim fault, and no other" {
	awk -F '\t' '$1 == "shim" { print $2 }' selfcheck/mutants/catalogue | sort -u |
		diff - <(faults)
}

@test "a misspelt shim fault is an error" {
	faults > /dev/null
	KVMCONF_SHIM_FAULT=nonsense run build/layers/faulty_kvm/x86/vm_types
	[ "$status" -eq 2 ]
	[[ "$output" = *'there is no fault "nonsense"'* ]]
}

@test "each patch is in the catalogue, and each of the catalogue's is there" {
	awk -F '\t' '$1 == "kernel" { print $2 ".patch" }' selfcheck/mutants/catalogue | sort -u |
		diff - <(cd selfcheck/faulty_kernel && ls -- *.patch)
}

@test "each break of Dynamic PAMT is in the catalogue, and each of the catalogue's is there" {
	# docs/dynamic-pamt.md says why one of them has no row.
	{
		awk -F '\t' '$1 == "pamt" { print $2 }' selfcheck/mutants/catalogue
		sed -n 's/^`\([a-z-]*\)` has no row there: .*/\1/p' docs/dynamic-pamt.md
	} | sort |
		diff - <(sed -n 's/^+\tBREAK([A-Z0-9_]*, "\(.*\)").*/\1/p' \
			selfcheck/faulty_pamt/breaks.patch | sort)
}

@test "each fix is in the catalogue and in known_issues, and each of theirs is there" {
	fixes=$(cd selfcheck/fixed_kernel && ls -- *.patch)
	awk -F '\t' '$1 == "revert" && $2 != "unfixed" { print $2 ".patch" }' \
		selfcheck/mutants/catalogue | sort -u | diff - <(echo "$fixes")
	sed -n 's,.*selfcheck/fixed_kernel/\([^ ,]*\).*,\1,p' known_issues | sort -u |
		diff - <(echo "$fixes")
}

@test "the claims that catalogue, since and kills.tsv name are there" {
	awk -F '\t' -f lib/glob.awk -f lib/claim_id.awk -f /dev/stdin \
		tests.tsv lib/since selfcheck/mutants/kills.tsv selfcheck/mutants/catalogue <<-'EOT'
		function names_a_claim(pattern,	c)
		{
			if (pattern in claims)
				return 1
			for (c in claims)
				if (glob_match(pattern, c))
					return 1
		}
		FILENAME == "tests.tsv" { claims[claim_of($1, $2)]; next }
		/^#/ || !NF { next }
		{
			n = split(FILENAME ~ /catalogue$/ ? $4 : $1, pattern, " ")
			for (i = 1; i <= n; i++)
				if (!names_a_claim(substr(pattern[i], 1 + (pattern[i] ~ /^~/)))) {
					print FILENAME ": " pattern[i]
					bad = 1
				}
		}
		END { exit bad }
	EOT
}

@test "amd: each fault of the simulated counter of bus locks is killed" {
	sed -n 's/^\t"\([a-z-]*\)",.*/\1/p' selfcheck/pmu_sim/sim.c | sort |
		diff <(awk -F '\t' '$3 == "pmu" { print $2 }' selfcheck/mutants/catalogue | sort) -
	run selfcheck/mutants/run.sh -o "$out" sim pmu
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "make claims writes every claim once" {
	make -s NO_INSTALL=1 claims CLAIMS="$BATS_TEST_TMPDIR/CLAIMS.md"
	diff <(awk -F '\t' -f lib/claim_id.awk -e '{ print claim_of($1, $2) }' tests.tsv | sort -u) \
		<(awk '/^## / { binary = $2 } /^`[^`]*`: / { gsub(/[`:]/, "", $1); print binary ":" $1 }' \
			"$BATS_TEST_TMPDIR/CLAIMS.md" | sort)
}

@test "run_tests.sh --list -v tells the first kernel" {
	run ./run_tests.sh --list -v x86/bus_lock_cap:enable.both_modes.succeeds_if_valid
	echo "$output"
	[[ "$output" = *'since:  5.12'* ]]
}

# The tests that must find it out do, and none of the others in the same binary fails.
@test "host: each shim fault is killed by the right tests, and by no others" {
	run selfcheck/mutants/run.sh -o "$out" shim host
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "kvm_pvm: each shim fault is killed by the right tests, and by no others" {
	echo facts | runner/kvm-conformance --agent | grep -q '	f	modules\.kvm_pvm\.' || skip "the KVM of this host is not kvm_pvm"
	run selfcheck/mutants/run.sh -o "$out" shim pvm
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a mutant that survives, or that the wrong test kills, is not ok" {
	judge()
	{
		printf 'shim\tone\thost\t%s\twhat is wrong\n' "${by:-x86/a:f.right}" \
			> "$BATS_TEST_TMPDIR/catalogue"
		cat > "$BATS_TEST_TMPDIR/verdicts"
		run awk -F '\t' -f lib/glob.awk -f lib/claim_id.awk \
			-f selfcheck/mutants/judge.awk kind=shim place=host names= \
			"$BATS_TEST_TMPDIR/catalogue" "$BATS_TEST_TMPDIR/verdicts"
		echo "$output"
	}
	verdicts()
	{
		printf 'shim\thost\tbaseline\tx86/a\tf.v.right\tpass\n'
		printf 'shim\thost\tbaseline\tx86/a\tf.v.wrong\tpass\n'
		printf 'shim\thost\tone\tx86/a\tf.v.right\t%s\n' "$1"
		printf 'shim\thost\tone\tx86/a\tf.v.wrong\t%s\n' "$2"
	}
	judge < <(verdicts fail pass)
	[ "$status" -eq 0 ]
	judge < <(verdicts pass pass)
	[ "$status" -eq 1 ]
	[[ "$output" = *'not by x86/a:f.right'* ]]
	judge < <(verdicts fail fail)
	[ "$status" -eq 1 ]
	[[ "$output" = *'wrongly by x86/a:f.wrong'* ]]
	judge < <(verdicts error pass)
	[ "$status" -eq 1 ]
	[[ "$output" = *'not by x86/a:f.right'* ]]
	judge < <(verdicts fail error)
	[ "$status" -eq 1 ]
	[[ "$output" = *'error instead of a failure: x86/a:f.wrong'* ]]
	judge < <(verdicts none pass)
	[ "$status" -eq 1 ]
	by='x86/a:f.*'
	judge < <(verdicts fail fail)
	[ "$status" -eq 0 ]
	judge < <(verdicts fail error)
	[ "$status" -eq 0 ]
	judge < <(verdicts fail pass)
	[ "$status" -eq 1 ]
	[[ "$output" = *'not by x86/a:f.wrong'* ]]
	by='x86/a:f.right ~x86/a:f.wrong'
	for may in fail pass error; do
		judge < <(verdicts fail $may)
		[ "$status" -eq 0 ]
	done
	judge < <(verdicts pass fail)
	[ "$status" -eq 1 ]
	[[ "$output" = *'not by x86/a:f.right'* ]]
}

@test "the score lists kills, claims that kill nothing or were not tried, and mutants that did not run" {
	printf 'x86/a\tf.v.%s\tclaim\tsource\t\n' sharp blunt apart > "$BATS_TEST_TMPDIR/tests"
	printf '%s\tone\t%s\tx86/a:f.sharp\twhat is wrong\n' shim amd kernel amd shim far \
		> "$BATS_TEST_TMPDIR/catalogue"
	for kind in shim kernel; do
		printf "$kind"'\tamd\t%s\tx86/a\tf.v.%s\t%s\n' baseline sharp pass baseline blunt pass \
			one sharp fail one blunt pass
	done > "$BATS_TEST_TMPDIR/verdicts"
	score()
	{
		run awk -F '\t' -v table=/dev/null -v killed="$BATS_TEST_TMPDIR/killed" "$@" \
			-f lib/glob.awk -f lib/claim_id.awk -f selfcheck/mutants/score.awk \
			"$BATS_TEST_TMPDIR/tests" "$BATS_TEST_TMPDIR/catalogue" \
			"$BATS_TEST_TMPDIR/verdicts"
		echo "$output"
	}
	score
	[ "$status" -eq 0 ]
	grep -q '^x86/a:f.sharp	shim/one kernel/one$' "$BATS_TEST_TMPDIR/killed"
	score -v whole=yes
	[ "$status" -eq 1 ]
	[[ "$output" = *'# killed nothing: x86/a:f.blunt'* ]]
	[[ "$output" = *'# not tried: x86/a:f.apart'* ]]
	[[ "$output" = *'# no verdict: shim far one'* ]]
	sed -i /blunt/d "$BATS_TEST_TMPDIR/verdicts"
	score -v whole=yes
	[ "$status" -eq 1 ]
	score -v whole=yes -v without=far
	[ "$status" -eq 0 ]
}

# What no test can tell, or none does yet, and why; the others have a line of their own.
equivalent()
{
	cat <<-'END'
		amd low-byte		KVM never loads more than one
		intel late		KVM uses the monitor trap flag for L1 alone
	END
}

@test "each fault of the emulated CPUs is in the catalogue, or nobody can tell it" {
	{
		# Of other things than bus locks emulator/check tells, see emulators.bats.
		sed -n '/What is a bus lock/,/What an exit says/s/^\tFAULT([A-Z0-9_]*, "\([a-z0-9-]*\)").*/amd \1/p' \
			emulator/qemu/fault.h
		sed -n 's/^\tFAULT([A-Z0-9_]*, "\([a-z0-9-]*\)", \(BOTH\|"intel"\)).*/intel \1/p' \
			emulator/bochs/faulty.h
	} | sort >"$BATS_TEST_TMPDIR/known"
	[ "$(grep -c ^amd "$BATS_TEST_TMPDIR/known")" -ge 15 ]
	[ "$(grep -c ^intel "$BATS_TEST_TMPDIR/known")" -ge 15 ]
	{
		# On intel-warn and intel-fatal the CPU is that of intel.
		awk -F '\t' '$1 == "silicon" && $3 != "tdx" { sub(/-.*/, "", $3); print $3 " " $2 }' \
			selfcheck/mutants/catalogue
		equivalent | awk '{ print $1 " " $2 }'
	} | sort -u | diff "$BATS_TEST_TMPDIR/known" -
}
