# SPDX-License-Identifier: GPL-2.0-only
#
# Which skips --require forbids, for use beside another program, with glob.awk, known.awk,
# and complain(text) in the program. A profile has three fields to a line, all of them due:
#
#	id pattern | kernels | reasons
#
# id pattern  directory/binary: all its cases, or directory/binary:case; shell patterns
# kernels     as in known_issues: those from which on, or until which, a skip is forbidden
# reasons     of skip_reasons, with commas between: the skips that are forbidden there

function require_line(line, where, kernel,	field, n, i, reason, what)
{
	if (line ~ /^[ \t]*(#|$)/)
		return
	n = split_fields(line, field)
	what = ""
	if (n != 3)
		what = n " fields where 3 are due: id pattern | kernels | reasons"
	else if (field[1] !~ /^[^ \/]+\/[^ \/]+$/)
		what = "\"" field[1] "\" is no id pattern: directory/binary or directory/binary:case"
	else if (!is_range(field[2]))
		what = "\"" field[2] "\" is no range of kernels"
	else if (field[3] == "")
		what = "a reason is due"
	n = split(field[3], reason, ",")
	for (i = 1; i <= n && what == ""; i++)
		if (!((reason[i] = trim(reason[i])) in is_reason))
			what = "\"" reason[i] "\" is no reason for a skip"
	if (what != "") {
		complain(where ": " what)
		return
	}
	nr_rules++
	rule_where[nr_rules] = where
	rule_id[nr_rules] = field[1]
	rule_here[nr_rules] = kernel_in_range(kernel, field[2])
	for (i = 1; i <= n; i++)
		rule_reasons[nr_rules] = rule_reasons[nr_rules] "," reason[i]
}

# The reasons that are forbidden for a case, with commas between, or "all".
function required_of(binary, case_name,	i, id, out)
{
	out = ENVIRON["REQUIRE"]
	for (i = 1; i <= nr_rules; i++) {
		id = index(rule_id[i], ":") ? binary ":" case_name : binary
		if (!glob_match(rule_id[i], id))
			continue
		rule_used[i] = 1
		if (rule_here[i])
			out = out rule_reasons[i]
	}
	sub(/^,/, "", out)
	return index("," out ",", ",all,") ? "all" : out
}

# A rule for no test at all is a slip of the pen, or was forgotten.
function require_check_used(	i)
{
	for (i = 1; i <= nr_rules; i++)
		if (!rule_used[i])
			complain(rule_where[i] ": no test has an id like " rule_id[i])
}
