# SPDX-License-Identifier: GPL-2.0-only
#
# The page's part about failures, with their evidence. For use with html.awk, names.awk,
# runs.awk, exits.awk and folded.awk.

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
		return log_state[r, name] != "missing" ? "" : \
			"<p class=\"note\">No evidence: " name ".log is not there.</p>\n"
	return timelines(text) "<details><summary>What the test printed</summary>" \
		lines_as_pre(text) "</details>\n"
}

# Whether some of several runs ended otherwise, and how many ended as it is said of all.
function is_flaky(r, id)
{
	return get(r, id, "runs." get(r, id, "verdict")) + 0 < times_run(r, id)
}

function how_often(r, id)
{
	return times_run(r, id) < 2 ? "" : \
		plural(get(r, id, "runs." get(r, id, "verdict")) + 0, "time") " of " times_run(r, id)
}

function kernel_log(r, id,	text)
{
	text = get(r, id, "kernel_log")
	return text == "" ? "" : \
		"<details><summary>Kernel log</summary>" lines_as_pre(text) "</details>\n"
}

# One failure of a case, or of a binary; where it is not the first one, folded.
function seen(r, id, folded,	what, attribute)
{
	what = badge(get(r, id, "verdict")) (variant_of(id) == "" ? "" : " <b>" html_name(variant_of(id)) "</b>") \
		(how_often(r, id) == "" ? "" : " " how_often(r, id)) " in run " run_link(r)
	attribute = " class=\"seen\"" (id in shown ? "" : " id=\"failure-" anchor(id) "\"")
	shown[id]
	if (folded)
		print "<details" attribute "><summary>" what "</summary>\n<p class=\"note\">" html(run_name(r)) "</p>"
	else
		print "<div" attribute ">\n<p>" what "<br><span class=\"note\">" html(run_name(r)) "</span></p>"
	print "<p class=\"cause\">" html(get(r, id, "cause")) "</p>"
	printf "%s", evidence(r, id) kernel_log(r, id)
	print folded ? "</details>" : "</div>"
}

# All failures of a claim, or of a binary itself, but for those that have no more to say than
# their cause.
function failure(claim,	i, r, id, name, nr)
{
	for (i = 1; i <= nr_variants[claim]; i++) {
		id = case_of[claim, i]
		for (r = 1; r <= nr_runs; r++) {
			if (!is_failure(r, id) || is_bare(r, id))
				continue
			if (!nr++) {
				name = "failures-" anchor(claim)
				print "<article id=\"" name "\">\n<h3><a href=\"#" name "\">" html_name(claim) "</a></h3>"
				printf "%s", claim_and_source(case_of[claim, 1])
			}
			seen(r, id, nr > 1)
		}
	}
	if (nr)
		print "</article>"
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
		failure(claims[i])
	bare_failures()
	print "</section>"
}
