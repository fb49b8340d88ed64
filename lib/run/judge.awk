# SPDX-License-Identifier: GPL-2.0-only
#
# What a binary's run means: turns its plan and the event stream of supervise
# into the table from which everything else is made. The plan alone says what
# cases there are; the binary can only say how they went.
#
# Input, with an empty line between the parts: skip_reasons, a paragraph of the
# plan (see plan.awk), the events (see supervise.c). Besides supervise's there
# are these ends: "skip REASON: detail", "lost: why" and "none", nothing to run.
#
# Output, a line each, tab-separated; the B line first, and a case's M, K and E
# lines after its C line (before the first C line they are the binary's own):
#
#	B number   binary  verdict reason seconds cause observed reference known
#	C case     number  verdict reason seconds cause observed reference known claim source
#	M name     value   unit		a measurement
#	R verdict  runs			from repeat.awk: so many ended so
#	K text				a line of the kernel's log
#	E text				what else the binary printed, if not ok
#
# Verdicts: pass fail error skip timeout signal, and xfail or xpass for what
# known_issues names; "observed" is then what it would have been.
#
# usage: awk -v at_once=N -v kvm=usable|WHY-NOT -v strict=yes|"" \
#	-f verdict.awk -f judge.awk

BEGIN { FS = "\t"; current = 0; EVIDENCE_HALF = 100 }

$0 == "" { part++; next }

!part { reasons[$1] = 1; next }

part == 1 && binary == "" {
	binary = $1
	number = $2
	known_reference[0] = $4
	known_reason[0] = $5
	next
}

part == 1 {
	i = ++nr_cases
	case_name[i] = $1
	case_index[$1] = i
	if ($2 != "") {
		verdict[i] = "skip"
		reason[i] = "deselected"
		cause[i] = "--skip " $2
		deselected[i] = 1
	} else {
		nr_run++
	}
	known_reference[i] = $3
	known_reason[i] = $4
	claim[i] = $5
	source[i] = $6
	required[i] = $7
	needs[i] = $8
	gsub(/[, ]+/, ",", needs[i])
	next
}

# From here on: events. "current" is the case that runs, 0 between cases.

{ now = $1; text = $3 }

# On a console that LAVA reads, this would be a result.
index(text, "<LAVA_") { gsub(/<LAVA_/, "<LAVA-", text) }

$2 == "k" {
	kernel[current] = kernel[current] "K\t" text "\n"
	if (kernel_report == "" && is_kernel_report(text))
		kernel_report = text
	next
}

$2 == "t" { taint = text; next }
$2 == "l" { left = left (left == "" ? "" : ", ") text; next }
# A log that was lost is the runner's trouble: all that it had came this way too.
$2 == "d" && text ~ /^log / { next }
$2 == "d" { dropped = dropped (dropped == "" ? "" : "; ") text; evidence_line("[dropped: " text "]"); next }
$2 == "h" { evidence_line(text " [no newline]"); next }
$2 == "x" { end = text; next }
$2 != "o" { next }

text ~ /^1\.\.[0-9]+$/ {
	if (planned != "")
		problem("error", "printed two plans")
	planned = substr(text, 4)
	if (planned + 0 != nr_run + 0)
		problem("error", "planned " planned " cases where " nr_run + 0 " are due")
	next
}

text ~ /^#  RUN           [^ ]+ \.\.\.$/ {
	if (current && verdict[current] == "")
		unreported(current, "error", "no result line")
	running = substr(text, 18, length(text) - 21)
	current = running in case_index ? case_index[running] : 0
	if (current && !(current in began))
		began[current] = now
	next
}

text ~ /^# +(OK|FAIL)  [^ ]+$/ { next }

text ~ /^(not )?ok [0-9]+( |$)/ { result(text); next }

text ~ /^Bail out!/ { problem("error", text) }

