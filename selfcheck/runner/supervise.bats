# SPDX-License-Identifier: GPL-2.0-only
#
# supervise by itself: time limits that really kill, nobody left behind, and a
# log that may fail.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	supervise=$project/lib/run/supervise
	mark=$BATS_TEST_TMPDIR/mark
	cd "$BATS_TEST_TMPDIR" || return 1
}

# run_it OPTION... -- COMMAND...: its events without the times, in "events".
run_it()
{
	status=0
	timeout -k 1 60 env MARK="$mark" "$supervise" "$@" > raw 3>&- || status=$?
	cut -f 2- raw > events
	head -n 50 events
	check_stream
	no_survivor
}

# Each event has a time that never goes back, a known source, and plain text.
check_stream()
{
	LC_ALL=C awk -F '\t' '
		NF != 3 || $1 !~ /^[0-9]+\.[0-9]+$/ || $1 + 0 < before || \
		$2 !~ /^[sohktldx]$/ || $3 ~ /[^ -~]/ { print "bad event: " $0; bad = 1 }
		{ before = $1 + 0; last = $2 }
		END { exit bad || last != "x" }' raw
}

# Whoever inherited the mark is a descendant, wherever it hides.
no_survivor()
{
	left=$(grep -lsz "^MARK=$mark\$" /proc/[0-9]*/environ || true)
	same "" "$left"
}

last() { tail -n 1 events; }

@test "the end is told: status, signal, time limit, or why there was no start" {
	run_it -- /bin/sh -c 'exit 3'
	same "x	exit 3" "$(last)"
	run_it -- /bin/sh -c 'kill -SEGV $$'
	same "x	signal SIGSEGV" "$(last)"
	run_it -t 0.3 -- /bin/sleep 100
	same "x	timeout 0.3" "$(last)"
	run_it -- ./absent
	same "x	cannot run: No such file or directory" "$(last)"
	: > file
	run_it -- ./file
	same "x	cannot run: Permission denied" "$(last)"
	same 0 "$status"
}

@test "output comes line by line, escaped, long lines cut, the last half line told apart" {
	run_it -- /bin/sh -c 'echo out; echo err >&2; printf "\t\0\377\134\n"; printf half'
	sed 1d events | diff - /dev/fd/4 4<<-'EOF'
		o	out
		o	err
		o	\x09\x00\xff\
		h	half
		x	exit 0
	EOF
	run_it -- /bin/sh -c 'head -c 10001 /dev/zero | tr "\0" z; echo; echo after'
	same 2000 "$(sed -n 2p events | tr -dc z | wc -c | tr -d ' ')"
	sed -n 2p events | grep -q 'zz \[8001 more bytes\]$'
	same "o	after" "$(sed -n 3p events)"
}

@test "a test that ignores every signal is killed at the time limit" {
	run_it -t 0.5 -- /bin/sh -c "trap '' TERM INT HUP QUIT USR1 USR2 ALRM; while :; do sleep 1; done"
	same "x	timeout 0.5" "$(last)"
	run_it -t 0.5 -- /bin/sh -c 'kill -STOP $$'
	same "x	timeout 0.5" "$(last)"
}

@test "children in other groups and sessions are killed too, and do not hold the pipe" {
	run_it -t 0.5 -- /bin/sh -c 'setsid sh -c "sleep 1000 & sleep 1000" & sleep 1000'
	same "x	timeout 0.5" "$(last)"
	run_it -- /bin/sh -c 'setsid sleep 1000 & exit 1'
	same "x	exit 1" "$(last)"
	grep -q '^l	[0-9]* sleep$' events
	run_it -- /bin/sh -c '(setsid sh -c "sleep 1000 & sleep 1000 &" &) ; kill -KILL $$'
	same "x	signal SIGKILL" "$(last)"
	same 2 "$(grep -c '^l	[0-9]* sleep$' events)"
}

@test "an orphan that ends by itself at once is not left behind" {
	run_it -- /bin/sh -c 'sleep 0.2 & exit 0'
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
	run_it -t 1 -- ./chain
	grep -q '^x' events
}

