# SPDX-License-Identifier: GPL-2.0-only
#
# The agent by itself: time limits that really kill, nobody left behind, and a stream that says
# what happened.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	agent="$project/runner/kvm-conformance --agent"
	mark=$BATS_TEST_TMPDIR/mark
	cd "$BATS_TEST_TMPDIR" || return 1
	tab=$(printf '\t')
}

# script NAME: a program for the agent to run, from standard input.
script()
{
	{
		echo '#!/bin/sh'
		cat
	} > "$1"
	chmod +x "$1"
}

# run_it [LIMIT] COMMAND: its events without the times, in "events".
run_it()
{
	{
		[ $# -lt 2 ] || echo "limit $1"
		shift $(($# - 1))
		echo "run 3 1 $1"
	} > commands
	status=0
	# shellcheck disable=SC2086 # several words
	timeout -k 1 60 env MARK="$mark" ${within:-} $agent < commands > raw 3>&- || status=$?
	same 0 "$status"
	check_stream
	no_survivor
}

# run_lines [LIMIT]: the same with a script from standard input.
run_lines()
{
	script lines
	run_it "$@" ./lines
}

# Each event has a time that never goes back while a binary runs, a known kind, and plain text;
# the binary's part has the sum that python makes of it.
check_stream()
{
	# What stands in front of "x" here is of no binary.
	cut -f 2- raw | sed -e '/^[vqc]/d' > events
	head -n 50 events
	same "v	kvm-conformance-events 2" "$(head -n 1 raw | cut -f 2-)"
	same "q	done" "$(tail -n 1 raw | cut -f 2-)"
	LC_ALL=C awk -F '\t' '
		NF != 3 || $1 !~ /^[0-9]+\.[0-9]+$/ || $2 !~ /^[vsohktldxcq]$/ || $3 ~ /[^ -~]/ ||
		$2 !~ /[vq]/ && $1 + 0 < before { print "bad event: " $0; bad = 1 }
		{ before = $1 + 0 }
		END { exit bad }' raw
	check_sum
}

check_sum()
{
	$python - raw <<-'EOF'
		import sys, zlib
		lines = open(sys.argv[1], "rb").read().splitlines(True)
		kinds = [line.split(b"\t")[1] for line in lines]
		start, end = kinds.index(b"s"), kinds.index(b"c")
		assert kinds[end - 1] == b"x"
		assert int(lines[end].split(b"\t")[2], 16) == zlib.crc32(b"".join(lines[start:end]))
	EOF
}

# Whoever inherited the mark is a descendant, wherever it hides.
no_survivor()
{
	left=$(grep -lsz "^MARK=$mark\$" /proc/[0-9]*/environ || true)
	same "" "$left"
}

last() { tail -n 1 events; }

@test "the end is told: status, signal, time limit, or why there was no start" {
	run_lines <<< 'exit 3'
	same "s	3 1 ./lines" "$(head -n 1 events)"
	same "x	exit 3" "$(last)"
	run_lines <<< 'kill -SEGV $$'
	same "x	signal SIGSEGV" "$(last)"
	run_it 0.3 '/bin/sleep 100'
	same "s	3 1 /bin/sleep 100" "$(head -n 1 events)"
	same "x	timeout 0.3" "$(last)"
	run_it ./absent
	same "x	cannot run: No such file or directory" "$(last)"
	: > file
	run_it ./file
	same "x	cannot run: Permission denied" "$(last)"
}

@test "one binary after the other, each with a sum and an environment" {
	script says <<< 'echo "$1 ${SAID-nothing}"'
	printf '%s\n' "env SAID=a  b=c" "run 1 1 ./says one" "env SAID" "no such command" "" "run 2 7 ./says two" \
		> commands
	$agent < commands > raw
	cut -f 2- raw | sed 's/^c	[0-9a-f]\{8\}$/c	SUM/' | diff - /dev/fd/4 4<<-'EOF'
		v	kvm-conformance-events 2
		s	1 1 ./says one
		o	one a  b=c
		x	exit 0
		c	SUM
		s	2 7 ./says two
		o	two nothing
		x	exit 0
		c	SUM
		q	done
	EOF
}

@test "output comes line by line, escaped, long lines cut, the last half line told apart" {
	run_lines <<-'EOF'
		echo out; echo err >&2; printf "\t\0\377\134\n"; printf half
	EOF
	sed 1d events | diff - /dev/fd/4 4<<-'EOF'
		o	out
		o	err
		o	\x09\x00\xff\
		h	half
		x	exit 0
	EOF
	run_lines <<-'EOF'
		head -c 10001 /dev/zero | tr "\0" z; echo; echo after
	EOF
	same 2000 "$(sed -n 2p events | tr -dc z | wc -c | tr -d ' ')"
	sed -n 2p events | grep -q 'zz \[8001 more bytes\]$'
	same "o	after" "$(sed -n 3p events)"
}

@test "a test that ignores every signal is killed at the time limit" {
	run_lines 0.5 <<-'EOF'
		trap '' TERM INT HUP QUIT USR1 USR2 ALRM; while :; do sleep 1; done
	EOF
	same "x	timeout 0.5" "$(last)"
	run_lines 0.5 <<< 'kill -STOP $$'
	same "x	timeout 0.5" "$(last)"
}

@test "children in other groups and sessions are killed too, and do not hold the pipe" {
	run_lines 0.5 <<-'EOF'
		setsid sh -c "sleep 1000 & sleep 1000" & sleep 1000
	EOF
	same "x	timeout 0.5" "$(last)"
	run_lines <<-'EOF'
		setsid sleep 1000 & exit 1
	EOF
	same "x	exit 1" "$(last)"
	grep -q '^l	[0-9]* sleep$' events
	run_lines <<-'EOF'
		(setsid sh -c "sleep 1000 & sleep 1000 &" &) ; sleep 0.2; kill -KILL $$
	EOF
	same "x	signal SIGKILL" "$(last)"
	same 2 "$(grep -c '^l	[0-9]* sleep$' events)"
}

@test "an orphan that ends by itself at once is not left behind" {
	run_lines <<-'EOF'
		sleep 0.2 & exit 0
	EOF
	same "x	exit 0" "$(last)"
	same "" "$(grep '^l' events)"
}

@test "a test that forks as it is being killed is killed" {
	cat > chain.c <<-'EOF'
		#include <time.h>
		#include <unistd.h>
		int main(void)
		{
			/* Not for ever, in case nobody kills it. */
			time_t end = time(NULL) + 20;
			for (int i = 0; i < 3; i++)
				if (!fork())
					break;
			while (time(NULL) < end) {
				setsid();
				if (fork() > 0)
					_exit(0);
			}
		}
	EOF
	gcc -O2 -o chain chain.c
	run_it 1 ./chain
	grep -q '^x' events
}

@test "a flood of output neither stops the clock nor grows without end" {
	run_it 1 '/usr/bin/yes ok 1 case'
	same "x	timeout 1" "$(last)"
	grep -q '^d	output beyond 1048576 bytes$' events
	[ "$(wc -c < raw)" -lt 3000000 ]
	run_it 1 '/bin/cat /dev/zero'
	same "x	timeout 1" "$(last)"
}

# started: the test has said "up"; a raw file of before must not speak for it.
started() { eventually grep -qs up raw; }

# For what happens after a process that is not ours to wait for.
ended()
{
	eventually grep -q '	q	' raw
	grep -q "	x	interrupted $1\$" raw
	same "q	failed: stopped by $1" "$(cut -f 2- raw | tail -n 1)"
	check_sum
	no_survivor
}

@test "SIGTERM, SIGINT, the death of who started it and the end of its commands end the test" {
	script stays <<< 'setsid sleep 1000 & echo up; sleep 1000'
	mkfifo pipe
	for signal in TERM INT HUP; do
		rm -f raw
		echo "run 1 1 ./stays" > commands
		MARK=$mark $agent < commands > raw 3>&- &
		pid=$!
		started
		kill -$signal $pid
		wait $pid || same 3 $?
		ended SIG$signal
	done
	# Its parent is killed: the shell between us and it.
	rm raw
	MARK=$mark sh -c "$agent < commands > raw & wait" 3>&- &
	pid=$!
	started
	kill -KILL $pid
	wait $pid || true
	ended SIGTERM
	# Nobody is there any more to give commands.
	rm raw
	MARK=$mark $agent < pipe > raw 3>&- &
	pid=$!
	exec 7> pipe
	echo "run 1 1 ./stays" >&7
	started
	exec 7>&-
	wait $pid || same 3 $?
	ended SIGTERM
}

@test "a stream that nobody reads ends the test" {
	script stays <<< 'while :; do echo up; sleep 0.1; done'
	echo "run 1 1 ./stays" > commands
	{ MARK=$mark timeout 60 $agent < commands 3>&- || echo $? > status; } | head -n 3
	same 3 "$(cat status)"
	no_survivor
}

@test "the test starts with a clean slate: signals, descriptors, no terminal" {
	script slate <<-'EOF'
		grep -E "^Sig(Blk|Ign)" /proc/self/status | tr -d "\n"; readlink /proc/self/fd/0 | tr "\n" " "; ls /proc/self/fd | tr "\n" " "; (: < /dev/tty) 2>&1 | grep -c .
	EOF
	exec 8< slate
	run_it ./slate
	exec 8<&-
	same "o	SigBlk:\\x090000000000000000SigIgn:\\x090000000000000000/dev/null 0 1 2 3 1" "$(sed -n 2p events)"
}

@test "a change of the kernel's taint flags and the lines of its log are told" {
	[ "$(id -u)" -eq 0 ] && unshare -m true 2> /dev/null || skip "needs root"
	echo 0 > tainted
	cat > inside <<-'EOF'
		mount --bind tainted /proc/sys/kernel/tainted && exec "$@"
	EOF
	within="unshare -m sh inside"
	run_lines <<< 'echo 512 > tainted'
	same "t	0 512" "$(grep '^t' events)"
	run_lines <<< ':'
	same "" "$(grep '^t' events)"
}

@test "the kernel's log is told, from the start of the test on, unless told to be quiet" {
	[ -w /dev/kmsg ] || skip "/dev/kmsg cannot be written"
	echo "kvm-conformance selfcheck: before $$" > /dev/kmsg
	run_lines <<< "echo '<4>kvm-conformance selfcheck: during $$' > /dev/kmsg"
	same "k	<4> kvm-conformance selfcheck: during $$" "$(grep "^k.*selfcheck.*$$" events)"
	printf '%s\n' quiet "run 1 1 ./lines" > commands
	$agent < commands > raw
	same "" "$(grep '	k	' raw)"
	grep -q '	x	exit 0$' raw
}

@test "again repeats all runs in their order until the agent is that old, and starts no further round" {
	script one <<< 'sleep 0.2'
	script two <<< 'exit 3'
	printf '%s\n' "limit 20" "run 1 1 ./one" "run 2 1 ./two" "again 1" > commands
	# shellcheck disable=SC2086 # several words
	timeout -k 1 60 $agent < commands > raw
	cut -f 2- raw | grep -E '^[sx]' > events
	cat events
	same 0 "$(($(wc -l < events) % 4))"
	[ "$(wc -l < events)" -ge 8 ]
	printf 's\t1 1 ./one\nx\texit 0\ns\t2 1 ./two\nx\texit 3\n' > round
	[ "$(sort -u events | wc -l)" -eq 4 ]
	head -n 4 events | diff - round
	tail -n 4 events | diff - round
	same "q	done" "$(tail -n 1 raw | cut -f 2-)"
	# A second is long over: not even one round more.
	printf '%s\n' "run 1 1 ./one" "run 1 2 ./one" "again 0.1" > commands
	# shellcheck disable=SC2086 # several words
	timeout -k 1 60 $agent < commands > raw
	same 2 "$(cut -f 2 raw | grep -c s)"
}
