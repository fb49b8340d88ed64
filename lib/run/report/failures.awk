# SPDX-License-Identifier: GPL-2.0-only
#
# The page's parts about what is not well: failures with their evidence, known issues with
# their why, skips by reason. For use with html.awk, runs.awk and exits.awk.

# The case, or a binary for what is wrong with the binary itself.
function is_failure(r, id)
{
	return is_bad(get(r, id, "verdict")) && (!is_binary(id) || is_own_verdict(r, id))
}

function fails_anywhere(id,	r)
{
	for (r = 1; r <= nr_runs; r++)
		if (is_failure(r, id))
			return 1
	return 0
}

function claim_text(id, member,	r)
{
	for (r = 1; r <= nr_runs; r++)
		if (get(r, id, member) != "")
			return get(r, id, member)
	return ""
}

# A claim and where it comes from; a binary has none.
function claim_and_source(id,	claim, source)
{
	claim = claim_text(id, "claim")
	source = claim_text(id, "source")
	return (claim == "" ? "" : "<p class=\"claim\">" html(claim) "</p>\n") \
		(source == "" ? "" : "<p class=\"source\">Source: " html(source) "</p>\n")
}

# What the log has of this case: the pictures, and the lines below them.
function evidence(r, id,	name, text)
{
	if (is_binary(id))
		return ""
	name = log_with(r, id)
	text = log_text[r, name, id]
	if (text == "")
		return "<p class=\"note\">No evidence: " name ".log " \
			(log_state[r, name] == "missing" ? "is not there" : "has no line of this test") ".</p>\n"
	return timelines(text) "<details><summary>What the test printed</summary>" \
		lines_as_pre(text) "</details>\n"
}

# "in 1 run of 20", for flakes.
function how_often(r, id,	n)
{
	n = times_run(r, id)
	return n < 2 ? "" : " " get(r, id, "runs." get(r, id, "verdict")) + 0 " times of " n
}

function kernel_log(r, id,	text)
{
	text = get(r, id, "kernel_log")
	return text == "" ? "" : \
		"<details><summary>Kernel log</summary>" lines_as_pre(text) "</details>\n"
}

# One failure of a case, or of a binary.
function seen(r, id)
{
	print "<div class=\"seen\"" (id in shown ? "" : " id=\"failure-" anchor(id) "\"") ">\n<p>" \
		badge(get(r, id, "verdict")) \
		(variant_of(id) == "" ? "" : " <b>" html_name(variant_of(id)) "</b>") \
		how_often(r, id) " in run " run_link(r) "<br><span class=\"note\">" html(run_name(r)) "</span></p>"
	shown[id]
	print "<p class=\"cause\">" html(get(r, id, "cause")) "</p>"
	printf "%s", evidence(r, id) kernel_log(r, id)
	print "</div>"
}

# All failures of a claim, or of a binary itself.
function failure(claim,	i, r, id, name)
{
	name = "failures-" anchor(claim)
	print "<article id=\"" name "\">\n<h3><a href=\"#" name "\">" html_name(claim) "</a></h3>"
	printf "%s", claim_and_source(case_of[claim, 1])
	print "<div class=\"all-seen\">"
	for (i = 1; i <= nr_variants[claim]; i++) {
		id = case_of[claim, i]
		for (r = 1; r <= nr_runs; r++)
			if (is_failure(r, id))
				seen(r, id)
	}
	print "</div>\n</article>"
}

function claim_fails(claim,	i)
{
	for (i = 1; i <= nr_variants[claim]; i++)
		if (fails_anywhere(case_of[claim, i]))
			return 1
	return 0
}

function failures(	i)
{
	section("failures", "Failures")
	if (!nr_failures)
		print "<p>None.</p>"
	else
		print "<p class=\"note\">In the pictures time goes down, an exit a row. Each address has " \
			"its own lane: where the guest did not move, the line goes straight down. " \
			"Diamonds are bus locks, squares port I/O and MMIO, circles other exits, a cross is a " \
			"KVM_RUN that failed; hollow ones were taken from L2.</p>"
	for (i = 1; i <= nr_claims; i++)
		if (claim_fails(claims[i]))
			failure(claims[i])
	print "</section>"
}

