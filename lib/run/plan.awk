# SPDX-License-Identifier: GPL-2.0-only
#
# What is to be run: reads tests.tsv and known_issues, prints a paragraph for
# each binary with a selected case:
#
#	binary TAB number TAB arguments TAB known reference TAB known reason
#	case TAB --skip pattern TAB known reference TAB known reason TAB claim TAB source TAB
#		forbidden skips, by reason TAB declared ones
#	...
#
# Arguments are "all", "none" (every case is left out by --skip) or "-r case
# -r case ...". With LIST=ids or LIST=verbose it prints the selection for
# people instead, with LIST=expected for LAVA. If anything is wrong, prints only
# that, and exits with 2.
#
# usage: SELECT=TESTS SKIP=PATTERNS REQUIRE=REASONS KERNEL=RELEASE MACHINE=NAMES awk \
#	-f glob.awk -f claims.awk -f known.awk -f require.awk -f plan.awk part=tests tests.tsv \
#	part=known known_issues part=reasons skip_reasons part=require PROFILE...
# and for LIST=verbose part=since since part=caught caught in front of them.
# TESTS and PATTERNS stand on a line each.

function complain(text)
{
	complaints = complaints text "\n"
}

BEGIN {
	FS = "\t"
	nr_select = split(ENVIRON["SELECT"], select, "\n")
	nr_skip = split(ENVIRON["SKIP"], skip, "\n")
}

{ gsub(/[^ -~\t]/, "?") }

part == "known" {
	known_line($0, "known_issues:" FNR, ENVIRON["KERNEL"], ENVIRON["MACHINE"])
	next
}

part == "since" || part == "caught" {
	note_claim(part)
	next
}

part == "reasons" {
	if ($1 !~ /^#/ && $1 != "deselected")
		is_reason[$1]
	next
}

part == "require" {
	require_line($0, FILENAME ":" FNR, ENVIRON["KERNEL"])
	next
}

# Result ids reach consumers with every odd character turned into "_". They
# must stay apart, whether a run of those becomes one "_" or several.
function check_unique(id,	mangled)
{
	mangled = id
	gsub(/[^A-Za-z0-9]+/, "_", mangled)
	gsub(/^_|_$/, "", mangled)
	if (mangled in owner && owner[mangled] != id)
		complain("tests.tsv: " id " and " owner[mangled] " would become the same id")
	owner[mangled] = id
}

{
	where = "tests.tsv:" FNR
	if (NF != 5 || $1 !~ /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+$/ || \
	    $2 !~ /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/) {
		complain(where ": not a line of the plan")
		next
	}
	if (($1, $2) in index_of) {
		complain(where ": " $1 ":" $2 " is there twice")
		next
	}
	if (!($1 in size)) {
		binaries[++nr_binaries] = $1
		check_unique($1)
	}
	check_unique($1 ":" $2)
	index_of[$1, $2] = ++size[$1]
	name[$1, size[$1]] = $2
	claim[$1, size[$1]] = $3
	source[$1, size[$1]] = $4
	needs[$1, size[$1]] = $5
}

# Settles for one case whether it is selected and which --skip leaves it out.
function settle(binary, i,	j, chosen)
{
	chosen = !nr_select
	for (j = 1; j <= nr_select; j++)
		if (selects(select[j], binary, name[binary, i]))
			chosen = used_select[j] = 1
	for (j = 1; j <= nr_skip; j++)
		if (selects(skip[j], binary, name[binary, i])) {
			used_skip[j] = 1
			skipped[binary, i] = skip[j]
		}
	chosen_case[binary, i] = chosen
	nr_chosen[binary] += chosen
}

function known_columns(id,	entry)
{
	entry = known_issue(id)
	return entry ? known_reference[entry] "\t" known_reason[entry] : "\t"
}

function list(binary,	i)
{
	for (i = 1; i <= size[binary]; i++) {
		if (!chosen_case[binary, i] || (binary, i) in skipped)
			continue
		print binary ":" name[binary, i]
		if (ENVIRON["LIST"] == "verbose") {
			print "    claim:  " claim[binary, i]
			print "    source: " source[binary, i]
			if (needs[binary, i] != "")
				print "    needs:  " needs[binary, i]
			list_notes(claim_of(binary, name[binary, i]))
		}
	}
}

# What --lava reports, see lava.awk, and the skipped are no exception.
function list_expected(binary,	i)
{
	if (!nr_chosen[binary])
		return
	print "- " lava_id(binary)
	for (i = 1; i <= size[binary]; i++)
		if (chosen_case[binary, i])
			print "- " lava_id(binary ":" name[binary, i])
}

function paragraph(binary,	i, args, nr_run, known)
{
	known = known_columns(binary)
	for (i = 1; i <= size[binary]; i++) {
		known_of[i] = known_columns(binary ":" name[binary, i])
		required[i] = required_of(binary, name[binary, i])
		if (chosen_case[binary, i] && !((binary, i) in skipped)) {
			args = args " -r " name[binary, i]
			nr_run++
		}
	}
	if (!nr_chosen[binary])
		return
	sub(/^ /, "", args)
	args = !nr_run ? "none" : nr_run == size[binary] ? "all" : args
	plan = plan (nr_planned++ ? "\n" : "") \
		binary "\t" nr_planned "\t" args "\t" known "\n"
	for (i = 1; i <= size[binary]; i++)
		if (chosen_case[binary, i])
			plan = plan name[binary, i] "\t" \
				((binary, i) in skipped ? skipped[binary, i] : "") "\t" \
				known_of[i] "\t" claim[binary, i] "\t" source[binary, i] "\t" required[i] \
				"\t" needs[binary, i] "\n"
}

END {
	if (!nr_binaries && complaints == "")
		complain("tests.tsv: no tests")
	for (b = 1; b <= nr_binaries; b++)
		for (i = 1; i <= size[binaries[b]]; i++)
			settle(binaries[b], i)
	for (j = 1; j <= nr_select; j++)
		if (!used_select[j])
			complain("no such test: " select[j])
	for (j = 1; j <= nr_skip; j++)
		if (!used_skip[j])
			complain("--skip " skip[j] ": no such test")
	for (b = 1; b <= nr_binaries; b++)
		paragraph(binaries[b])
	known_check_used()
	require_check_used()
	if (complaints != "") {
		printf "%s", complaints
		exit 2
	}
	if (ENVIRON["LIST"] == "") {
		printf "%s", plan
	} else if (ENVIRON["LIST"] == "expected") {
		print "expected:"
		for (b = 1; b <= nr_binaries; b++)
			list_expected(binaries[b])
	} else {
		for (b = 1; b <= nr_binaries; b++)
			list(binaries[b])
	}
}
