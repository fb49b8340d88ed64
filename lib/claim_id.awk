# SPDX-License-Identifier: GPL-2.0-only
#
# Cases, claims and the patterns that name claims, for use beside another program. A claim
# is a test, whatever its fixture's variants: the case pio.out_long.rip_kept_completes of
# x86/pio_rip is the claim x86/pio_rip:pio.rip_kept_completes.

function claim_of(binary, case_name,	fixture, test)
{
	fixture = test = case_name
	sub(/\..*/, "", fixture)
	sub(/.*\./, "", test)
	return binary ":" fixture "." test
}

# Does one of the words of @patterns name @claim? Counts the uses in pattern_used[].
function is_named(patterns, claim,	n, i, word, named)
{
	n = split(patterns, word, " ")
	for (i = 1; i <= n; i++) {
		if (glob_match(word[i], claim)) {
			named = 1
			pattern_used[word[i]]++
		}
	}
	return named
}
