# SPDX-License-Identifier: GPL-2.0-only
#
# The verdicts, for use with judge.awk: over a case, over the binary as a whole, and what
# known_issues and --require make of them.

function is_bad(v)
{
	return v == "fail" || v == "error" || v == "timeout" || v == "signal"
}

# What makes the binary itself not ok, apart from its cases; the first counts.
function problem(v, text)
{
	if (!(text in problems)) {
		problems[text] = 1
		own_cause = own_cause (own_cause == "" ? "" : "; ") text
	}
	if (own_verdict == "")
		own_verdict = v
}

function signal_name(text,	names, word, n)
{
	n = split(text, word, " ")
	split("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT " \
		"CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS", names, " ")
	n = word[n] + 0
	return n in names ? "SIG" names[n] : "signal " n
}

# The kernel's own reports of something wrong with itself.
function is_kernel_report(text)
{
	sub(/^<[0-9]> /, "", text)
	return text ~ /^(WARNING: |BUG: |kernel BUG at |Oops: |Kernel panic|UBSAN: |general protection fault)/ || \
		text ~ /^(unchecked MSR access error: |watchdog: BUG: |rcu: INFO: .*(stall|starved))/ || \
		text ~ /^(INFO: task .* blocked |INFO: rcu.* stall|traps: PANIC: )/ || \
		text ~ /^[a-z -]+: [0-9a-f]+ \[#[0-9]+\]/
}

function taint_letters(bits,	letters, i, names)
{
	split("P F S R M B U D A W C I O E L K X T N J", names, " ")
	for (i = 1; bits > 0; i++) {
		if (bits % 2)
			letters = letters (i in names ? names[i] : "?")
		bits = int(bits / 2)
	}
	return letters == "" ? "none" : letters
}

# A case with a result line; @rest is what stands behind its name.
function judge_case(i, ok, rest)
{
	if (ok && rest == "") {
		verdict[i] = "pass"
		# What a case prints must not contradict its result.
		if (i in error || i in failure) {
			verdict[i] = i in error ? "error" : "fail"
			cause[i] = "\"ok\" after: " (i in error ? error[i] : failure[i])
		}
	} else if (ok && rest ~ /^ # SKIP /) {
		said_skip[i]
		judge_skip(i, substr(rest, 9))
		# Whatever failed before a skip is the verdict.
		if (i in error || i in failure) {
			verdict[i] = i in error ? "error" : "fail"
			cause[i] = "skipped after: " (i in error ? error[i] : failure[i])
			reason[i] = ""
			delete forbidden[i]
		}
	} else if (ok) {
		verdict[i] = "error"
		cause[i] = "not a result:" rest
	} else if (i in error) {
		verdict[i] = "error"
		cause[i] = error[i]
	} else if (i in ended_by) {
		verdict[i] = ended_by[i] == "timeout" ? "timeout" : "signal"
		cause[i] = (ended_by[i] == "timeout" ? "no end within the case's time limit" : \
			"terminated by " ended_by[i]) (i in failure ? ", after: " failure[i] : "")
	} else {
		verdict[i] = "fail"
		cause[i] = i in failure ? failure[i] : i in last_words ? last_words[i] : "no reason given"
	}
}

# By "Needs:", or by every test.
function is_declared(i, reason)
{
	return reason == "no-kvm" || reason == "permission" || \
		index("," needs[i] ",", "," reason ",")
}

function judge_skip(i, text,	colon)
{
	colon = index(text ":", ":")
	reason[i] = substr(text, 1, colon - 1)
	cause[i] = substr(text, colon + 2)
	verdict[i] = "skip"
	if (!(reason[i] in reasons) || reason[i] == "deselected") {
		verdict[i] = "error"
		cause[i] = "skipped for an unknown reason: " text
		reason[i] = ""
	} else if (kvm == "usable" && text ~ /^(no-kvm|permission: \/dev\/kvm)/) {
		# Without this, a machine that loses its KVM would end all green.
		verdict[i] = "error"
		cause[i] = "KVM was there when the run began, and is gone: " text
		reason[i] = ""
	} else if (!is_declared(i, reason[i])) {
		verdict[i] = "error"
		cause[i] = "skipped for a reason that its claim does not declare: " text
		reason[i] = ""
	} else if (required[i] == "all" || index("," required[i] ",", "," reason[i] ",")) {
		verdict[i] = "fail"
		forbidden[i] = 1
		cause[i] = "--require forbids this skip: " text
	}
}

# The plan has a case that has no result.
function unreported(i, v, why)
{
	verdict[i] = v
	cause[i] = why
	if (i in error)
		cause[i] = why ", after: " error[i]
	else if (i in failure)
		cause[i] = why ", after: " failure[i]
	if (i in began)
		seconds[i] = now - began[i]
}

# How the run ended, in words, and the verdict over who was running then.
function judge_end()
{
	end_verdict = "error"
	end_text = end
	if (end ~ /^exit /) {
		end_text = "the binary ended with exit status " substr(end, 6)
	} else if (end ~ /^signal /) {
		end_verdict = "signal"
		end_text = "the binary was killed by " substr(end, 8)
	} else if (end ~ /^timeout /) {
		end_verdict = "timeout"
		end_text = "no end within the binary's time limit of " substr(end, 9) " s"
	} else if (end ~ /^interrupted/) {
		end_text = "interrupted"
	} else if (end == "") {
		end_text = "its supervisor died"
	}
}

function judge_missing(	i)
{
	for (i = 1; i <= nr_cases; i++) {
		if (verdict[i] != "")
			continue
		if (end ~ /^skip /)
			judge_skip(i, substr(end, 6))
		else if (end ~ /^(interrupted|lost)/)
			unreported(i, "error", end_text)
		else if (dropped ~ /output beyond/ && end ~ /^exit /)
			unreported(i, "error", "its result is not in what was kept: " dropped)
		else if (i == current)
			unreported(i, end_verdict, (end ~ /^exit / ? "no result: " : "") end_text)
		else
			unreported(i, "error", "not run: " end_text)
	}
}

function judge_exit_status(	status, i, nr_skip, due)
{
	status = substr(end, 6) + 0
	for (i = 1; i <= nr_cases; i++)
		nr_skip += i in said_skip
	due = nr_not_ok > 0
	if (status == 4 && !due && nr_skip > 0 && nr_skip == nr_results)
		return
	if (status != due)
		problem("error", "exit status " status " where " due " is due")
	if (planned == "")
		problem("error", "no plan line")
}

# Known issues: what fails is expected to, what passes is worth a look, or with --strict a
# failure. Nothing is known about what was never run.
function settle_known(i)
{
	observed[i] = verdict[i]
	if (known_reference[i] == "" || i in forbidden)
		return
	if (is_bad(verdict[i]) && end !~ /^(interrupted|lost|cannot run)/)
		verdict[i] = "xfail"
	else if (verdict[i] == "pass" && strict != "") {
		verdict[i] = "fail"
		cause[i] = "passes, though known_issues has it"
	} else if (verdict[i] == "pass")
		verdict[i] = "xpass"
}

function print_case(i)
{
	print "C\t" case_name[i] "\t" i "\t" verdict[i] "\t" reason[i] "\t" \
		sprintf("%.3f", seconds[i]) "\t" cause[i] "\t" observed[i] "\t" \
		known_reference[i] "\t" known_reason[i] "\t" claim[i] "\t" source[i]
	printf "%s%s", measures[i], kernel[i]
	if (is_bad(verdict[i]))
		print_evidence(i)
}

# The binary's verdict is its own fault, or else what its cases make it.
function settle_binary(	i, nr_bad, nr_skip, first, v)
{
	for (i = 1; i <= nr_cases; i++) {
		if (is_bad(verdict[i])) {
			nr_bad++
			v = verdict[i] == "fail" || v == "" ? verdict[i] : v
			first = first == "" ? case_name[i] : first
		}
		nr_skip += verdict[i] == "skip"
	}
	if (own_verdict != "") {
		verdict[0] = own_verdict
		cause[0] = own_cause
		settle_known(0)
	}
	if (nr_bad && !is_bad(verdict[0])) {
		verdict[0] = observed[0] = v
		cause[0] = nr_bad " of " nr_cases " cases not ok, the first: " first
	} else if (verdict[0] == "" && nr_skip == nr_cases) {
		verdict[0] = observed[0] = "skip"
		reason[0] = reason[1]
		cause[0] = cause[1]
	} else if (verdict[0] == "") {
		verdict[0] = "pass"
		settle_known(0)
	}
}

function judge_binary(	i)
{
	judge_end()
	if (end_verdict != "error" || end ~ /^(interrupted|lost|cannot run)/ || end == "")
		problem(end_verdict, end_text)
	judge_missing()
	if (kernel_report != "")
		problem("fail", "kernel log: " kernel_report parallel_note())
	if (taint != "") {
		split(taint, flags, " ")
		problem("fail", "kernel taint flags went from " taint_letters(flags[1]) " to " \
			taint_letters(flags[2]) parallel_note())
	}
	if (end ~ /^exit /)
		judge_exit_status()
	if (left != "")
		problem("error", "left processes behind: " left)
	if (dropped != "")
		problem("error", "dropped: " dropped)

	for (i = 1; i <= nr_cases; i++)
		settle_known(i)
	settle_binary()
	print "B\t" number "\t" binary "\t" verdict[0] "\t" reason[0] "\t" sprintf("%.3f", now) \
		"\t" cause[0] "\t" observed[0] "\t" known_reference[0] "\t" known_reason[0]
	printf "%s%s", measures[0], kernel[0]
	if (is_bad(verdict[0]))
		print_evidence(0)
	for (i = 1; i <= nr_cases; i++)
		print_case(i)
}

function parallel_note()
{
	return at_once > 1 ? " (up to " at_once " binaries ran at once: it may belong to another)" : ""
}
