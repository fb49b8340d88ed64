# SPDX-License-Identifier: GPL-2.0-only
#
# The score of all runs of run.sh: reads tests.tsv, catalogue and the verdicts; writes
# -v table=FILE (mutant by claim) and -v killed=FILE (claim, and the mutants that it has
# killed), and prints the sum.
#
# Exit status: 1 if, of a whole run (-v whole), a claim that could be tried killed nothing, or
# one of catalogue has no verdict, unless its place is -v without=PLACE.

FNR == 1 { nr_files++ }

nr_files == 1 {
	c = claim_of($1, $2)
	if (!(c in claims)) {
		claims[c]
		order[++nr_claims] = c
	}
	next
}

nr_files == 2 {
	if (!/^#/ && NF && $3 != without)
		listed[++nr_listed] = ($1 "\t" $3 "\t" $2)
	next
}

function add(claim, name)
{
	if (!((claim, name) in added)) {
		added[claim, name]
		by[claim] = by[claim] (by[claim] == "" ? "" : " ") name
	}
}

$3 == "baseline" { baseline[$1, $2, $4, $5] = $6; next }

{
	mutant = $1 "\t" $2 "\t" $3
	if (!(mutant in seen)) {
		seen[mutant]
		mutants[++nr_mutants] = mutant
	}
	bad = $6 == "fail" || $6 == "missing" || $6 == "timeout" || $6 == "signal"
	if ($4 ~ /^upstream\//) {
		nr_upstream++
		upstream_of[mutant] = bad
		passes[mutant] = ($1 SUBSEP $2 SUBSEP $4 SUBSEP $5)
		next
	}
	if (baseline[$1, $2, $4, $5] != "pass")
		next
	c = claim_of($4, $5)
	tried[c]
	if (!((mutant, c) in result)) {
		result[mutant, c] = "survived"
		claims_of[mutant] = claims_of[mutant] c "\n"
	}
	if (bad) {
		result[mutant, c] = "killed"
		is_killed[mutant]
		add(c, $1 "/" $3)
	}
}

END {
	for (m = 1; m <= nr_mutants; m++) {
		nr_killed += mutants[m] in is_killed
		if (mutants[m] in upstream_of) {
			beside += mutants[m] in is_killed
			upstream_caught += upstream_of[mutants[m]] && \
				baseline[passes[mutants[m]]] == "pass"
		}
		n = split(claims_of[mutants[m]], of, "\n") - 1
		for (i = 1; i <= n; i++)
			print mutants[m] "\t" of[i] "\t" result[mutants[m], of[i]] > table
	}
	print "# SPDX-License-Identifier: GPL-2.0-only" > killed
	print "# Which mutants each claim has killed: of selfcheck/mutants/catalogue, as make" \
		" check-mutants found it." > killed
	for (i = 1; i <= nr_claims; i++) {
		c = order[i]
		if (by[c] != "")
			print c "\t" by[c] > killed
		else if (c in tried) {
			print "# killed nothing: " c
			nr_failures++
		} else if (whole) {
			print "# not tried: " c
			nr_untried++
		}
	}
	for (i = 1; whole && i <= nr_listed; i++) {
		if (!(listed[i] in seen)) {
			gsub(/\t/, " ", listed[i])
			print "# no verdict: " listed[i]
			nr_failures++
		}
	}
	printf "# score: %d of %d mutants killed\n", nr_killed, nr_mutants
	if (nr_upstream)
		printf "# of the %d that the kernel's own kvm_buslock_test can be run on: %d by " \
			"this suite, %d by it\n", nr_upstream, beside, upstream_caught
	if (nr_untried)
		printf "# %d of %d claims could not be tried\n", nr_untried, nr_claims
	exit whole != "" && nr_failures > 0
}
