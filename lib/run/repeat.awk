# SPDX-License-Identifier: GPL-2.0-only
#
# Several runs of one binary as one table: for the binary and for each case the line of
# the first run with the worst verdict, the seconds of all runs together, the median of
# each measurement, and "R" lines, which say how many runs ended how:
#
#	R verdict  runs
#
# Input: the tables of judge.awk, then "S" and the exit status to end with. 1, if that
# is missing.
#
# usage: awk -f table.awk -f repeat.awk

BEGIN {
	nr_ranks = split("pass skip xpass xfail error signal timeout fail", ranks, " ")
	for (r = 1; r <= nr_ranks; r++)
		rank[ranks[r]] = r
	status = 1
}

function binary_done(	i)
{
	runs++
	nr_lines = nr
	for (i = 0; i <= nr; i++)
		take(i)
}

# B and C lines have their columns in the same places, up to "known" in the 10th.
function cell(i, n)
{
	return i ? C[i, n] : B[n]
}

function take(i,	n, line, field, m, verdict)
{
	verdict = cell(i, 4)
	count[i, verdict]++
	seconds[i] += cell(i, 6)
	m = split(extra[i, "M"], line, "\n") - 1
	for (n = 1; n <= m; n++) {
		split(line[n], field, "\t")
		measured(i, field[1], field[2], field[3])
	}
	if (rank[verdict] <= worst[i])
		return
	worst[i] = rank[verdict]
	first[i] = runs
	for (n = 1; n <= (i ? 12 : 10); n++)
		row[i, n] = cell(i, n)
	rest[i] = prefixed("K", extra[i, "K"]) prefixed("E", extra[i, "E"])
}

function prefixed(kind, text,	line, n, i, out)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++)
		out = out kind "\t" line[i] "\n"
	return out
}

function measured(i, name, value, unit,	n)
{
	if (!((i, name) in unit_of))
		measure[i, ++nr_measures[i]] = name
	unit_of[i, name] = unit
	values[i, name, ++nr_values[i, name]] = value
}

function median(i, name,	n, j, k, v)
{
	n = nr_values[i, name]
	for (j = 2; j <= n; j++) {
		v = values[i, name, j]
		for (k = j; k > 1 && values[i, name, k - 1] + 0 > v + 0; k--)
			values[i, name, k] = values[i, name, k - 1]
		values[i, name, k] = v
	}
	return values[i, name, int((n + 1) / 2)]
}

$1 == "S" { status = $2 }

function table_done(	i, n)
{
	for (i = 0; i <= nr_lines; i++) {
		row[i, 6] = sprintf("%.3f", seconds[i])
		if (count[i, row[i, 4]] < runs)
			row[i, 7] = row[i, 7] (row[i, 7] == "" ? "" : " ") "(" \
				count[i, row[i, 4]] " of " runs " runs, the first was run " first[i] ")"
		for (n = 1; n <= (i ? 12 : 10); n++)
			printf "%s%s", (n > 1 ? "\t" : ""), row[i, n]
		print ""
		for (n = 1; n <= nr_measures[i]; n++)
			print "M\t" measure[i, n] "\t" median(i, measure[i, n]) "\t" \
				unit_of[i, measure[i, n]]
		for (n = nr_ranks; n; n--)
			if ((i, ranks[n]) in count)
				print "R\t" ranks[n] "\t" count[i, ranks[n]]
		printf "%s", rest[i]
	}
	exit status
}
