# SPDX-License-Identifier: GPL-2.0-only
#
# The plan, for the runner: reads a test's source and then, from standard
# input, the cases that its binary offers (--cases); prints a line a case:
#
#	binary TAB case TAB claim TAB source TAB needs TAB since
#
# The claim is the first paragraph of the comment above the test; "Source:"
# must follow, "Needs:" may: the reasons for which the test may be skipped, as
# "no-cap, no-nested". Those in the comment above FIXTURE() or FIXTURE_SETUP()
# are of all the fixture's tests. A test without a claim or a source, a case
# without a test, or a reason that is not one of the closed set is an error.
#
# "since" is the first kernel of what the test is about, by the file of that name: of several
# lines whose pattern matches the last one counts.
#
# usage: binary --cases | awk -v binary=x86/name -v reasons=runner/reasons.c \
#	-v since=lib/since -f glob.awk -f claim_id.awk -f extract_plan.awk x86/name.c -

BEGIN {
	while ((getline line < reasons) > 0)
		if (line ~ /^\t[{] "/ && split(line, word, "\""))
			is_reason[word[2]]
	close(reasons)
	while (since != "" && (getline line < since) > 0)
		if (line !~ /^#/ && split(line, word, "\t") == 2) {
			since_pattern[++nr_since] = word[1]
			since_kernel[nr_since] = word[2]
		}
}

function since_of(claim,	i)
{
	for (i = nr_since; i > 0; i--)
		if (glob_match(since_pattern[i], claim))
			return since_kernel[i]
}

function complain(text)
{
	printf "%s: %s\n", where, text > "/dev/stderr"
	failed = 1
}

function trim(text)
{
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

# One line of a comment's text; an empty one ends a paragraph.
function comment_line(text)
{
	text = trim(text)
	if (text == "") {
		if (claim != "" || source != "" || needs != "")
			field = ""
		return
	}
	if (text ~ /^Source: /) {
		field = "source"
		sub(/^Source: /, "", text)
	} else if (text ~ /^Needs: /) {
		field = "needs"
		needs_at = FILENAME ":" FNR
		sub(/^Needs: /, "", text)
	} else if (claim == "" && field == "") {
		field = "claim"
	}
	if (field == "claim")
		claim = trim(claim " " text)
	else if (field == "source")
		source = trim(source " " text)
	else if (field == "needs")
		needs = trim(needs " " text)
}

# The comment's needs, one a key: what they are about, then the reason.
function declare(about,	nr, reason, i)
{
	nr = split(needs, reason, /, */)
	for (i = 1; i <= nr; i++) {
		if (!(reason[i] in is_reason)) {
			where = needs_at
			complain("Needs: no reason for a skip: \"" reason[i] "\" (" reasons ")")
		}
		declared[about, ++nr_declared[about]] = reason[i]
	}
}

# The fixture's and the test's own, each once.
function needs_of(fixture, test,	list, about, nr, i, seen)
{
	about[1] = fixture
	about[2] = fixture SUBSEP test
	for (nr = 1; nr <= 2; nr++)
		for (i = 1; i <= nr_declared[about[nr]]; i++)
			if (!(declared[about[nr], i] in seen)) {
				seen[declared[about[nr], i]]
				list = list (list == "" ? "" : ", ") declared[about[nr], i]
			}
	return list
}

FNR == 1 { nr_files++ }

# --- the source ---

nr_files == 1 && /^\/\*/ {
	claim = source = needs = field = ""
	in_comment = 1
	sub(/^\/\*/, "")
}

nr_files == 1 && in_comment {
	last = sub(/\*\/.*/, "")
	sub(/^[ \t]*\*/, "")
	comment_line($0)
	in_comment = !last
	next
}

nr_files == 1 && /^FIXTURE(_SETUP)?\(/ {
	fixture = $0
	sub(/^[^(]*\([ \t]*/, "", fixture)
	sub(/[ \t]*\).*/, "", fixture)
	declare(fixture)
	claim = source = needs = ""
	next
}

nr_files == 1 && /^TEST(_F)?(_SIGNAL|_TIMEOUT)?\(/ {
	where = FILENAME ":" FNR
	args = $0
	sub(/^[^(]*\(/, "", args)
	sub(/\).*/, "", args)
	nr_args = split(args, arg, /[ \t]*,[ \t]*/)
	if ($0 ~ /^TEST_F/)
		key = arg[1] SUBSEP arg[2]
	else
		key = "global" SUBSEP arg[1]
	if (nr_args < 1 || ($0 ~ /^TEST_F/ && nr_args < 2))
		complain("fixture and test must stand on the line of TEST_F()")
	if (claim == "")
		complain("test without a claim: a comment above it says what it proves")
	if (source == "")
		complain("claim without a source: \"Source: ...\" in the comment above the test")
	claims[key] = claim
	sources[key] = source
	declare(key)
	claim = source = needs = ""
	next
}

# A comment belongs to what follows it at once.
nr_files == 1 && /^[^ \t\/]/ { claim = source = needs = "" }

# --- the binary's cases ---

nr_files == 2 {
	where = binary
	fixture = test = $0
	sub(/\..*/, "", fixture)
	sub(/.*\./, "", test)
	key = fixture SUBSEP test
	if (!(key in claims)) {
		complain("case " $0 " has no test in the source")
		next
	}
	printf "%s\t%s\t%s\t%s\t%s\t%s\n", binary, $0, claims[key], sources[key], \
		needs_of(fixture, test), since_of(claim_of(binary, $0))
	nr_cases++
}

END {
	where = binary
	if (!failed && !nr_cases)
		complain("no cases")
	exit failed
}
