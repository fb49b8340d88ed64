# SPDX-License-Identifier: GPL-2.0-only
#
# Shell patterns, for use beside another program: awk -f glob.awk -f ...

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
