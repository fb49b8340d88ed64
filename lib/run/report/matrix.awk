# SPDX-License-Identifier: GPL-2.0-only
#
# The page's matrix: a row a claim, a column a run. A claim's variants share its row; what
# they came to in a run is counted in its cell. For use with html.awk, names.awk and runs.awk.

# Binaries are among them: what is wrong with one itself breaks a claim, too.
function collect_claims(	i, claim)
{
	for (i = 1; i <= nr_ids; i++) {
		claim = claim_of(ids[i])
		if (!(claim in nr_variants)) {
			claims[++nr_claims] = claim
			nr_binaries += is_binary(claim)
		}
		case_of[claim, ++nr_variants[claim]] = ids[i]
	}
}

# The place on the page that says more of what became of an id.
function more(r, id)
{
	if (is_bad(get(r, id, "verdict")))
		return "failure-" anchor(id)
	return get(r, id, "verdict") ~ /^x/ ? "issue-" issue_of[r, id] : ""
}

# A mark for what did not end so each time.
function flaky(r, id)
{
	return is_flaky(r, id) ? ", flaky: " how_often(r, id) : ""
}

# What claim came to in a run: badges, the worst first.
function cell(r, claim,	i, v, id, count, first, flakes, reason, out)
{
	for (i = 1; i <= nr_variants[claim]; i++) {
		id = case_of[claim, i]
		v = get(r, id, "verdict")
		count[v]++
		flakes[v] = is_flaky(r, id) ? (nr_variants[claim] > 1 ? ", flaky" : flaky(r, id)) : flakes[v]
		if (!(v in first))
			first[v] = id
		if (v == "skip" && index(" " reason ",", " " get(r, id, "reason") ",") == 0)
			reason = reason (reason == "" ? "" : ", ") get(r, id, "reason")
	}
	for (i = 1; i <= 8; i++) {
		v = verdicts[i]
		if (!count[v])
			continue
		all_same = all_same && count[v] == nr_variants[claim] ? v : ""
		id = (nr_variants[claim] > 1 ? count[v] " " : "") (v == "skip" ? html(reason) : v)
		id = badge(v, id flakes[v])
		out = out (more(r, first[v]) == "" ? id : "<a href=\"#" more(r, first[v]) "\">" id "</a>") " "
	}
	return out == "" ? "<span class=\"absent\">not run</span>" : out
}

# Each variant of a claim, with what became of it in each run.
function variants(claim,	i, r, v, out)
{
	if (nr_variants[claim] < 2)
		return ""
	for (i = 1; i <= nr_variants[claim]; i++) {
		out = out "<li>" html_name(variant_of(case_of[claim, i]))
		for (r = 1; r <= nr_runs; r++) {
			v = get(r, case_of[claim, i], "verdict")
			if (v != "")
				out = out " <span class=\"pair\">" letters(r) " " \
					badge(v, v flaky(r, case_of[claim, i])) "</span>"
		}
		out = out "</li>\n"
	}
	return "<details><summary>" plural(nr_variants[claim], "variant") "</summary><ul>\n" out "</ul></details>\n"
}

function binary_row(binary,	r, v)
{
	print "<tr class=\"binary\" id=\"" anchor(binary) "\"><th scope=\"rowgroup\"><a href=\"#" anchor(binary) "\">" \
		html_name(binary) "</a></th>"
	for (r = 1; r <= nr_runs; r++) {
		v = get(r, binary, "verdict")
		if (v ~ /^x/ || is_failure(r, binary))
			print "<td data-run=\"" letters(r) "\"><a href=\"#" more(r, binary) "\">" badge(v) "</a></td>"
		else
			print "<td></td>"
	}
	print "</tr>"
}

function claim_row(claim,	r, cells, same, name)
{
	same = 1
	for (r = 1; r <= nr_runs; r++) {
		all_same = 1
		cells = cells "<td data-run=\"" letters(r) "\">" cell(r, claim) "</td>\n"
		same = same == 1 || same == all_same ? all_same : ""
	}
	name = claim
	sub(/^[^:]*:/, "", name)
	print "<tr id=\"" anchor(claim) "\"" (same ~ /^(pass|skip)$/ ? " class=\"all-" same "\"" : "") "><th scope=\"row\">" \
		"<a href=\"#" anchor(claim) "\">" html_name(name) "</a>"
	printf "%s", claim_and_source(case_of[claim, 1]) variants(claim)
	print "</th>\n" cells "</tr>"
}

function matrix(	i, r, binary, last)
{
	section("claims", "Claims by run")
	print "<p class=\"pick\"><label><input type=\"checkbox\" id=\"hide-pass\"> hide what passes in every run</label> " \
		"<label><input type=\"checkbox\" id=\"hide-skip\"> hide what is skipped in every run</label></p>"
	print "<div class=\"matrix\" tabindex=\"0\" role=\"region\" aria-label=\"Claims by run\">\n" legend()
	print "<table>\n<thead><tr><th scope=\"col\">Claim</th>"
	for (r = 1; r <= nr_runs; r++)
		print "<th scope=\"col\">" run_head(r) "</th>"
	print "</tr></thead>"
	for (i = 1; i <= nr_claims; i++) {
		if (is_binary(claims[i]))
			continue
		binary = claims[i]
		sub(/:.*/, "", binary)
		if (binary != last) {
			print (last == "" ? "" : "</tbody>\n") "<tbody>"
			binary_row(binary)
		}
		last = binary
		claim_row(claims[i])
	}
	print "</tbody>\n</table>\n</div>\n</section>"
}
