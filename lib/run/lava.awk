# SPDX-License-Identifier: GPL-2.0-only
#
# A binary's table for LAVA: "id pass|fail|skip [measurement unit]" a line, the binary's own
# result first. LAVA takes one measurement for a test; results.json has them all.
#
# LAVA has no result for a known issue. One that fails is skipped: a pass would say that the
# claim holds, and a fail that something is new. One that passes is a pass, for that is what
# KVM did; with --strict it is a failure.
#
# usage: awk -f table.awk -f lava_id.awk -f lava.awk

function result(id, i,	verdict, field)
{
	verdict = C[i, 4]
	verdict = is_bad(verdict) ? "fail" : verdict == "skip" || verdict == "xfail" ? "skip" : "pass"
	split(extra[i, "M"], field, /[\t\n]/)
	# What is none of these could end LAVA's line.
	gsub(/[^A-Za-z0-9_.\/%-]/, "_", field[3])
	print lava_id(id), verdict (field[2] == "" ? "" : " " field[2] " " field[3])
}

function binary_done(	i)
{
	C[0, 4] = B[4]
	result(B[3], 0)
	for (i = 1; i <= nr; i++)
		result(B[3] ":" C[i, 2], i)
}

function table_done() {}
