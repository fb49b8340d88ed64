# SPDX-License-Identifier: GPL-2.0-only
#
# kills.tsv with what one or more runs have found: of a claim and a mutant that were tried on each
# other, in all places that the mutant has, the new result; of all others what stands there, too. What tests.tsv has no claim and
# catalogue no mutant for goes. Reads tests.tsv, catalogue, score.awk's table and kills.tsv.
#
# usage: awk -F '\t' -f claim_id.awk -f record.awk part=claims tests.tsv part=mutants catalogue \
#	part=table TABLE part=kills kills.tsv

part == "claims" {
	c = claim_of($1, $2)
	if (!(c in is_claim)) {
		is_claim[c]
		order[++nr_claims] = c
	}
	next
}

part == "mutants" { nr_places[$1 "/" $2]++; next }

part == "table" {
	mutant = $1 "/" $3
	nr_tried[$4, mutant]++
	if ($5 == "killed" && !(($4, mutant) in has)) {
		has[$4, mutant]
		found[$4] = found[$4] " " mutant
	}
	next
}

/^#/ { print; next }

{
	n = split($2, words, " ")
	for (i = 1; i <= n; i++)
		if (words[i] in nr_places && nr_tried[$1, words[i]] < nr_places[words[i]] &&
				!(($1, words[i]) in has))
			kept[$1] = kept[$1] " " words[i]
}

END {
	for (i = 1; i <= nr_claims; i++) {
		c = order[i]
		if (kept[c] found[c] != "")
			print c "\t" substr(kept[c] found[c], 2)
	}
}
