#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How much there is to read: lines of tracked text files by top-level folder and in all, without
# findings/, which no build and no CI job uses; the claims and mutants; the median test file; the
# files that are longer than LIMIT lines.
#
# usage: weight.sh [COMMIT]
# Exit status: 0, 1 a file is too long, 2 usage or no such commit.
set -u

LIMIT=450
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 2
commit=$(git rev-parse --verify --quiet "${1:-HEAD}^{commit}") || {
	echo "weight.sh: no such commit: ${1:-HEAD}" >&2
	exit 2
}

# "FILE LINES", of text files alone.
lines()
{
	git grep -cI '' "$commit" -- ':!findings' | sed "s/^$commit://; s/:\\([0-9]*\\)\$/ \\1/"
}

# Statements of tests, and rows of the catalogue.
count()
{
	git grep -hE "$@" | wc -l
}

lines | awk -v limit=$LIMIT '
	{
		folder = $1 ~ /\// ? $1 : "(top)"
		sub(/\/.*/, "", folder)
		sum[folder] += $2
		files[folder]++
		total += $2
	}
	$1 ~ /^(x86|svm|vmx|tdx)\/[^\/]*\.c$/ { tests[++nr_tests] = $2 }
	$2 > limit && $1 !~ /\.(patch|tsv)$/ && $1 !~ /catalogue$/ { long[++nr_long] = $1 ": " $2 }
	END {
		sort = "sort -k 2 -rn"
		for (folder in sum)
			printf "%-12s %6d lines %4d files\n", folder, sum[folder], files[folder] | sort
		close(sort)
		for (i = 2; i <= nr_tests; i++)
			for (j = i; j > 1 && tests[j - 1] > tests[j]; j--) {
				t = tests[j]
				tests[j] = tests[j - 1]
				tests[j - 1] = t
			}
		printf "%-12s %6d lines\n", "all", total
		printf "test files: %d, median %d lines\n", nr_tests, tests[int((nr_tests + 1) / 2)]
		for (i = 1; i <= nr_long; i++)
			print "longer than " limit " lines: " long[i]
		exit nr_long > 0
	}'
status=$?
echo "tests: $(count '^TEST(_F)?\(' "$commit" -- x86 svm vmx tdx)," \
	"mutants: $(count '^[a-z]+	' "$commit" -- selfcheck/mutants/catalogue)"
exit $status
