# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the table that judge.awk writes and hands it over a binary at a time:
# the program beside this one has a function binary_done(), which finds
#
#	B[]		the B line's columns
#	nr, C[i, column]	the C lines'; C[0, column] is B again
#	extra[i, kind], nr_extra[i, kind]	the lines of that kind (M, K, E)
#			after C line i, or 0, with a newline after each

function is_bad(verdict)
{
	return verdict == "fail" || verdict == "error" || verdict == "timeout" || verdict == "signal"
}

BEGIN { FS = "\t" }

$1 == "B" {
	if (nr_binaries++)
		binary_done()
	nr = 0
	split("", extra)
	split("", nr_extra)
	for (column = 1; column <= NF; column++)
		B[column] = $column
	next
}

$1 == "C" {
	nr++
	for (column = 1; column <= NF; column++)
		C[nr, column] = $column
	next
}

{
	nr_extra[nr, $1]++
	extra[nr, $1] = extra[nr, $1] substr($0, 3) "\n"
}

END {
	if (nr_binaries)
		binary_done()
	if (nr_binaries || always)
		table_done()
}
