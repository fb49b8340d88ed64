# SPDX-License-Identifier: GPL-2.0-only
#
# run_tests.sh --help, as the manual page run_tests.sh(1). What --help says stands nowhere
# else; here is what it leaves out.
#
# --help is: usage lines, paragraphs, "  --option WORD  text" with deeper lines that go
# on, and at the end "Environment: .." and "Exit status: ..".
#
# usage: run_tests.sh --help | awk -f man.awk

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

function roff(text)
{
	text = replace(text, "\\", "\\e")
	text = replace(text, "-", "\\-")
	text = replace(text, "\"", "\\(dq")
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function section(name)
{
	print ".SH " name
}

BEGIN {
	print ".TH RUN_TESTS.SH 1 \"\" kvm\\-conformance \"User Commands\""
	section("NAME")
	print "run_tests.sh \\- run the conformance suite for KVM on x86"
	section("SYNOPSIS")
}

/^(usage:|      ) run_tests.sh / {
	sub(/^[^.]*.sh /, "")
	print (in_synopsis++ ? ".br\n" : "") ".B run_tests.sh"
	print roff($0)
	next
}

in_synopsis {
	in_synopsis = 0
	gap = 1
	print ".PP"
	print "Installed as"
	print ".BR kvm\\-conformance ."
	section("DESCRIPTION")
	print "Each test is a claim about KVM, with its source in KVM's documentation or the CPU"
	print "manuals. The results are printed as TAP and kept below a directory."
	next
}

/^  -/ {
	if (!in_options++)
		section("OPTIONS")
	print ".TP"
	gap = 0
	sub(/^ +/, "")
	# Two spaces, or the line's end, are the end of the option's words.
	if ((at = match($0, /  +/))) {
		print ".B " roff(substr($0, 1, at - 1))
		print roff(substr($0, at + RLENGTH))
	} else {
		print ".B " roff($0)
	}
	next
}

/^Environment: / {
	section("ENVIRONMENT")
	sub(/^Environment: /, "")
	gap = 0
}

/^Exit status: / {
	section("EXIT STATUS")
	sub(/^Exit status: /, "")
	gap = 0
}

/^$/ { gap = 1; next }

{
	if (gap)
		print ".PP"
	gap = 0
	sub(/^ +/, "")
	print roff($0)
}

END {
	section("FILES")
	print ".TP"
	print ".I results/latest"
	print "the last run's results: a log for each binary, results.json, and"
	print "the output. Where the suite's own directory cannot be written, below"
	print ".BR TMPDIR ,"
	print "as is then said."
	print ".TP"
	print ".I known_issues"
	print "kernels and machines that are known to break a claim"
	section("EXAMPLES")
	print ".TP"
	print ".B run_tests.sh \\-\\-list \\-v x86"
	print "every claim about x86, its source and its needs"
	print ".TP"
	print ".B run_tests.sh \\-\\-require no\\-cap \\(aqpio_rip:pio.out_*\\(aq"
	print "some cases of one binary, where no capability may be missing"
	section("SEE ALSO")
	print "The kernel's Documentation/dev\\-tools/kselftest.rst and Documentation/dev\\-tools/ktap.rst"
}