text ~ /^# measure: / {
	if (text ~ /^# measure: [A-Za-z0-9_.-]+ -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? [^ ]+$/) {
		split(text, word, " ")
		measures[current] = measures[current] "M\t" word[3] "\t" word[4] "\t" word[5] "\n"
	} else {
		problem("error", "malformed measurement: " text)
	}
	next
}

# What the harness says on its own behalf.
text == "TAP version 13" || text ~ /^# Starting [0-9]+ tests from [0-9]+ test cases\.$/ || \
text ~ /^# (PASSED|FAILED): [0-9]+ \/ [0-9]+ tests passed\.$/ || text ~ /^# Totals: / { next }

{
	evidence_line(text)
	if (text ~ /^# error: / && !(current in error))
		error[current] = substr(text, 10)
	else if (text ~ /^# ERROR SPAWNING TEST/ && !(current in error))
		error[current] = substr(text, 3)
	else if (text ~ /^# fail: / && !(current in failure))
		failure[current] = substr(text, 9)
	else if (text ~ /^# [^:]+:[0-9]+:[A-Za-z0-9_]+:Expected / && !(current in failure))
		failure[current] = expectation(text)
	else if (text ~ /^# [A-Za-z0-9_]+: Test terminated by timeout$/)
		ended_by[current] = "timeout"
	else if (text ~ /^# [A-Za-z0-9_]+: Test terminated unexpectedly by signal [0-9]+$/)
		ended_by[current] = signal_name(text)
	else if (text ~ /^# [A-Za-z0-9_]+: Test /)
		last_words[current] = substr(text, 3)
}

# Of much output the beginning and the end are kept; the log has it all.
function evidence_line(text,	n)
{
	n = ++nr_evidence[current]
	if (n <= EVIDENCE_HALF)
		evidence[current, n] = text
	else
		evidence[current, EVIDENCE_HALF + 1 + n % EVIDENCE_HALF] = text
}

function print_evidence(i,	n)
{
	for (n = 1; n <= nr_evidence[i]; n++) {
		if (n == EVIDENCE_HALF + 1 && nr_evidence[i] > 2 * EVIDENCE_HALF) {
			n = nr_evidence[i] - EVIDENCE_HALF + 1
			print "E\t[" n - 1 - EVIDENCE_HALF " lines, see the log]"
		}
		print "E\t" evidence[i, n <= EVIDENCE_HALF ? n : EVIDENCE_HALF + 1 + n % EVIDENCE_HALF]
	}
}

# "# file:line:name:Expected ..." without the name, which the id has already.
function expectation(text,	place, what)
{
	place = what = substr(text, 3)
	sub(/:[A-Za-z0-9_]+:Expected .*/, "", place)
	sub(/^[^:]+:[0-9]+:[A-Za-z0-9_]+:/, "", what)
	return place ": " what
}

# "ok N case", "not ok N case", "ok N case # SKIP reason".
function result(text,	ok, word, n, i, rest)
{
	ok = text ~ /^ok/
	rest = text
	sub(/^(not )?ok [0-9]+ ?/, "", rest)
	n = text
	sub(/^(not )?ok /, "", n)
	nr_results++
	if (n + 0 != nr_results)
		problem("error", "result number " n + 0 " where " nr_results " was due")
	split(rest, word, " ")
	if (!(word[1] in case_index)) {
		problem("error", "a result for \"" word[1] "\", which is not in the plan")
		current = 0
		return
	}
	i = case_index[word[1]]
	if (i in deselected) {
		problem("error", "a result for " word[1] ", which was not to be run")
	} else if (i in reported) {
		verdict[i] = "error"
		cause[i] = "reported twice"
		problem("error", word[1] " was reported twice")
	} else if (i != current) {
		verdict[i] = "error"
		cause[i] = "reported while it was not running"
		problem("error", word[1] " was reported while it was not running")
	} else {
		seconds[i] = now - began[i]
		judge_case(i, ok, substr(rest, length(word[1]) + 1))
	}
	reported[i] = 1
	if (!ok)
		nr_not_ok++
	if (i == current)
		current = 0
}

END { judge_binary() }
