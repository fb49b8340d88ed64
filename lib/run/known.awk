# SPDX-License-Identifier: GPL-2.0-only
#
# The file known_issues, whose own comment defines its format. For use beside
# another program, with glob.awk, and complain(text) in the program.

function trim(text)
{
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# Compares dotted versions by as many components as @b has: 7.3.4 is 7.3.
function version_compare(a, b,	i, n, as, bs)
{
	n = split(b, bs, ".")
	split(a, as, ".")
	for (i = 1; i <= n; i++)
		if (as[i] + 0 != bs[i] + 0)
			return as[i] + 0 < bs[i] + 0 ? -1 : 1
	return 0
}

function kernel_in_range(release, range,	dash)
{
	if (range == "*")
		return 1
	sub(/[^0-9.].*/, "", release)
	dash = index(range, "-")
	if (!dash)
		return version_compare(release, range) == 0
	return (dash == 1 || version_compare(release, substr(range, 1, dash - 1)) >= 0) && \
		(dash == length(range) || version_compare(release, substr(range, dash + 1)) <= 0)
}

function is_range(text,	ends, n)
{
	if (text == "*")
		return 1
	n = split(text, ends, "-")
	if (n > 2 || text == "-" || text !~ /^[0-9.-]+$/)
		return 0
	for (; n; n--)
		if (ends[n] != "" && ends[n] !~ /^[0-9]+(\.[0-9]+)*$/)
			return 0
	return split(text, ends, "-") == 1 || ends[1] == "" || ends[2] == "" || \
		version_compare(ends[1], ends[2]) <= 0
}

# A line's fields, between bars, as field[1..]; how many.
function split_fields(line, field,	n, i)
{
	n = split(line, field, "|")
	for (i = 1; i <= n; i++)
		field[i] = trim(field[i])
	return n
}

# One line of the file; @where is file:line, @machine what this machine goes by,
# in words: its name, its KVM modules.
function known_line(line, where, kernel, machine,	field, n, what)
{
	if (line ~ /^[ \t]*(#|$)/)
		return
	n = split_fields(line, field)
	what = ""
	if (n != 5)
		what = n " fields where 5 are due: id pattern | kernels | machine | reference | reason"
	else if (field[1] !~ /^[^ \/]+\/[^ \/]+$/)
		what = "\"" field[1] "\" is no id pattern: directory/binary:case or directory/binary"
	else if (!is_range(field[2]))
		what = "\"" field[2] "\" is no range of kernels"
	else if (field[3] !~ /^(\*|[a-z0-9][a-z0-9_-]*)$/)
		what = "\"" field[3] "\" is no machine"
	else if (field[4] == "" || field[5] == "")
		what = "an entry needs a reference and a reason"
	if (what != "") {
		complain(where ": " what)
		return
	}
	nr_known++
	known_where[nr_known] = where
	known_id[nr_known] = field[1]
	known_here[nr_known] = kernel_in_range(kernel, field[2]) && \
		(field[3] == "*" || index(" " machine " ", " " field[3] " "))
	known_reference[nr_known] = field[4]
	known_reason[nr_known] = field[5]
}

# The number of the first entry for this id that holds here, or 0. A pattern
# with a colon is about cases, one without about binaries.
function known_issue(id,	i, found)
{
	for (i = 1; i <= nr_known; i++) {
		if (!index(known_id[i], ":") != !index(id, ":") || !glob_match(known_id[i], id))
			continue
		known_used[i] = 1
		if (known_here[i] && !found)
			found = i
	}
	return found
}

# An entry for no test at all is a slip of the pen, or was forgotten.
function known_check_used(	i)
{
	for (i = 1; i <= nr_known; i++)
		if (!known_used[i])
			complain(known_where[i] ": no test has an id like " known_id[i])
}
