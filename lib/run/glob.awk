# SPDX-License-Identifier: GPL-2.0-only
#
# Shell patterns, and how they name tests. For use beside another program:
# awk -f glob.awk -f ...

# The regular expression that matches what the shell pattern does.
function glob_regex(pattern,	regex, i, c, set, end)
{
	for (i = 1; i <= length(pattern); i++) {
		c = substr(pattern, i, 1)
		if (c == "*") {
			regex = regex ".*"
		} else if (c == "?") {
			regex = regex "."
		} else if (c == "[" && (end = index(substr(pattern, i + 2), "]"))) {
			set = substr(pattern, i + 1, end)
			sub(/^!/, "^", set)
			regex = regex "[" set "]"
			i += end + 1
		} else if (c ~ /[A-Za-z0-9_\/-]/) {
			regex = regex c
		} else {
			if (c == "\\" && i < length(pattern))
				c = substr(pattern, ++i, 1)
			regex = regex (c ~ /[\\^]/ ? "\\" c : "[" c "]")
		}
	}
	return "^" regex "$"
}

function glob_match(pattern, text)
{
	return text ~ glob_regex(pattern)
}

# Whether a TEST of the command line, "dir", "binary" or either with ":case",
# names this case.
function selects(test, binary, case_name,	colon, where, dir, name)
{
	where = test
	colon = index(test, ":")
	if (colon) {
		if (!glob_match(substr(test, colon + 1), case_name))
			return 0
		where = substr(test, 1, colon - 1)
	}
	sub(/\/$/, "", where)
	dir = name = binary
	sub(/\/.*/, "", dir)
	sub(/.*\//, "", name)
	return glob_match(where, dir) || glob_match(where, name) || glob_match(where, binary)
}
