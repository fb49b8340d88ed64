# SPDX-License-Identifier: GPL-2.0-only
#
# The same bytes into a file, a pipe and a terminal, and a status line on the
# terminal only.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs=no-cap binary x86/slow s.one s.two <<-'EOT'
		s_one() { sleep 1.2; }
		s_two() { reason="no-cap: none"; return 4; }
	EOT
	binary x86/fails f.one <<-'EOT'
		f_one() { printf '# \033[31mred\r\n'; return 1; }
	EOT
}

on_terminal()
{
	within="$python $BATS_TEST_DIRNAME/terminal.py $BATS_TEST_TMPDIR/raw $BATS_TEST_TMPDIR/screen"
	within="$within ${1:-never}"
	shift
	status=0
	runner -o "$out" "$@" > "$out.noise" < /dev/null || status=$?
	within=''
	same "" "$(cat "$out.noise")"
}

@test "a file, a pipe and a terminal get the same output" {
	runner -o "$out" > "$out.file" || same 1 $?
	{ runner -o "$out" || same 1 $?; } | cat > "$out.pipe"
	cmp "$out.file" "$out.pipe"
	on_terminal never
	same 1 "$status"
	cmp "$out.file" "$BATS_TEST_TMPDIR/screen"
	cmp "$out.file" "$out/output.tap"
	LC_ALL=C
	same "" "$(tr -d '\n -~' < "$out.file")"
}

@test "on a terminal a status line shows what runs, and is gone at the end" {
	on_terminal never -j 2
	grep -qE '\[0/2\] [0-9]+ s x86/slow x86/fails' "$BATS_TEST_TMPDIR/raw"
	# It counts the seconds, whichever it begins with on a loaded host.
	[ "$(grep -oE '\[0/2\] [0-9]+ s x86/slow' "$BATS_TEST_TMPDIR/raw" | sort -u | wc -l)" -ge 2 ]
	same 0 "$(cat "$BATS_TEST_TMPDIR/screen" "$out/output.tap" | grep -cF '[0/2]')"
}

@test "on LAVA's console, which is a terminal, there is no status line" {
	on_terminal never --lava
	[ "$(grep -cF '[0/2]' "$BATS_TEST_TMPDIR/raw")" -eq 0 ]
	grep -q '^# Totals: ' "$BATS_TEST_TMPDIR/screen"
}

@test "^C stops the run, completes the plan and gives 130" {
	binary x86/hangs h.one <<-'EOT'
		trap '' INT
		h_one() { while :; do sleep 1; done; }
	EOT
	binary x86/never n.one <<-'EOT'
		n_one() { :; }
	EOT
	on_terminal "[2/4]"
	same 130 "$status"
	cmp "$BATS_TEST_TMPDIR/screen" "$out/output.tap"
	same interrupted "$(member x86/hangs:h.one cause)"
	same interrupted "$(member x86/never:n.one cause)"
	same fail "$(member x86/fails:f.one verdict)"
	same 4 "$(grep -cE '^(not )?ok ' "$BATS_TEST_TMPDIR/screen")"
}

@test "-j keeps the plan's order, and the bytes" {
	binary x86/quick q.one <<-'EOT'
		q_one() { :; }
	EOT
	runner -o "$out" > "$out.one" || same 1 $?
	runner -o "$out" -j 8 > "$out.many" || same 1 $?
	cmp "$out.one" "$out.many"
	same "x86/slow x86/fails x86/quick" "$(verdicts | grep -v : | cut -d ' ' -f 1 | tr '\n' ' ' | sed 's/ $//')"
}
