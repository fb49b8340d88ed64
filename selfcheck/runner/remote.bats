# SPDX-License-Identifier: GPL-2.0-only
#
# --remote: the tests run where a command takes them, and what the command loses or damages on
# the way is no verdict.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/first f.one <<-'EOT'
		f_one() { echo "# of $MARK"; [ ! -e "$BREAK" ]; }
	EOT
	needs=no-cap binary x86/second s.one s.two <<-'EOT'
		s_one() { : > "$UP"; while [ -e "$UP.wait" ]; do sleep 0.05; done; }
		s_two() { reason="no-cap: none"; return 4; }
	EOT
	# The made-up binaries need it there.
	sed -i "s,^\. .*,. '$BATS_TEST_DIRNAME/harness.sh'," "$suite"/x86/*
	binary x86/third t.one <<-'EOT'
		t_one() { return 1; }
	EOT
	export MARK=$BATS_TEST_TMPDIR UP=$BATS_TEST_TMPDIR/up BREAK=$BATS_TEST_TMPDIR/break
}

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# A transport that takes a shell command as its last word, as ssh does. Its own code from
# standard input; it has the command in $1.
transport()
{
	{
		echo '#!/bin/sh'
		cat
	} > "$BATS_TEST_TMPDIR/transport"
	chmod +x "$BATS_TEST_TMPDIR/transport"
}

# What there is of copies on the other side.
copies() { ls -d /tmp/kvm-conformance.* 2> /dev/null; }

@test "a run by way of a shell has the verdicts of one here, and leaves nothing there" {
	run_all
	same 1 "$status"
	verdicts > "$out.here"
	copies > "$out.copies" || true
	run_all --remote "sh -c"
	same 1 "$status"
	verdicts | diff "$out.here" -
	copies | diff "$out.copies" - || [ ! -s "$out.copies" ]
	grep -q '	# of ' "$out/x86/first.log"
	# The tests stand in another directory, with nothing else.
	transport <<< 'exec env -i PATH="$PATH" sh -c "$1"'
	run_all --remote "$BATS_TEST_TMPDIR/transport" first third
	same 1 "$status"
	grep -q '	# of $' "$out/x86/first.log"
	nobody_left
}

@test "without --facts the facts are those of the other side" {
	transport <<-'EOT'
		case $1 in
		*--agent*) ;;
		*) exec sh -c "$1" ;;
		esac
		printf '0.0\tv\tkvm-conformance-events 2\n'
		printf '0.0\tf\t%s\n' "kernel.release 5.10.1-far" "cpu.name Far" "kvm.api_version 12" \
			"modules.kvm.state live" "kvm.unusable no-kvm: far away" "complete yes"
		cat > /dev/null
		printf '0.0\tq\tdone\n'
	EOT
	facts=
	run_all --remote "$BATS_TEST_TMPDIR/transport"
	same 4 "$status"
	grep -qx '# kernel: 5.10.1-far' "$out.tap"
	grep -qF '"release": "5.10.1-far"' "$out/results.json"
	same no-kvm "$(member x86/first:f.one reason)"
	same "run_tests.sh: no test can run: far away" "$(cat "$out.err")"
}

@test "a transport that cannot start, or does not copy, is status 3, and the plan is whole" {
	for command in /no/such/command false "sh -c false; true"; do
		run_all --remote "$command"
		same 3 "$status"
		same 3 "$(grep -cE '^not ok ' "$out.tap")"
		verdicts | cut -d ' ' -f 2 | sort | uniq -c | xargs | grep -qx '7 error'
	done
}

@test "a transport that dies in mid-run ends it: what was obtained is kept" {
	touch "$UP.wait"
	transport <<< 'sh -c "$1" | sh -c "echo \$\$ > \$UP.pid; exec cat"'
	exec_runner --remote "$BATS_TEST_TMPDIR/transport" -o "$out" > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$UP" ]
	kill -KILL "$(cat "$UP.pid")"
	status=0
	wait $pid || status=$?
	cat "$out.tap" "$out.err"
	same 3 "$status"
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/first:f.one pass
		x86/second:s.one error
		x86/second:s.two error
		x86/third:t.one error
		x86/first pass
		x86/second error
		x86/third error
	EOT
	member x86/second:s.one cause | grep -q '^lost: the agent ended with status '
	member x86/third:t.one cause | grep -q '^lost: the agent ended with status '
	# Nor does the far side go on by itself.
	nobody_left
}

@test "a signal ends the run on the other side, which still reports" {
	touch "$UP.wait"
	exec_runner --remote "sh -c" -o "$out" > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$UP" ]
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	cat "$out.tap" "$out.err"
	same 143 "$status"
	same pass "$(member x86/first:f.one verdict)"
	same interrupted "$(member x86/second:s.one cause)"
	same interrupted "$(member x86/third:t.one cause)"
	nobody_left
}

# stream EDIT: the transport gives a stored stream of a run, changed by a sed program.
stream()
{
	[ -s "$BATS_TEST_TMPDIR/stream" ] || {
		printf 'run %s 1 %s\n' 1 x86/first 2 x86/second 3 x86/third > "$BATS_TEST_TMPDIR/commands"
		(cd "$suite" && runner/kvm-conformance --agent < "$BATS_TEST_TMPDIR/commands") \
			> "$BATS_TEST_TMPDIR/stream"
	}
	sed -E "$1" "$BATS_TEST_TMPDIR/stream" > "$BATS_TEST_TMPDIR/edited"
	transport <<-EOT
		case \$1 in
		*--agent*) cat "$BATS_TEST_TMPDIR/edited"; exit ;;
		*) exec sh -c "\$1" ;;
		esac
	EOT
	run_all --remote "$BATS_TEST_TMPDIR/transport"
}

@test "of a stream that is cut or damaged only what is proved to be whole counts" {
	stream ''
	same 1 "$status"
	verdicts > "$out.whole"
	same "pass pass skip fail" "$(sed -n 's/.*:.* //p' "$out.whole" | xargs)"
	# Cut in the second binary; between two; without its last line.
	stream '/	ok 1 s.one/,$d'
	same 3 "$status"
	same "pass error error error" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	stream '/	s	3 /,$d'
	same 3 "$status"
	same "pass pass skip error" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	stream '$d'
	same 3 "$status"
	verdicts | diff "$out.whole" -
	# A verdict that was turned, a line that is missing, a sum that is.
	stream 's/	not ok 1 t.one/	ok 1 t.one/'
	same 3 "$status"
	same "pass pass skip error" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	same "lost: its log arrived damaged" "$(member x86/third cause)"
	stream '/	o	#  RUN           t.one/d'
	same 3 "$status"
	same "pass pass skip error" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	stream '/	s	2 /,/	c	/{/	c	/d}'
	same 3 "$status"
	same "lost: its log arrived damaged" "$(member x86/second cause)"
	same fail "$(member x86/third:t.one verdict)"
	# Another binary's number, a run twice, a stream of another format.
	stream 's/	s	2 /	s	99 /'
	same 3 "$status"
	same "pass error error fail" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	stream 's/events 2/events 3/'
	same 3 "$status"
}

# sshd on loopback, as the other machine: with keys and a configuration of its own.
start_sshd()
{
	ssh=$BATS_TEST_TMPDIR/ssh
	mkdir "$ssh"
	chmod 700 "$ssh"
	[ -d /run/sshd ] || mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$ssh/user"
	for port in $(seq 22022 22042); do
		/usr/sbin/sshd -D -f /dev/null -p "$port" -h "$ssh/host" -o ListenAddress=127.0.0.1 \
			-o "AuthorizedKeysFile=$ssh/user.pub" -o StrictModes=no -o PidFile=none \
			-o UsePAM=no > "$ssh/log" 2>&1 3>&- &
		sshd=$!
		remote="ssh -q -F none -p $port -i $ssh/user -o BatchMode=yes \
			-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1"
		up() { ! kill -0 "$sshd" 2> /dev/null || $remote true; }
		eventually up
		! kill -0 "$sshd" 2> /dev/null || return 0
	done
	cat "$ssh/log"
	return 1
}

@test "a report of the kernel's while no binary ran is the run's own, and told once" {
	between='0.000000	k	<4> WARNING: selfcheck between'
	whole='0.000000	a	kernel.log <4>[    1.000000]'
	stream "/	c	/a $between"
	same 1 "$status"
	same 3 "$(grep -o '"cause": "kernel log, between two binaries: WARNING: selfcheck between"' "$out/results.json" | wc -l)"
	same pass "$(member x86/first verdict)"
	# The whole log has these, and one more.
	stream "1,/	c	/s/.*	c	.*/&\n$between/
		\$i $whole harmless\n$whole WARNING: selfcheck between\n$whole BUG: selfcheck at boot"
	same 1 "$status"
	same "kernel log, between two binaries: WARNING: selfcheck between
