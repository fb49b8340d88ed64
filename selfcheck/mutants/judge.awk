# SPDX-License-Identifier: GPL-2.0-only
#
# What became of each mutant: reads catalogue, then verdicts as run.sh has them; prints a
# line a mutant. A claim has killed a mutant if one of its cases passes without it and
# fails with it. Each claim that a pattern names must: so a pattern is no wider than what it
# stands for. An error, or a case that was not run for another's end, catches nothing; of a
# claim that a pattern names among others it is no harm, for what one test finds broken can
# keep another from its set-up. Those with ~ before them may catch it, but need not.
#
# usage: awk -F '\t' -f glob.awk -f claims.awk -f judge.awk kind=KIND place=PLACE \
#	names=NAMES catalogue VERDICTS
# Exit status: 1 if one survived, or was killed by a test that it is none of the business of.

FNR == 1 { nr_files++ }

function is_bad(verdict)
{
	return verdict == "fail" || verdict == "timeout" || verdict == "signal"
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
		if (of[i] != name || baseline[was[i]] != "pass")
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
