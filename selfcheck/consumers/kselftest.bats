# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own run_kselftest.sh: known issues are known, and a skipped case keeps its name. Who
# runs each binary by himself: selfcheck/package/standalone.bats.

# shellcheck disable=SC2154 # shared with consumers.sh
load consumers.sh

setup() { setup_archive; }

seen() { $python "$top/selfcheck/runner/parsers.py" seen "$1" | LC_ALL=C sort; }

@test "the kernel's run_kselftest.sh sees what our runner sees" {
	cd "$archive"
	./run_kselftest.sh > ours || [ $? -eq 4 ]
	kernels_runner
	./run_kselftest.sh | cat > theirs
	seen ours > ours.seen
	verdicts_of kvm-conformance/results/latest/results.json | diff - ours.seen
	seen theirs | diff ours.seen -
	# The reasons, in the line below.
	for tap in ours theirs; do
		[ -z "$(grep -E '# SKIP.*[a-z]' $tap)" ]
		grep -q -A 1 '^# ok 1 .* # SKIP *$' $tap
		grep -q '^# # no-cap: ' $tap
		grep -qE '^# ok [0-9]+ .* # XFAIL ' $tap
	done
}
