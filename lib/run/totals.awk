# SPDX-License-Identifier: GPL-2.0-only
#
# The end of the output, as diagnostics: the totals and what is not as it should
# be. Exit status: 0 all well, 1 something is not ok, 4 everything was skipped.
#
# usage: awk -f table.awk -f totals.awk

# "97 pass, 3 fail"
function in_words(text,	line, field, n, i, out)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++) {
		split(line[i], field, "\t")
		out = out (i > 1 ? ", " : "") field[2] " " field[1]
	}
	return out
}

function note(verdict, id, text)
{
	if (is_bad(verdict)) {
		bad = 1
		print "# " verdict ": " id ": " text
	}
	if (verdict == "xpass")
		print "# xpass: " id ": passes, though known_issues has it"
}

function binary_done(	i)
{
	for (i = 1; i <= nr; i++) {
		count[C[i, 4]]++
		nr_cases++
		repeated += nr_extra[i, "R"] > 0
		# Who stops a run makes no flake of it: what is beside the rest is an error then.
		if (nr_extra[i, "R"] > 1 + (C[i, 4] == "error" && C[i, 7] ~ /^interrupted/)) {
			nr_flaky++
			print "# flaky: " B[3] ":" C[i, 2] ": " in_words(extra[i, "R"])
		}
		note(C[i, 4], B[3] ":" C[i, 2], C[i, 7])
	}
	# A verdict of its own, not the sum of its cases.
	if (B[4] == "xpass" || is_bad(B[4]) && B[7] !~ /^[0-9]+ of [0-9]+ cases not ok, /)
		note(B[4], B[3], B[7])
}

function table_done(	n, i, names, line)
{
	n = split("pass fail xfail xpass skip error timeout signal", names, " ")
	for (i = 1; i <= n; i++)
		line = line " " names[i] ":" count[names[i]] + 0
	if (repeated)
		print "# Flaky: " nr_flaky + 0 " of " repeated " cases"
	print "# Totals:" line
	exit bad ? 1 : count["skip"] == nr_cases ? 4 : 0
}
