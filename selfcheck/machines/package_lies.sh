# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # package_checks.sh has what this uses
#
# For package_init.sh, behind package_checks.sh, whose suite of made-up tests "broken" has
# begun: what tests say that is no result, the runner's options, and its helpers' ends. The
# host's twins are ../runner/lies.bats, known_issues.bats, lava.bats and signals.bats.

lies()
{
	: > "$suite/tests.tsv"
	printf 'begin l.one\nbegin l.two\npass l.two\n' | add early l.one l.two
	printf 'begin l.one\npass l.one\nnr=0\npass l.one\n' | add twice l.one
	printf 'begin l.one\npass l.one\nbegin l.other\npass l.other\n' | add stranger l.one
	printf 'begin l.one\necho "# fail: stuck"\npass l.one\n' | add contradicts l.one
	printf 'begin l.one\necho "ok 1 l.one # SKIP because: I can"\nexit 4\n' | add excuse l.one
	printf 'begin l.one\nprintf "ok 1 l.one"\n' | add half l.one
	printf 'begin l.one\npass l.one\nexit 7\n' | add status l.one
	add forges l.one l.two <<-'END'
		begin l.one
		echo "# ok 2 l.two"; echo "  ok 2 l.two"; echo "# selftests: kvm: other"; echo "KTAP version 1"
		echo "not ok 1 l.one"
		begin l.two
		exit 1
	END
	add floods l.one <<-'END'
		begin l.one
		head -c 5000000 /dev/zero | tr '\0' x | fold -w 99
		pass l.one
	END
	"$suite/run_tests.sh" -o /tmp/lies
	status=$?
	results /tmp/lies
	[ "$(wc -c < /tmp/lies/x86/floods.log)" -lt 2000000 ] || echo "the flood was kept"
	return $status
}

# Known issues, what is required, the other dialect, and LAVA's.
options()
{
	: > "$suite/tests.tsv"
	printf 'begin o.one\necho "not ok 1 o.one"\nexit 1\n' | add known o.one
	printf 'begin o.one\necho "ok 1 o.one # SKIP no-cap: none"\nexit 4\n' | needs=no-cap add skips o.one
	add measures o.one <<-'END'
		begin o.one
		echo "# measure: cost 12 ns"
		pass o.one
	END
	echo 'x86/known:o.one | * | kvm_amd | a report | it is so' > "$suite/known_issues"
	"$suite/run_tests.sh" -o /tmp/options --ktap --lava --require no-cap
	status=$?
	results /tmp/options
	cat /tmp/options/result.txt
	"$suite/run_tests.sh" --print-expected
	: > "$suite/known_issues"
	return $status
}

# Tests to be stopped in: they wait for a signal that does not move them.
waiting()
{
	: > "$suite/tests.tsv"
	printf 'begin b.one\npass b.one\n' | add fine b.one
	for name in waits also; do
		add "$name" b.one b.two < /tmp/hang
	done
}

# By ^C. What runs in the background does not listen to that.
stopped_by_int()
{
	waiting
	mkdir /tmp/by_int
	(
		until grep -q 'RUN .*b.two' /tmp/by_int/x86/waits.log; do sleep 0.1; done 2> /dev/null
		kill -INT "$(cat /tmp/by_int.pid)"
	) &
	sh -c 'echo $$ > /tmp/by_int.pid; exec "$0" "$@"' \
		"$suite/run_tests.sh" -o /tmp/by_int x86/fine x86/waits
	status=$?
	results /tmp/by_int
	left_behind
	return $status
}

stopped_in_parallel()
{
	place=/tmp/in_parallel
	mkdir "$place"
	"$suite/run_tests.sh" -j 3 -o "$place" > "$place.tap" 2>&1 &
	runner=$!
	for name in waits also; do
		until grep -q 'RUN .*b.two' "$place/x86/$name.log"; do sleep 0.1; done 2> /dev/null
	done
	kill -TERM "$runner"
	ends
	status=$?
	left_behind
	return $status
}

# The only child of process $1.
child_of()
{
	for stat in /proc/[0-9]*/stat; do
		read -r child _ _ parent _ < "$stat" || continue
		[ "$parent" != "$1" ] || echo "$child"
	done 2> /dev/null
}

# helper_killed PLACE N: the Nth descendant of the process that was started.
helper_killed()
{
	place=/tmp/$1
	mkdir "$place"
	start 'RUN .*b.two' "$place" x86/fine x86/waits || return
	victim=$runner
	for _ in $(seq "$2"); do
		victim=$(child_of "$victim")
	done
	kill -KILL "$victim"
	ends
	status=$?
	left_behind
	return $status
}

killed_run() { helper_killed killed_run 1; }
killed_agent() { helper_killed killed_agent 2; }
