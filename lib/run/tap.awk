# SPDX-License-Identifier: GPL-2.0-only
#
# What both dialects of TAP have in common, for use with table.awk and json.awk: the
# result lines and the diagnostics that go with them.

# Consumers look for directives behind "#", some of them anywhere on the line.
function hashless(text)
{
	return replace(text, "#", "\\x23")
}

# Text that may stand behind "#" on a result line, and is no directive.
function comment(text)
{
	if (tolower(substr(text, 1, 5)) ~ /^(skip|todo|xfail|xpass)/)
		text = "cause: " text
	return " # " hashless(text)
}

# The directive of a result line; "" for a pass. The reason of a skip is not
# here: consumers would take it for a part of the test's name.
function directive(verdict, cause, reference, known)
{
	if (verdict == "skip")
		return " # SKIP"
	if (verdict == "xfail" || verdict == "xpass")
		return " # " toupper(verdict) " " hashless(reference ": " known)
	if (verdict == "error" || verdict == "timeout")
		return " # " toupper(verdict) " " hashless(cause)
	return verdict == "pass" ? "" : comment(cause)
}

function result_line(verdict, number, name, cause, reference, known)
{
	return (is_bad(verdict) ? "not ok " : "ok ") number " " name \
		directive(verdict, cause, reference, known)
}

function binary_name(	dir, name)
{
	dir = name = B[3]
	sub(/\/[^\/]*$/, "", dir)
	sub(/.*\//, "", name)
	return "selftests: kvm-conformance/" dir ": " name
}

function binary_result()
{
	return result_line(B[4], B[2], binary_name(), B[7], B[9], B[10])
}

function case_result(i)
{
	return result_line(C[i, 4], i, C[i, 2], C[i, 7], C[i, 9], C[i, 10])
}

function print_prefixed(prefix, text,	line, n, i)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++)
		print prefix line[i]
}

# The diagnostics of a case, or of the binary itself for 0. No consumer must
# take what a test printed for a result, hence the bar.
function print_diagnostics(prefix, i)
{
	if (i && C[i, 4] == "skip")
		print prefix C[i, 5] (C[i, 7] == "" ? "" : ": " C[i, 7])
	if (i && C[i, 4] == "xfail")
		print prefix "would be " C[i, 8] ": " C[i, 7]
	if (i && is_bad(C[i, 4])) {
		print prefix "claim: " C[i, 11]
		print prefix "source: " C[i, 12]
	}
	if (!i && B[4] == "xfail")
		print prefix "would be " B[8] ": " B[7]
	print_prefixed(prefix "| ", extra[i, "E"])
	if (is_bad(B[4]))
		print_prefixed(prefix "kernel: ", extra[i, "K"])
}

function table_done() {}
