# SPDX-License-Identifier: GPL-2.0-only
#
# What the page calls a run: a letter, and machine, kernel and CPU; where these are alike,
# also what tells one from the other. For use with html.awk and runs.awk.

# 1 is A, 27 is AA.
function letters(n,	out)
{
	for (; n > 0; n = int((n - 1) / 26))
		out = substr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n - 1) % 26 + 1, 1) out
	return out
}

function is_simulation(r)
{
	return fact(r, "machine.emulator") ~ /^none: a simulation/
}

# What stands in for the silicon, or the kernel: such results say nothing about these.
function stand_in(r)
{
	if (match(fact(r, "run.note"), /^[A-Z]+:/))
		return substr(fact(r, "run.note"), 1, RLENGTH - 1)
	if (is_simulation(r))
		return "SIMULATION"
	if (fact(r, "machine.emulator") != "")
		return "emulated: " fact(r, "machine.emulator")
	return fact(r, "cpu.hypervisor") ~ /^(none)?$/ ? "" : "in a VM"
}

# "AMD EPYC 9655 96-Core Processor", "Intel(R) Xeon(R) Platinum 8480C CPU @ 2.00GHz": what
# is the same in most of them left out.
function short_cpu(r,	name)
{
	if (is_simulation(r))
		return "no CPU"
	name = fact(r, "cpu.name")
	gsub(/\((R|TM|r|tm)\)/, "", name)
	sub(/ @ .*/, "", name)
	sub(/ (with|w\/) .*/, "", name)
	sub(/ [0-9]+-Core/, "", name)
	sub(/ Processor$/, "", name)
	sub(/ CPU$/, "", name)
	gsub(/  +/, " ", name)
	return name
}

function set_and_machine(r)
{
	return fact(r, "machine") (run_set[r] == "" ? "" : " " run_set[r])
}

function last_part(path)
{
	sub(/\/+$/, "", path)
	sub(/.*\//, "", path)
	return path
}

# Whether no other run of the same label has this, too: by @how to tell.
function told_by(how, r)
{
	return how == 1 ? last_part(run_dir[r]) : how == 2 ? fact(r, "started") : run_dir[r]
}

function tells(how, r,	i)
{
	for (i = 1; i <= nr_runs; i++)
		if (i != r && run_label[i] == run_label[r] && told_by(how, i) == told_by(how, r))
			return 0
	return 1
}

# run_label[r], and run_tie[r] for those that have it in common with another.
function name_runs(	r, i, nr, how)
{
	for (r = 1; r <= nr_runs; r++)
		run_label[r] = set_and_machine(r) SUBSEP fact(r, "kernel") SUBSEP short_cpu(r)
	for (r = 1; r <= nr_runs; r++) {
		nr = 0
		for (i = 1; i <= nr_runs; i++)
			nr += run_label[i] == run_label[r]
		for (how = 1; how < 3 && !tells(how, r); how++)
			;
		run_tie[r] = nr > 1 ? told_by(how, r) : ""
	}
}

function run_name(r)
{
	return set_and_machine(r) ", " fact(r, "kernel") (run_tie[r] == "" ? "" : ", " run_tie[r])
}

function run_link(r)
{
	return "<a class=\"run\" href=\"#run-" letters(r) "\" title=\"" html(run_name(r)) "\">" letters(r) "</a>"
}

# Head of the run's column; head_lines becomes how many lines the highest of them may take.
function run_head(r,	part, n, i, out, lines)
{
	n = split(run_label[r], part, SUBSEP)
	part[++n] = run_tie[r]
	for (i = 1; i <= n; i++)
		if (part[i] != "") {
			out = out "<br>" html_name(part[i])
			lines += int(length(part[i]) / 12) + 1
		}
	if (stand_in(r) != "")
		out = out "<br><b class=\"stand-in\">" html(stand_in(r)) "</b>"
	lines += 1 + int(length(stand_in(r)) / 12) + 1
	head_lines = lines > head_lines ? lines : head_lines
	return run_link(r) "<span class=\"note\">" out "</span>"
}

# All of them in a line, for where the columns have no heads.
function legend(	r, out)
{
	for (r = 1; r <= nr_runs; r++)
		out = out "<li>" run_link(r) " " html(run_name(r)) \
			(short_cpu(r) == "" ? "" : ", " html(short_cpu(r))) \
			(stand_in(r) == "" ? "" : " <b class=\"stand-in\">" html(stand_in(r)) "</b>") "</li>\n"
	return "<ul class=\"legend\" tabindex=\"0\">\n" out "</ul>"
}
