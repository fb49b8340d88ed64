# SPDX-License-Identifier: GPL-2.0-only
#
# What changed from one results directory to another, a line each:
#
#	regressed	not ok now, and was not so before, or was not there
#	lost		passed, and is skipped now: nobody knows if it holds still. Not what
#			--skip left out, for that was asked for
#	vanished	passed, and is not there now; --skip would have left a skip
#	fixed		ok now, and was not, or was a known issue
#	changed		another verdict otherwise, or another cause: about what fails still, or
#			is known to
#	skipped, ran	is skipped now, or no longer; "skipped" also for another reason
#	new, gone	was not there before; did not pass, and is not there now
#	flakes		the verdict that it was, of another share of its runs
#	measured	another number
#
# usage: awk -f json.awk -f read_json.awk -f runs.awk -f compare.awk -- A B
# Exit status: 0, 1 something regressed, vanished or was lost, 4 all that B has was skipped, or 2 and
# nothing but what is wrong with the input.

function bad_input(text)
{
	print text
	exit 2
}

# What a binary's cases make of it is said of them.
function verdict_of(r, id,	v)
{
	v = r ? get(r, id, "verdict") : ""
	if (v == "" || !is_binary(id) || v ~ /^x/ || is_bad(v) && is_own_verdict(r, id))
		return v
	return "pass"
}

function kind_of(before, after, reason)
{
	if (is_bad(after))
		return is_bad(before) ? (before == after ? "" : "changed") : "regressed"
	if (before == "")
		return after == "" ? "" : "new"
	if (after == "")
		return before ~ /^x?pass$/ ? "vanished" : "gone"
	if (before == after)
		return ""
	if (after == "skip")
		return before ~ /^x?pass$/ && reason != "deselected" ? "lost" : "skipped"
	if (before == "skip")
		return "ran"
	return after == "xfail" || before == "xpass" ? "changed" : "fixed"
}

# A verdict with what there is to say about it.
function told(r, id, v,	reason, cause)
{
	if (v == "")
		return "not there"
	reason = v == "skip" ? get(r, id, "reason") : v ~ /^x/ ? get(r, id, "known_issue.reason") : ""
	cause = v == "pass" || v ~ /^x/ ? "" : get(r, id, "cause")
	return v (reason == "" ? "" : " (" reason ")") (cause == "" ? "" : ": " cause)
}

# Without what --repeat adds to it of how often it was.
function cause_of(r, id,	cause)
{
	cause = get(r, id, "cause")
	sub(/ ?\([0-9]+ of [0-9]+ runs, the first was run [0-9]+\)$/, "", cause)
	return cause
}

function note(kind, r, id, text)
{
	count[kind]++
	lines[kind] = lines[kind] kind ": " (run_set[r] == "" ? "" : run_set[r] "/") id ": " text "\n"
}

# How many runs there were of a case, and how many ended with its verdict.
function runs_of(r, id,	n, verdict)
{
	for (verdict in is_a_verdict)
		n += get(r, id, "runs." verdict)
	return n ? n : 1
}

function as_said(r, id)
{
	return runs_of(r, id) == 1 ? 1 : get(r, id, "runs." get(r, id, "verdict")) + 0
}

function compare_flakes(a, b, id,	said_a, said_b)
{
	said_a = as_said(a, id)
	said_b = as_said(b, id)
	if (said_a * runs_of(b, id) != said_b * runs_of(a, id))
		note("flakes", b, id, get(b, id, "verdict") " " said_a " of " runs_of(a, id) " -> " \
			said_b " of " runs_of(b, id))
}

function ratio(before, after)
{
	if (before + 0 == 0 || before ~ /^-/ || after ~ /^-/)
		return ""
	return sprintf(" (x %.3g)", after / before)
}

# Those of the same name and unit; what one has alone cannot be compared.
function compare_measures(a, b, id,	m, n, name, unit, before, after)
{
	for (m = 0; (name = get(b, id, "measure." m ".name")) != ""; m++) {
		unit = get(b, id, "measure." m ".unit")
		for (n = 0; get(a, id, "measure." n ".name") != ""; n++) {
			if (get(a, id, "measure." n ".name") != name || get(a, id, "measure." n ".unit") != unit)
				continue
			before = get(a, id, "measure." n ".value")
			after = get(b, id, "measure." m ".value")
			if (before "" != after "")
				note("measured", b, id, name ": " before " -> " after " " unit ratio(before, after))
		}
	}
}

function compare(a, b, id,	before, after, kind)
{
	before = verdict_of(a, id)
	after = verdict_of(b, id)
	nr_common += before != "" && after != "" && !is_binary(id)
	kind = kind_of(before, after, b ? get(b, id, "reason") : "")
	if (before == "skip" && after == "skip" && get(a, id, "reason") != get(b, id, "reason"))
		kind = "skipped"
	if (before == after && (is_bad(after) || after == "xfail")) {
		compare_flakes(a, b, id)
		if (cause_of(a, id) != cause_of(b, id))
			note("changed", b, id, after ": " cause_of(a, id) " -> " cause_of(b, id))
	}
	if (before != "" && after != "")
		compare_measures(a, b, id)
	# Of a binary that is new or gone its cases tell.
	if (kind == "" || is_binary(id) && kind ~ /^(new|gone|vanished|lost)$/)
		return
	note(kind, b ? b : a, id, kind == "new" ? told(b, id, after) : after == "" ? "was " before : \
		before == "skip" && kind == "skipped" ? told(a, id, before) " -> " told(b, id, after) : \
		(before == "" ? "not there" : before) " -> " told(b, id, after))
}

function described(what, r)
{
	return what ": " run_dir[r] ": " fact(r, "machine") ", " fact(r, "kernel") ", " fact(r, "started")
}

# What B says of anything, its binaries' verdicts not counted.
function all_skipped(	r, i, v)
{
	for (r = nr_before + 1; r <= nr_runs; r++)
		for (i = 1; i <= nr_ids; i++) {
			v = get(r, ids[i], "verdict")
			if (v != "" && v != "skip" && (!is_binary(ids[i]) || is_bad(v)))
				return 0
		}
	return 1
}

BEGIN {
	split("pass skip xpass xfail error signal timeout fail", all_verdicts, " ")
	for (i in all_verdicts)
		is_a_verdict[all_verdicts[i]]
	load_run(ARGV[1])
	nr_before = nr_runs
	load_run(ARGV[2])
	for (i = 1; i <= nr_ids; i++) {
		for (r = 1; r <= nr_before; r++)
			compare(r, run_index[2, run_set[r]], ids[i])
		for (r = nr_before + 1; r <= nr_runs; r++)
			if (!run_index[1, run_set[r]])
				compare(0, r, ids[i])
	}
	if (!nr_common)
		bad_input("--compare: " ARGV[1] " and " ARGV[2] " have no test in common")
	print described("# A", 1)
	print described("# B", nr_before + 1)
	nr = split("regressed lost vanished fixed changed skipped ran new gone flakes measured", kinds, " ")
	for (i = 1; i <= nr; i++) {
		printf "%s", lines[kinds[i]]
		total = total " " kinds[i] ":" count[kinds[i]] + 0
	}
	print "# Changes:" total
	if (count["regressed"] || count["vanished"])
		exit 1
	if (all_skipped()) {
		print "# Nothing is compared: B has nothing but skips"
		exit 4
	}
	exit count["lost"] > 0
}
