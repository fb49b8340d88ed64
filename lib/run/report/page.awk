# SPDX-License-Identifier: GPL-2.0-only
#
# One page about results directories, whole in itself: no script, no network.
#
# usage: REPORT=directory of this file awk -f json.awk -f read_json.awk -f runs.awk \
#	-f html.awk -f exits.awk -f failures.awk -f measures.awk -f matrix.awk \
#	-f page.awk -- DIR...
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
		if (!is_binary(ids[i]))
			for (r = 1; r <= nr_runs; r++)
				counted[r, get(r, ids[i], "verdict")]++
	}
}

# What is beside the matrix when it is too wide for the window: its rows as blocks.
function style(	narrow)
{
	narrow = 30 + 8 * nr_runs
	print "<style>"
	print_file(ENVIRON["REPORT"] "/page.css")
	print "@media (max-width: " narrow "em) {"
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
	text = fact(r, "cpu.name") ", family " fact(r, "cpu.family") ", model " \
		fact(r, "cpu.model") ", stepping " fact(r, "cpu.stepping")
	if (fact(r, "cpu.microcode") != "")
		text = text ", microcode " fact(r, "cpu.microcode")
	if (fact(r, "cpu.hypervisor") !~ /^(none)?$/)
		text = text "; in a virtual machine (" fact(r, "cpu.hypervisor") ")"
	return text
}

function one_run(r,	i, id)
{
	id = "run-" letters(r)
	print "<article id=\"" id "\">\n<h3><a href=\"#" id "\"><span class=\"run\">" letters(r) "</span> " \
		html_name(run_name(r)) "</a></h3>\n<p>"
	for (i = 8; i; i--)
		if (counted[r, verdicts[i]])
			print badge(verdicts[i], counted[r, verdicts[i]] " " verdicts[i])
	print "</p>\n<dl>"
	printf "%s", described("CPU", cpu(r)) described("KVM", fact(r, "modules")) \
		described("Started", fact(r, "started")) described("Required", fact(r, "run.require")) \
		described("Repeated", fact(r, "run.repeat") + 0 > 1 ? fact(r, "run.repeat") " times" : "") \
		described("Time limit", fact(r, "run.timeout")) \
		described("Kernel", fact(r, "kernel.version")) described("Results", run_dir[r])
	if (fact(r, "no_environment") != "")
		print "<div><dt>Environment</dt><dd>not known: there is no environment.json</dd></div>"
	print "</dl>\n</article>"
}

function page(	r)
{
	print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
	print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	print "<meta name=\"color-scheme\" content=\"light dark\">"
	print "<title>kvm-conformance: " plural(nr_failures, "failure") " in " plural(nr_runs, "run") "</title>"
	style()
	print "</head>\n<body>\n<header>\n<h1>kvm-conformance</h1>"
	print "<p class=\"summary\">" plural(nr_claims - nr_binaries, "claim") ", " plural(nr_runs, "run") ": " \
		(nr_failures ? badge("fail", plural(nr_failures, "failure")) : badge("pass", "no failures")) "</p>"
	print "<nav><a href=\"#runs\">Runs</a> <a href=\"#failures\">Failures (" nr_failures + 0 ")</a> " \
		"<a href=\"#known\">Known issues (" nr_issues + 0 ")</a> <a href=\"#skips\">Skips</a> " \
		"<a href=\"#measurements\">Measurements (" nr_measures + 0 ")</a> " \
		"<a href=\"#claims\">Claims (" nr_claims - nr_binaries ")</a></nav>\n</header>\n<main>"
	section("runs", "Runs")
	print "<div class=\"runs\">"
	for (r = 1; r <= nr_runs; r++)
		one_run(r)
	print "</div>\n</section>"
	failures()
	known_issues()
	skips(ENVIRON["REPORT"] "/../skip_reasons")
	measurements()
	matrix()
	print "</main>\n</body>\n</html>"
}

BEGIN {
	for (argument = 1; argument < ARGC; argument++)
		load_run(ARGV[argument])
	collect_claims()
	collect_issues()
	collect_measures()
	count_all()
	page()
	exit 0
}
