# SPDX-License-Identifier: GPL-2.0-only
#
# One page about results directories, whole in itself: no script, no network.
#
# usage: REPORT=directory of this file awk -f json.awk -f read_json.awk -f runs.awk \
#	-f html.awk -f names.awk -f exits.awk -f failures.awk -f folded.awk -f known.awk \
#	-f measures.awk -f matrix.awk -f page.awk -- DIR...
# Exit status: 0, or 2 and nothing but what is wrong with the input.

function bad_input(text)
{
	print text
	exit 2
}

function print_file(name,	line)
{
	while ((getline line < name) > 0)
		print line
	close(name)
}

# counted[r, verdict], and what the page's links say.
function count_all(	i, r)
{
	for (i = 1; i <= nr_ids; i++) {
		nr_failures += fails_anywhere(ids[i])
		nr_bad_binaries += is_binary(ids[i]) && fails_anywhere(ids[i])
		if (!is_binary(ids[i]))
			for (r = 1; r <= nr_runs; r++)
				counted[r, get(r, ids[i], "verdict")]++
	}
}

# What the counts in the runs do not say: these are of cases, each once.
function failures_in_words(	n)
{
	n = nr_failures - nr_bad_binaries
	return plural(n, "case") (n == 1 ? " fails" : " fail") \
		(nr_bad_binaries ? " and " plural(nr_bad_binaries, "binary", "binaries") " as such" : "") \
		(nr_runs > 1 ? " in one run or more" : "")
}

# On a phone, and on paper where the runs do not fit in, the matrix' rows are blocks. What a
# link leads to is to come out below its head.
function style(	r)
{
	for (r = 1; r <= nr_runs; r++)
		run_head(r)
	print "<style>\n:root { --head: " head_lines * 1.5 + 1.2 "em; --column: " (nr_runs > 4 ? 8 : 11) "em; }"
	print_file(ENVIRON["REPORT"] "/page.css")
	print "@media (max-width: 45em)" (nr_runs > 4 ? ", print" : "") " {"
	print_file(ENVIRON["REPORT"] "/narrow.css")
	print "}\n</style>"
}

function described(label, text)
{
	return text == "" ? "" : "<div><dt>" label "</dt><dd>" html(text) "</dd></div>\n"
}

function cpu(r,	text)
{
	if (fact(r, "cpu.name") == "")
		return ""
	text = is_simulation(r) ? "none; the simulation ran on " : ""
	text = text fact(r, "cpu.name") ", family " fact(r, "cpu.family") ", model " \
		fact(r, "cpu.model") ", stepping " fact(r, "cpu.stepping")
	if (fact(r, "cpu.microcode") != "")
		text = text ", microcode " fact(r, "cpu.microcode")
	if (fact(r, "cpu.hypervisor") !~ /^(none)?$/)
		text = text "; in a virtual machine (" fact(r, "cpu.hypervisor") ")"
	return text
}

# As they were set, a module a line.
function parameters(r,	i, n, key, out, last)
{
	for (i = 1; i <= nr_parameters[r]; i++) {
		n = split(parameter[r, i], key, ".")
		out = out (key[2] == last ? "" : (last == "" ? "" : "<br>") html(key[2]) ":") " " \
			html_name(key[n]) "=" html(fact(r, parameter[r, i]))
		last = key[2]
	}
	return out == "" ? "" : "<details><summary>Module parameters</summary><p class=\"note\">" \
		out "</p></details>\n"
}

# With few runs all of it, with many what tells them apart, and the rest on demand.
function one_run(r,	i, id)
{
	id = "run-" letters(r)
	print "<article id=\"" id "\">\n<h3><a href=\"#" id "\"><span class=\"run\">" letters(r) "</span> " \
		html_name(run_name(r)) "</a></h3>\n<p>"
	for (i = 8; i; i--)
		if (counted[r, verdicts[i]])
			print badge(verdicts[i], counted[r, verdicts[i]] " " verdicts[i])
	print "</p>"
	if (fact(r, "run.note") != "")
		print "<p class=\"stand-in\">" html(fact(r, "run.note")) "</p>"
	else if (fact(r, "machine.emulator") != "")
		print "<p class=\"stand-in\">" html(stand_in(r)) "</p>"
	print "<details" (nr_runs > 3 ? "" : " open") "><summary>Where and how</summary><dl>"
	printf "%s", described("CPU", cpu(r)) described("KVM", fact(r, "modules")) \
		described("Started", fact(r, "started")) described("Required", fact(r, "run.require")) \
		described("Repeated", fact(r, "run.repeat") + 0 > 1 ? fact(r, "run.repeat") " times" : "") \
		described("Time limit", fact(r, "run.timeout")) \
		described("Kernel", fact(r, "kernel.version")) described("Results", run_dir[r])
	if (fact(r, "no_environment") != "")
		print "<div><dt>Environment</dt><dd>not known: there is no environment.json</dd></div>"
	print "</dl>\n" parameters(r) "</details>\n</article>"
}

function page(	r)
{
	print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
	print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	print "<meta name=\"color-scheme\" content=\"light dark\">"
	print "<title>kvm-conformance: " (nr_failures ? failures_in_words() : "no failures") ", " plural(nr_runs, "run") "</title>"
	style()
	print "</head>\n<body>\n<header>\n<h1>kvm-conformance</h1>"
	print "<p class=\"summary\">" plural(nr_claims - nr_binaries, "claim") ", " plural(nr_runs, "run") ": " \
		(nr_failures ? badge("fail", failures_in_words()) : badge("pass", "no failures")) "</p>"
	print "<nav><a href=\"#runs\">Runs (" nr_runs ")</a> <a href=\"#claims\">Claims (" nr_claims - nr_binaries ")</a> " \
		"<a href=\"#failures\">Failures (" nr_failures + 0 ")</a> " \
		"<a href=\"#known\">Known issues (" nr_issues + 0 ")</a> <a href=\"#skips\">Skips</a> " \
		"<a href=\"#measurements\">Measurements (" nr_measures + 0 ")</a></nav>\n</header>\n<main>"
	section("runs", "Runs")
	print "<div class=\"runs\">"
	for (r = 1; r <= nr_runs; r++)
		one_run(r)
	print "</div>\n</section>"
	matrix()
	failures()
	known_issues()
	skips(ENVIRON["REPORT"] "/../skip_reasons")
	measurements()
	print "</main>\n</body>\n</html>"
}

BEGIN {
	for (argument = 1; argument < ARGC; argument++)
		load_run(ARGV[argument])
	name_runs()
	collect_claims()
	collect_issues()
	collect_measures()
	count_all()
	page()
	exit 0
}