# --- known issues ---

# In issue_cases[n] all ids that the n-th issue is about, a line each.
function collect_issues(	i, r, n, key)
{
	for (i = 1; i <= nr_ids; i++)
		for (r = 1; r <= nr_runs; r++) {
			if (get(r, ids[i], "verdict") !~ /^x/)
				continue
			key = get(r, ids[i], "known_issue.reason") SUBSEP \
				get(r, ids[i], "known_issue.reference")
			if (!(key in issue_index)) {
				issue_index[key] = ++nr_issues
				issue_reason[nr_issues] = get(r, ids[i], "known_issue.reason")
				issue_reference[nr_issues] = get(r, ids[i], "known_issue.reference")
			}
			n = issue_of[r, ids[i]] = issue_index[key]
			if (!((n, ids[i]) in is_issue_case))
				issue_cases[n] = issue_cases[n] ids[i] "\n"
			is_issue_case[n, ids[i]]
		}
}

function known_case(n, id,	r)
{
	print "<details id=\"issue-" n "-" anchor(id) "\"><summary>" html_name(id)
	for (r = 1; r <= nr_runs; r++)
		if (issue_of[r, id] == n)
			print " <span class=\"pair\">" letters(r) " " badge(get(r, id, "verdict")) "</span>"
	print "</summary>"
	printf "%s", claim_and_source(id)
	for (r = 1; r <= nr_runs; r++) {
		if (issue_of[r, id] != n)
			continue
		print "<div class=\"seen\"><p>Run " run_link(r) " <span class=\"note\">" html(run_name(r)) "</span></p>"
		if (get(r, id, "verdict") == "xpass")
			print "<p>Passes, though known_issues has it: is the entry out of date?</p>"
		else
			print "<p class=\"cause\">" html(get(r, id, "cause")) "</p>\n" evidence(r, id)
		print "</div>"
	}
	print "</details>"
}

function known_issues(	n, i, nr, id)
{
	section("known", "Known issues")
	print nr_issues ? "<p class=\"note\">Failures that known_issues expects, which break the claim all the same.</p>" : "<p>None.</p>"
	for (n = 1; n <= nr_issues; n++) {
		print "<article id=\"issue-" n "\">\n<h3><a href=\"#issue-" n "\">" html(issue_reason[n]) "</a></h3>"
		print "<p class=\"source\">" html_reference(issue_reference[n]) "</p>"
		nr = split(issue_cases[n], id, "\n") - 1
		for (i = 1; i <= nr; i++)
			known_case(n, id[i])
		print "</article>"
	}
	print "</section>"
}

# --- skips ---

# @reasons: the file skip_reasons.
function skips(reasons,	line, field, meaning, r, i, reason, nr, order, count, total)
{
	while ((getline line < reasons) > 0) {
		split(line, field, "\t")
		meaning[field[1]] = field[2]
	}
	close(reasons)
	for (i = 1; i <= nr_ids; i++)
		for (r = 1; r <= nr_runs; r++) {
			reason = get(r, ids[i], "reason")
			if (is_binary(ids[i]) || get(r, ids[i], "verdict") != "skip")
				continue
			if (!(reason in total))
				order[++nr] = reason
			total[reason]++
			count[r, reason]++
		}
	section("skips", "Skipped, and why")
	if (!nr)
		print "<p>Nothing.</p>"
	for (i = 1; i <= nr; i++) {
		print "<p class=\"skipped\"><b>" html(order[i]) "</b> " html(meaning[order[i]]) ":"
		for (r = 1; r <= nr_runs; r++)
			if (count[r, order[i]])
				print " <span class=\"pair\">" run_link(r) " " count[r, order[i]] "</span>"
		print "</p>"
	}
	print "</section>"
}
