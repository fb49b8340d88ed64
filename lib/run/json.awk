# SPDX-License-Identifier: GPL-2.0-only
#
# Text as JSON, for use beside another program. Text that is not printable
# ASCII has been escaped before it gets here, or is here.

# Each character @from of @text as @to. Not with gsub(): awks do not agree on what a
# backslash in its replacement is.
function replace(text, from, to,	out, at)
{
	while ((at = index(text, from))) {
		out = out substr(text, 1, at - 1) to
		text = substr(text, at + 1)
	}
	return out text
}

function json(text)
{
	gsub(/[^ -~]/, "?", text)
	return "\"" replace(replace(text, "\\", "\\\\"), "\"", "\\\"") "\""
}

# A JSON array of the lines of @text.
function json_lines(text,	line, n, i, out)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? ", " : "") json(line[i])
	return "[" out "]"
}
