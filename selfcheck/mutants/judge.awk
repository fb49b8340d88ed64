# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the catalogue, then verdicts as run.sh writes them, and prints a line a mutant. A claim
# kills a mutant if one of its cases passes on the baseline and fails on the mutant. Each claim
# that a pattern matches must kill the mutant. Errors and cases that were not run do not kill.
# For a claim matched by a pattern they are tolerated, because one failing test may prevent
# another's set-up. Claims of a pattern with ~ before it may kill the mutant, but need not.
#
# usage: awk -F '\t' -f glob.awk -f claim_id.awk -f judge.awk kind=KIND place=PLACE \
#	names=NAMES [whoever=yes] catalogue VERDICTS
# whoever=yes: no claim must kill a mutant, and each may, one that is skipped on the baseline, too.
# Exit status: 1 if a mutant survived, or was killed by a test that is not listed for it.

FNR == 1 { nr_files++ }

function is_bad(verdict)
{
	return verdict == "fail" || verdict == "missing" || verdict == "timeout" || verdict == "signal"
}

nr_files == 1 {
	if (!wanted_ready++) {
		n = split(names, word, " ")
		for (i = 1; i <= n; i++)
			wanted[word[i]]
	}
	if (!/^#/ && $1 == kind && $3 == place && (n == 0 || $2 in wanted)) {
		mutant[++nr_mutants] = $2
		tests[$2] = $4
		what[$2] = $5
	}
	next
}

$3 == "baseline" { baseline[$4, $5] = $6; next }

# Its score is another matter.
$4 ~ /^upstream\// { next }

{
	of[++nr_verdicts] = $3
	claim[nr_verdicts] = claim_of($4, $5)
	was[nr_verdicts] = ($4 SUBSEP $5)
	verdict[nr_verdicts] = $6
}

function judge(name,	i, c, n, word, by, wrong, missed, may, must)
{
	may = must = tests[name]
	gsub(/~/, "", may)
	gsub(/~[^ ]*/, "", must)
	split("", survived)
	split("", killed)
	split("", errors)
	split("", missing)
	split("", pattern_used)
	for (i = 1; i <= nr_verdicts; i++) {
		if (of[i] != name || (baseline[was[i]] != "pass" &&
		    !(whoever && baseline[was[i]] == "skip")))
			continue
		if (verdict[i] == "error")
			errors[claim[i]]
		else if (is_bad(verdict[i]))
			killed[claim[i]]
		else if (verdict[i] != "none")
			survived[claim[i]]
	}
	for (c in killed) {
		by++
		if (!is_named(may, c))
			wrong = wrong "\n#   wrongly by " c
	}
	n = split(must, word, " ")
	for (i = 1; i <= n; i++)
		if (!pattern_used[word[i]])
			missing[word[i]]
	for (c in survived)
		if (!(c in killed) && !(c in errors) && is_named(must, c))
			missing[c]
	for (c in missing)
		missed = missed "\n#   not by " c
	for (c in errors)
		if (!(c in killed) && !is_named(may, c))
			wrong = wrong "\n#   error instead of a failure: " c
	if (whoever)
		wrong = missed = ""
	printf "%s - %s %s on %s is killed: %s%s%s\n", wrong missed == "" && by ? "ok" : "not ok", \
		kind, name, place, what[name], missed, wrong
	nr_bad += wrong missed != "" || !by
	nr_killed += by > 0
}

END {
	for (m = 1; m <= nr_mutants; m++)
		judge(mutant[m])
	printf "# %s on %s: %d of %d mutants killed\n", kind, place, nr_killed, nr_mutants
	exit nr_bad > 0
}
