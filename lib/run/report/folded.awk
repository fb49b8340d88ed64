# SPDX-License-Identifier: GPL-2.0-only
#
# Failures of which there is nothing but a cause to tell, and that is the same for many: what
# --require forbids, what was not run since the binary died. For use with failures.awk.

function is_bare(r, id)
{
	return !is_binary(id) && evidence(r, id) == "" && kernel_log(r, id) == ""
}

# bare_cases[n]: ids of the n-th cause, a line each; cause_of[r, id] = n.
function collect_bare(	i, r, n, key)
{
	for (i = 1; i <= nr_ids; i++)
		for (r = 1; r <= nr_runs; r++) {
			if (!is_failure(r, ids[i]) || !is_bare(r, ids[i]))
				continue
			key = get(r, ids[i], "verdict") SUBSEP get(r, ids[i], "cause")
			if (!(key in bare_index)) {
				bare_index[key] = ++nr_bare
				bare_key[nr_bare] = key
			}
			n = cause_of[r, ids[i]] = bare_index[key]
			if (!((n, ids[i]) in is_bare_case))
				bare_cases[n] = bare_cases[n] ids[i] "\n"
			is_bare_case[n, ids[i]]
		}
}

function bare_case(n, id,	r)
{
	printf "<li%s>%s", (id in shown ? "" : " id=\"failure-" anchor(id) "\""), \
		"<a href=\"#" anchor(claim_of(id)) "\">" html_name(id) "</a>"
	shown[id]
	for (r = 1; r <= nr_runs; r++)
		if (cause_of[r, id] == n)
			printf " <span class=\"pair\">%s%s</span>", run_link(r), \
				(how_often(r, id) == "" ? "" : " " how_often(r, id))
	print "</li>"
}

function bare_failures(	n, i, nr, id, key)
{
	collect_bare()
	for (n = 1; n <= nr_bare; n++) {
		split(bare_key[n], key, SUBSEP)
		nr = split(bare_cases[n], id, "\n") - 1
		print "<article id=\"cause-" n "\">\n<h3>" badge(key[1]) " <a href=\"#cause-" n "\">" \
			html(key[2]) "</a></h3>\n<details" (nr > 3 ? "" : " open") "><summary>" \
			plural(nr, "case") "</summary><ul>"
		for (i = 1; i <= nr; i++)
			bare_case(n, id[i])
		print "</ul></details>\n</article>"
	}
}
