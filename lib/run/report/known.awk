# SPDX-License-Identifier: GPL-2.0-only
#
# The page's parts about known issues with their why, and skips by reason. For use with
# html.awk, names.awk, runs.awk and failures.awk.

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
