# SPDX-License-Identifier: GPL-2.0-only
# The binaries with a claim that -v tests=PATTERNS names, out of tests.tsv.
is_named(tests, claim_of($1, $2)) { print $1 }
