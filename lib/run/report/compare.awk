# SPDX-License-Identifier: GPL-2.0-only
#
# What changed from one results directory to another, a line each:
#
#	regressed	not ok now, and was not so before, or was not there
#	fixed		ok now, and was not, or was a known issue
#	changed		another verdict otherwise: about what fails still, or is known to
#	skipped, ran	is skipped now, or no longer; "skipped" also for another reason
#	new, vanished	was not there before, is not there now
#
# usage: awk -f json.awk -f read_json.awk -f runs.awk -f compare.awk -- A B
# Exit status: 0, 1 something regressed, or 2 and nothing but what is wrong with the input.

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

function kind_of(before, after)
{
	if (is_bad(after))
		return is_bad(before) ? (before == after ? "" : "changed") : "regressed"
	if (before == "")
		return after == "" ? "" : "new"
	if (after == "")
		return "vanished"
	if (before == after)
		return ""
	if (after == "skip")
		return "skipped"
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

function compare(a, b, id,	before, after, kind, name)
{
	before = verdict_of(a, id)
	after = verdict_of(b, id)
	nr_common += before != "" && after != "" && !is_binary(id)
	kind = kind_of(before, after)
	if (before == "skip" && after == "skip" && get(a, id, "reason") != get(b, id, "reason"))
		kind = "skipped"
	# Of a binary that is new or gone its cases tell.
	if (kind == "" || is_binary(id) && kind ~ /^(new|vanished)$/)
		return
	name = (run_set[b ? b : a] == "" ? "" : run_set[b ? b : a] "/") id
	count[kind]++
	lines[kind] = lines[kind] kind ": " name ": " \
		(kind == "new" ? told(b, id, after) : kind == "vanished" ? "was " before : \
		 before == "skip" && kind == "skipped" ? told(a, id, before) " -> " told(b, id, after) : \
		 (before == "" ? "not there" : before) " -> " told(b, id, after)) "\n"
}

function described(what, r)
{
	return what ": " run_dir[r] ": " fact(r, "machine") ", " fact(r, "kernel") ", " fact(r, "started")
}

BEGIN {
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
	nr = split("regressed fixed changed skipped ran new vanished", kinds, " ")
	for (i = 1; i <= nr; i++) {
		printf "%s", lines[kinds[i]]
		total = total " " kinds[i] ":" count[kinds[i]] + 0
	}
	print "# Changes:" total
	exit count["regressed"] > 0
}
