# SPDX-License-Identifier: GPL-2.0-only
#
# The facts of hostfacts as environment.json. Dotted keys become nested objects;
# keys that share a path must stand together.
#
# usage: awk -f json.awk -f environment.awk

BEGIN { FS = "\t" }

# A number where the key always has one: a list such as numa.nodes, "0" here and
# "0-1" elsewhere, must not change its type.
function value(key, text)
{
	return key ~ /^(cpu|kvm)\./ && text ~ /^(0|-?[1-9][0-9]*)$/ ? text : json(text)
}

{
	n = split($1, path, ".")
	for (same = 0; same < depth && same < n - 1 && open[same + 1] == path[same + 1]; same++)
		;
	for (; depth > same; depth--)
		out = out " }"
	if (NR > 1)
		out = out ","
	for (; depth < n - 1; depth++) {
		open[depth + 1] = path[depth + 1]
		out = out "\n " json(path[depth + 1]) ": {"
	}
	out = out "\n  " json(path[n]) ": " value($1, $2)
}

END {
	for (; depth > 0; depth--)
		out = out " }"
	print "{" out "\n}"
}