kernel log, while no binary ran: BUG: selfcheck at boot" \
		"$(grep -o '"cause": "kernel log, [^"]*"' "$out/results.json" | cut -d '"' -f 4)"
	same 3 "$(wc -l < "$out/kernel.log")"
}

@test "a run over ssh has the verdicts of one here, and ends with its connection" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be an ssh server"
	# The other side has an environment of its own.
	sed -i "2i export UP='$UP' MARK=there BREAK='$BREAK'" "$suite"/x86/first "$suite"/x86/second
	run_all
	verdicts > "$out.here"
	copies > "$out.copies" || true
	start_sshd
	run_all --remote "$remote"
	same 1 "$status"
	verdicts | diff "$out.here" -
	# The connection is cut in the middle: what came until then stands.
	: > "$UP.wait"
	rm -f "$UP"
	exec_runner -o "$out" --remote "$remote" > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$UP" ]
	pkill -KILL -P "$sshd"
	status=0
	wait $pid || status=$?
	kill "$sshd"
	cat "$out.tap" "$out.err"
	same 3 "$status"
	same error "$(member x86/second:s.one verdict)"
	same 7 "$(wc -l < "$out.here")"
	same 7 "$(verdicts | wc -l)"
	gone() { copies | diff "$out.copies" - > /dev/null || [ -z "$(copies)" ]; }
	rm "$UP.wait"
	eventually gone
}
