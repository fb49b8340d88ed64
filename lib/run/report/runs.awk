# SPDX-License-Identifier: GPL-2.0-only
#
# Results directories, for use beside another program, with read_json.awk. A directory holds
# one run, or several, one for each set of module parameters, whose ids begin with its name.
#
#	load_run(dir)	reads DIR/results.json and what environment.json there is
#	nr_runs, run_dir[r], run_set[r], fact(r, "kernel"), fact(r, "cpu.name") ...
#	nr_parameters[r], parameter[r, i]	keys of fact() for the modules' parameters
#	run_index[n, set]	that of the n-th load
#	nr_ids, ids[i]	all ids, those of binaries too, without the set, as they first came
#	get(r, id, member)	members as in results.json, and "known_issue.reason" and such;
#			"verdict" is "" if the run has no such id
#	get(r, id, "kernel_log")	lines, with a newline after each
#	get(r, id, "measure.N.name"), ".value", ".unit"	of measurements 0..
#
# Needs bad_input(text), which does not return.

function is_bad(verdict)
{
	return verdict == "fail" || verdict == "error" || verdict == "timeout" || verdict == "signal"
}

# The parts of an id: [SET/]dir/binary[:case]. Nothing in it can leave a directory.
function id_set(id,	n, part, set)
{
	set = id
	sub(/:.*/, "", set)
	n = split(set, part, "/")
	return n > 2 ? substr(set, 1, length(set) - length(part[n - 1] part[n]) - 2) : ""
}

function is_id(id)
{
	return id ~ /^([A-Za-z0-9_-]+\/)+[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)?$/
}

function is_verdict(verdict)
{
	return is_bad(verdict) || verdict ~ /^(pass|skip|xfail|xpass)$/
}

# --- what read_json() finds ---

function json_value(depth, key, text,	member, i)
{
	if (reading == "environment") {
		member = key[1]
		for (i = 2; i <= depth; i++)
			member = member "." key[i]
		environment[member] = text
		if (member ~ /^modules\.[^.]+\.state$/)
			environment["modules"] = environment["modules"] " " key[2]
		if (depth == 4 && key[1] == "modules" && key[3] == "parameters")
			environment_parameter[++nr_environment_parameters] = member
	} else if (depth == 1) {
		head[key[1]] = text
	} else if (depth >= 3 && (key[1] == "results" || key[1] == "binaries")) {
		member = key[3]
		if (depth == 4 && member == "kernel_log") {
			raw[key[1], key[2], member] = raw[key[1], key[2], member] text "\n"
			return
		}
		if (depth == 5 && member == "measurements") {
			member = "measure." key[4] "." key[5]
		} else if (depth == 4) {
			member = member "." key[4]
		}
		raw[key[1], key[2], member] = text
		if (key[2] + 1 > nr_raw[key[1]])
			nr_raw[key[1]] = key[2] + 1
	}
}

function run_of(set)
{
	if (!((nr_loads, set) in run_index)) {
		run_index[nr_loads, set] = ++nr_runs
		run_dir[nr_runs] = load_dir
		run_set[nr_runs] = set
	}
	return run_index[nr_loads, set]
}

# One object of results.json, which has become raw[part, n, ...].
function take_result(file, part, n,	id, set, r)
{
	id = raw[part, n, "id"]
	if (!is_id(id) || !is_verdict(raw[part, n, "verdict"] ""))
		bad_input(file ": not a result: id \"" id "\", verdict \"" raw[part, n, "verdict"] "\"")
	set = id_set(id)
	r = run_of(set)
	if (set != "")
		id = substr(id, length(set) + 2)
	if ((r, id, "verdict") in result)
		bad_input(file ": " id " is there twice")
	if (!(id in id_index)) {
		ids[++nr_ids] = id
		id_index[id] = nr_ids
	}
	result[r, id, "verdict"] = raw[part, n, "verdict"]
	taken[part, n] = r SUBSEP id
}

function take_environment(r,	file, key, problem, i)
{
	file = run_dir[r] "/" (run_set[r] == "" ? "" : run_set[r] "/") "environment.json"
	split("", environment)
	nr_environment_parameters = 0
	reading = "environment"
	problem = read_json(file)
	if (problem != "" && problem != "cannot be read")
		bad_input(file ": " problem)
	for (key in environment)
		run_fact[r, key] = environment[key]
	nr_parameters[r] = nr_environment_parameters
	for (i = 1; i <= nr_parameters[r]; i++)
		parameter[r, i] = environment_parameter[i]
	run_fact[r, "started"] = head["started"]
	run_fact[r, "machine"] = head["machine"]
	run_fact[r, "kernel"] = head["kernel"]
	run_fact[r, "no_environment"] = problem
}

function load_run(dir,	file, problem, i, first, key, at)
{
	file = dir "/results.json"
	split("", raw)
	split("", nr_raw)
	split("", head)
	split("", taken)
	reading = "results"
	problem = read_json(file)
	if (problem != "")
		bad_input(file ": " problem)
	if (head["suite"] != "kvm-conformance" || head["format"] != 1)
		bad_input(file ": not results of kvm-conformance in format 1")
	if (!nr_raw["results"])
		bad_input(file ": no results in it")
	nr_loads++
	load_dir = dir
	first = nr_runs + 1
	for (i = 0; i < nr_raw["results"]; i++)
		take_result(file, "results", i)
	for (i = 0; i < nr_raw["binaries"]; i++)
		take_result(file, "binaries", i)
	for (key in raw) {
		split(key, at, SUBSEP)
		result[taken[at[1], at[2]], at[3]] = raw[key]
	}
	for (i = first; i <= nr_runs; i++)
		take_environment(i)
}

# --- questions about results ---

# Not by its element: gawk 5.2 dies of elements that are not there as arguments.
function get(r, id, member)
{
	return (r, id, member) in result ? result[r, id, member] : ""
}

function fact(r, key)
{
	return (r, key) in run_fact ? run_fact[r, key] : ""
}

# Whether a binary's verdict is its own, not the sum of its cases.
function is_own_verdict(r, id)
{
	return get(r, id, "cause") !~ /^[0-9]+ of [0-9]+ cases not ok, /
}

function is_binary(id)
{
	return !index(id, ":")
}

# The claim that a case is an instance of: its variant left out.
function claim_of(id,	colon, n, part)
{
	colon = index(id, ":")
	n = split(substr(id, colon + 1), part, ".")
	return substr(id, 1, colon) part[1] (n > 1 ? "." part[n] : "")
}

function variant_of(id,	colon, n, part, i, out)
{
	colon = index(id, ":")
	n = split(substr(id, colon + 1), part, ".")
	for (i = 2; i < n; i++)
		out = out (i > 2 ? "." : "") part[i]
	return out
}
