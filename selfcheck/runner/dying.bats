# SPDX-License-Identifier: GPL-2.0-only
#
# What is left when the machine dies in mid-run: what ran, and all that was known by then.
#
# Packages that these tests need: strace

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/first f.one f.two <<-'EOT'
		f_one() { :; }
		f_two() { :; }
	EOT
	binary x86/second s.one s.two <<-'EOT'
		s_one() { :; }
		s_two() { [ -z "${HANG:-}" ] || sleep 1000; }
	EOT
	plan x86/third t.one
}

hangs() { grep -qs 'RUN           s.two' "$out/x86/second.log"; }

@test "all is killed at once: the directory says how far it got, and that it did not end" {
	MARK=$BATS_TEST_TMPDIR HANG=1 exec_runner -o "$out" > "$out.tap" 2> "$out.err" &
	eventually hangs
	# Nobody has time to clean up.
	for _ in 1 2 3; do
		# shellcheck disable=SC2046 # several
		kill -KILL $(marked | sed 's,/proc/,,; s,/environ,,') || true
	done
	nobody_left
	# To whom it is printed, too: the title of what runs comes when it starts.
	diff "$out.tap" "$out/output.tap"
	same "# 1..2" "$(tail -n 1 "$out.tap")"
	same "# selftests: kvm-conformance: second" "$(grep '^# selftests' "$out.tap" | tail -n 1)"
	grep -q '^ok 1 selftests: kvm-conformance: first$' "$out.tap"
	same "	o	#  RUN           s.two ..." "$(sed 's/^[0-9.]*//' "$out/x86/second.log" | tail -n 1)"
	grep -q '	o	ok 1 s.one$' "$out/x86/second.log"
	same "error error error error error" "$(verdicts | sed -n 's/.*:.* //p' | xargs)"
	grep -q '"status": 3' "$out/results.json"
	grep -q '"problems": \[{"verdict": "error", "cause": "the run did not end: ' "$out/results.json"
	grep -q '"release": "7.3.4-made-up"' "$out/results.json"
}

@test "results are on the disk while a case runs, and in the end all of them" {
	command -v strace > /dev/null || skip "no strace"
	binary x86/fourth f.one f.two f.three <<-'EOT'
		f_one() { :; }
		f_two() { sleep 0.5; }
		f_three() { :; }
	EOT
	within="strace -f -e trace=openat,write,fdatasync,fcntl -s 4000 -o $BATS_TEST_TMPDIR/calls"
	status=0
	runner -o "$out" > "$out.tap" 2> "$out.err" || status=$?
	[ -s "$BATS_TEST_TMPDIR/calls" ] || skip "strace traces nothing here"
	# Descriptors are a process's own. A call can stand on two lines.
	$python - "$BATS_TEST_TMPDIR/calls" <<-'EOT'
		import re, sys
		names, log, dirty, on_disk, begun = [], {}, {}, [], {}
		for line in open(sys.argv[1], errors="replace"):
		    pid = line.split()[0]
		    if "<unfinished ...>" in line:
		        begun[pid] = line.partition(" <unfinished ...>")[0]
		        continue
		    if " resumed>" in line:
		        line = begun.pop(pid, pid) + line.partition(" resumed>")[2]
		    opened = re.search(r'^(\d+) +openat\(.*"[^"]*/([a-z]+\.(?:log|tap))", .*\) += (\d+)', line)
		    copied = re.search(r'^(\d+) +fcntl\((\d+), F_DUPFD_CLOEXEC, 0\) += (\d+)', line)
		    call = re.search(r'^(\d+) +(write|fdatasync)\((\d+)(?:, "(.*)"\.*, \d+)?', line)
		    if opened:
		        log[opened.group(1, 3)] = opened.group(2)
		        names.append(opened.group(2))
		    elif copied and copied.group(1, 2) in log:
		        log[copied.group(1, 3)] = log.pop(copied.group(1, 2))
		    elif call and call.group(1, 3) in log:
		        name = log[call.group(1, 3)]
		        if call.group(2) == "write":
		            dirty[name] = dirty.get(name, "") + (call.group(4) or "")
		            if name == "fourth.log" and "ok 2 f.two" in line:
		                assert any("RUN           f.two" in text for text in on_disk), on_disk
		        else:
		            on_disk.append(dirty.pop(name, ""))
		assert not [text for text in dirty.values() if text != "\\n"], dirty
		for name in "first", "second", "third", "fourth":
		    assert name + ".log" in names, names
		assert "# selftests: kvm-conformance: first" in "".join(on_disk), on_disk
	EOT
}

@test "the kernel's log has each case's name when it starts, and no result has that line" {
	: 2> /dev/null >> /dev/kmsg || skip "/dev/kmsg cannot be written"
	: 2> /dev/null < /dev/kmsg || skip "/dev/kmsg cannot be read"
	echo "<7>selfcheck: begin $$" > /dev/kmsg
	runner -o "$out" > "$out.tap" 2> "$out.err" || true
	echo "<7>selfcheck: others $$" > /dev/kmsg
	runner -o "$out.others" --binaries "$suite" second > "$out.tap" 2> "$out.err" || true
	echo "<7>selfcheck: end $$" > /dev/kmsg
	timeout 2 cat /dev/kmsg > "$out.kmsg" || true
	between() { sed -n "/;selfcheck: $1 $$\$/,/;selfcheck: $2 $$\$/s/.*;kvm-conformance: //p" "$out.kmsg"; }
	same "x86/first: f.one ...
x86/first: f.two ...
x86/second: s.one ...
x86/second: s.two ..." "$(between begin others)"
	same "" "$(grep -r 'kvm-conformance: x86' "$out"/x86)"
	same pass "$(member x86/second verdict)"
	# Of others' binaries nothing is said.
	same "" "$(between others end)"
}
