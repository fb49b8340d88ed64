# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2089,SC2090 # bats files use what is set here
#
# For bats files to load: a suite of made-up binaries with a copy of the runner, in a directory
# whose name has in it what shells stumble over.
#
# Packages that these tests need: bats bash perl python3 python3-tap

project=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# Not a manager's shim; and without what it would import for nothing.
python="/usr/bin/python3 -I -S"

setup_suite_dir()
{
	suite="$BATS_TEST_TMPDIR/a suite, 'it' costs \$0 *"
	out=$BATS_TEST_TMPDIR/out
	within=''
	mkdir -p "$suite/x86" "$suite/svm" "$suite/runner"
	cp "$project/run_tests.sh" "$suite"
	cp "$project/runner/kvm-conformance" "$project/runner/remote.sh" "$suite/runner"
	: > "$suite/known_issues"
	: > "$suite/coverage"
	: > "$suite/tests.tsv"
	facts=$suite/facts
	make_host
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES
}

# A made-up host, so that results depend on no machine, nor on its having KVM.
make_host()
{
	tr ' ' '\t' > "$facts" <<-'EOF'
		cpu.hypervisor none
		cpu.name TestCPU
		kernel.release 7.3.4-made-up
		kvm.api_version 12
		modules.kvm.state live
		readable.kernel_log yes
		readable.taint yes
	EOF
}

# fact KEY VALUE: one more of the host, in place of what it said of KEY before.
fact()
{
	sed -i "/^$1	/d" "$facts"
	printf '%s\t%s\n' "$1" "$2" >> "$facts"
}

# The runner on the made-up host, or with facts= on this one, behind the command $within, if set.
runner() { (exec_runner "$@"); }

# In place of this shell, so that "exec_runner & pid=$!" has the runner's own number. bats waits
# for whoever has its descriptor 3.
exec_runner()
{
	# shellcheck disable=SC2086 # several words, or none
	exec ${within:-} "$suite/run_tests.sh" ${facts:+--facts "$facts"} "$@" 3>&-
}

# binary NAME CASE...: a made-up binary with these cases; the functions, or what
# else it does, from standard input.
binary()
{
	name=$1
	shift
	{
		echo '#!/bin/sh'
		echo ". '$BATS_TEST_DIRNAME/harness.sh'"
		cat
		[ $# -eq 0 ] || echo "harness $* -- \"\$@\""
	} > "$suite/$name"
	chmod +x "$suite/$name"
	plan "$name" "$@"
}

# plan NAME CASE...: lines of the plan, and $needs as the reasons for which these cases skip:
# "needs=no-cap plan ...", "needs=no-cap binary ...".
plan()
{
	name=$1
	shift
	for case in "$@"; do
		printf '%s\t%s\tclaim of %s\tsource of %s\t%s\n' "$name" "$case" "$case" "$case" "${needs:-}"
	done >> "$suite/tests.tsv"
}

# What results.json says: "id verdict", in order.
verdicts()
{
	$python "$BATS_TEST_DIRNAME/results.py" verdicts "$out/results.json"
}

# member ID KEY: one member of one result, or of one binary's.
member()
{
	$python "$BATS_TEST_DIRNAME/results.py" member "$out/results.json" "$1" "$2"
}

# For tests that mount: a mount namespace is as good as root.
need_mounts()
{
	unshare -m true 2> /dev/null || skip "needs root, to mount over files"
}

# Processes that inherited the mark, wherever they are.
marked() { grep -lsz "^MARK=$BATS_TEST_TMPDIR\$" /proc/[0-9]*/environ || true; }

# eventually COMMAND...: once it succeeds; it has a minute.
eventually()
{
	for _ in $(seq 1200); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# Nobody is left, or will be in a moment: some die by another's death.
nobody_left()
{
	# shellcheck disable=SC2046 # several
	eventually nobody || ls -l $(marked)
	nobody
}

nobody() { [ -z "$(marked)" ]; }

# same WANT GOT
same()
{
	[ "$1" = "$2" ] || {
		printf 'want: %s\ngot:  %s\n' "$1" "$2"
		return 1
	}
}
