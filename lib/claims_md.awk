# SPDX-License-Identifier: GPL-2.0-only
#
# CLAIMS.md: every claim with its source, its class, its needs, the first kernel that it is
# about and the mutants that it has killed.
#
# usage: awk -F '\t' -f claim_id.awk -f claims_md.awk part=kills kills.tsv part=abi ABI \
#	part=tests tests.tsv
# ABI is run_tests.sh --list --only abi, with a tab in place of the colon.

BEGIN {
	print "<!-- Made by \"make claims\". -->"
	print "# Claims"
	print ""
	print "Each is a test, directory/binary:fixture.test. A mutant is a KVM, a kernel, a CPU,"
	print "a TDX module or a simulation that is wrong in one way, on purpose"
	print "(`selfcheck/mutants/catalogue` has them as KIND/NAME); `kernel:NAME` is that module as"
	print "it is (`known_issues`). `make check-mutants` measures the kills."
}

part == "kills" { killed_by[$1] = $2; next }
part == "abi" { is_abi[claim_of($1, $2)]; next }

# Markdown gives these a meaning.
function plain(text)
{
	gsub(/[*<>`|]/, "\\\\&", text)
	return text
}

{ c = claim_of($1, $2) }

c in seen { next }

{
	seen[c]
	if ($1 != binary)
		print "\n## " (binary = $1)
	sub(/.*:/, "", c)
	print "\n`" c "`: " plain($3) "\n"
	c = $1 ":" c
	print "- source: " plain($4)
	print "- class: " (c in is_abi ? "ABI" : "implementation")
	if ($5 != "")
		print "- needs: " plain($5)
	print "- since: " $6
	print "- killed: " (c in killed_by ? killed_by[c] : "nothing yet")
}