@test "a flood of output neither stops the clock nor grows without end" {
	run_it -t 1 -- /bin/sh -c 'yes "ok 1 case"'
	same "x	timeout 1" "$(last)"
	grep -q '^d	output beyond 1048576 bytes$' events
	[ "$(wc -c < raw)" -lt 3000000 ]
	run_it -t 1 -- /bin/cat /dev/zero
	same "x	timeout 1" "$(last)"
}

# started: the test has said "up"; a raw file of before must not speak for it.
started() { eventually grep -qs up raw; }

@test "SIGTERM, SIGINT and the death of who started it end the test and are told" {
	for signal in TERM INT HUP; do
		rm -f raw
		MARK=$mark "$supervise" -- /bin/sh -c 'setsid sleep 1000 & echo up; sleep 1000' > raw 3>&- &
		pid=$!
		started
		kill -$signal $pid
		wait $pid
		same "x	interrupted SIG$signal" "$(cut -f 2- raw | tail -n 1)"
		no_survivor
	done
	# Its parent is killed: the shell between us and it.
	rm raw
	MARK=$mark sh -c '"$0" -- /bin/sh -c "setsid sleep 1000 & echo up; sleep 1000" > raw & wait' "$supervise" 3>&- &
	pid=$!
	started
	kill -KILL $pid
	wait $pid || true
	wait_for_end
	# Its owner is, which need not be its parent.
	rm raw
	sleep 1000 3>&- &
	owner=$!
	MARK=$mark "$supervise" -w $owner -- /bin/sh -c 'echo up; sleep 1000' > raw 3>&- &
	pid=$!
	started
	kill -KILL $owner
	wait $pid
	same "x	interrupted SIGTERM" "$(cut -f 2- raw | tail -n 1)"
	no_survivor
}

# For what happens after a process that is not ours to wait for.
wait_for_end()
{
	eventually grep -q '	x	' raw
	same "x	interrupted SIGTERM" "$(cut -f 2- raw | tail -n 1)"
	no_survivor
}

@test "the log has what standard output has; without it the results still come" {
	run_it -l log -- /bin/sh -c 'echo one; echo two'
	cmp raw log
	same 0 "$status"
	run_it -l /dev/full -- /bin/sh -c 'echo one; echo two'
	same 3 "$status"
	same "2 1" "$(grep -c '^o' events) $(grep -c '^d	log /dev/full: No space left on device$' events)"
	same "x	exit 0" "$(last)"
	run_it -l no/such/place -- /bin/echo one
	same 3 "$status"
	grep -q '^d	log no/such/place: No such file or directory$' events
	run_it -l log -- /bin/sh -c 'rm log; echo one'
	same 3 "$status"
	grep -q '^d	log log: deleted while in use$' events
	same "x	exit 0" "$(last)"
}

@test "the test starts with a clean slate: signals, descriptors, no terminal" {
	run_it -- /bin/sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status | tr -d "\n"; readlink /proc/self/fd/0 | tr "\n" " "; ls /proc/self/fd | tr "\n" " "; (: < /dev/tty) 2>&1 | grep -c .' \
		8< /dev/null < "$supervise"
	same "o	SigBlk:\\x090000000000000000SigIgn:\\x090000000000000000/dev/null 0 1 2 3 1" "$(sed -n 2p events)"
}

@test "a change of the kernel's taint flags and the lines of its log are told" {
	[ "$(id -u)" -eq 0 ] && unshare -m true 2> /dev/null || skip "needs root"
	echo 0 > tainted
	run_it -- /bin/sh -c 'exit 0'
	cat > inside <<-'EOF'
		mount --bind tainted /proc/sys/kernel/tainted && exec "$@"
	EOF
	supervise_before=$supervise
	supervise=unshare
	run_it -m sh inside "$supervise_before" -- /bin/sh -c 'echo 512 > tainted'
	same "t	0 512" "$(grep '^t' events)"
	run_it -m sh inside "$supervise_before" -- /bin/sh -c ':'
	same "" "$(grep '^t' events)"
}

@test "the kernel's log is told, from the start of the test on" {
	[ -w /dev/kmsg ] || skip "/dev/kmsg cannot be written"
	echo "kvm-conformance selfcheck: before $$" > /dev/kmsg
	run_it -- /bin/sh -c "echo '<4>kvm-conformance selfcheck: during $$' > /dev/kmsg"
	same "k	<4> kvm-conformance selfcheck: during $$" "$(grep "^k.*selfcheck.*$$" events)"
}
