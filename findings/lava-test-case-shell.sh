#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# lava-test-case ID --shell: the command is run by eval in lava-test-case's own shell.
# An "exit" in it ends lava-test-case before the result is sent, and what was quoted is
# split again: "sh -c 'exit 1'" is a pass.
#
# Seen with: lava-dispatcher 2023.01-2.
#
# LAVA's documentation (writing tests) has that any command is taken, and that its exit
# code makes the result pass or fail. The script does not start a shell for it, as the
# option's name lets one think, but says: eval "$*".
#
#   --shell ...            result sent   step's status   steps behind it
#   false                  fail          0               run
#   'exit 1'               none          1               none
#   'exit 0'               none          0               run
#   '(exit 1)'             fail          0               run
#   sh -c 'exit 1'         pass          0               run
#   "sh -c 'exit 1'"       fail          0               run
#
# For 'exit 1' the shell of the test definition ends as well, which runs with "set -e"
# (that is documented): neither is there any result of the cases behind it, nor the end
# of the run (LAVA_SIGNAL_ENDRUN). For sh -c 'exit 1' the eval runs "sh -c exit", with 1
# as its $0.
#
# So: the command for --shell is one word for the shell, without an "exit" of its own:
# "./test.sh", or "(...)". And a job with an "expected:" list notices the missing cases.
#
# Needs apt-get with package lists, dpkg-deb.
# Status: 0 it is still so, 1 it changed, 2 the package is not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

package=lava-dispatcher=2023.01-2
if ! apt-get -q download "$package" > log 2>&1; then
	cat log >&2
	exit 2
fi
echo "package $package"
dpkg-deb -x ./*.deb root

# The scripts as they come to a device: each with a line for its interpreter.
mkdir bin
for script in lava-test-case lava-test-shell lava-test-runner; do
	{
		echo '#!/bin/sh'
		cat "root/usr/lib/python3/dist-packages/lava_dispatcher/lava_test_shell/$script"
	} > "bin/$script"
done
cp root/usr/lib/python3/dist-packages/lava_dispatcher/lava_test_shell/lava-common-functions bin
chmod +x bin/*

# definition NAME STEP: one of STEP and another, between what the dispatcher has around the steps
definition()
{
	mkdir -p "$1/tests/0_$1"
	printf '%s\n' 'set -e' "echo '<LAVA_SIGNAL_STARTRUN 0_$1 1>'" "$2" \
		'lava-test-case behind_it --shell true' "echo '<LAVA_SIGNAL_ENDRUN 0_$1 1>'" \
		> "$1/tests/0_$1/run.sh"
	echo "$tmp/$1/tests/0_$1" > "$1/lava-test-runner.conf"
	echo "$2"
	SHELL=/bin/sh timeout 60 bin/lava-test-runner "$tmp/$1" 2> log | grep -E 'TESTCASE|ENDRUN' ||
		echo "neither a result nor an end of the run"
}

{
	definition false 'lava-test-case it --shell false'
	definition exit_1 "lava-test-case it --shell 'exit 1'"
	definition exit_0 "lava-test-case it --shell 'exit 0'"
	definition subshell "lava-test-case it --shell '(exit 1)'"
	definition sh "lava-test-case it --shell sh -c 'exit 1'"
	definition sh_quoted "lava-test-case it --shell \"sh -c 'exit 1'\""
} > seen

cat > expected << 'EOF'
lava-test-case it --shell false
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=it RESULT=fail>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=behind_it RESULT=pass>
<LAVA_SIGNAL_ENDRUN 0_false 1>
lava-test-case it --shell 'exit 1'
neither a result nor an end of the run
lava-test-case it --shell 'exit 0'
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=behind_it RESULT=pass>
<LAVA_SIGNAL_ENDRUN 0_exit_0 1>
lava-test-case it --shell '(exit 1)'
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=it RESULT=fail>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=behind_it RESULT=pass>
<LAVA_SIGNAL_ENDRUN 0_subshell 1>
lava-test-case it --shell sh -c 'exit 1'
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=it RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=behind_it RESULT=pass>
<LAVA_SIGNAL_ENDRUN 0_sh 1>
lava-test-case it --shell "sh -c 'exit 1'"
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=it RESULT=fail>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=behind_it RESULT=pass>
<LAVA_SIGNAL_ENDRUN 0_sh_quoted 1>
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: other results of lava-test-case --shell" >&2
	cat log >&2
	exit 1
fi
echo "still so: lava-test-case evaluates the command itself, and goes with its exit"
