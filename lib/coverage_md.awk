# SPDX-License-Identifier: GPL-2.0-only
#
# COVERAGE.md: the documents by section, with the claims about each, or why there is none.
#
# usage: run_tests.sh --list --by source | awk -f coverage_md.awk

# Markdown gives these a meaning.
function plain(text)
{
	gsub(/[*<>`|_]/, "\\\\&", text)
	return text
}

BEGIN {
	print "<!-- Made by \"make claims\". -->"
	print "# Coverage"
	print ""
	print "Documents and their sections, with the claims of this suite (`CLAIMS.md`) about each. The"
	print "file `coverage` has the sections; what is not covered says why."
}

/^[^ ]/ { print "\n## " plain($0); next }
/^  [^ ]/ { print "\n### " plain(substr($0, 3)) "\n"; next }
/^    not covered/ { print "*" plain(substr($0, 5)) "*"; next }
{ print "- `" substr($0, 5) "`" }
