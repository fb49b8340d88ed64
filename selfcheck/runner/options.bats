# SPDX-License-Identifier: GPL-2.0-only
#
# The command line: what is selected, and what is refused before anything runs.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	for name in x86/pio_rip x86/pio_forms svm/bus_lock; do
		needs=no-cap binary $name out.long.kept out.real.kept in.long.kept global.skips <<-'EOT'
			out_long_kept() { :; }
			out_real_kept() { :; }
			in_long_kept() { :; }
			global_skips() { reason="no-cap: no bus locks"; return 4; }
		EOT
	done
}

run_all()
{
	status=0
	runner "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# The cases that --list prints for these options, as "x86/pio_rip:out.long.kept".
selects()
{
	want=$1
	shift
	run_all --list "$@"
	same 0 "$status"
	same "$want" "$(tr '\n' ' ' < "$out.tap" | sed 's/ $//')"
}

# refuses MESSAGE-PATTERN OPTION...
refuses()
{
	want=$1
	shift
	rm -rf "$out"
	run_all -o "$out" "$@"
	same 2 "$status"
	same "" "$(cat "$out.tap")"
	[ ! -e "$out" ]
	grep -qe "^run_tests.sh: $want" "$out.err"
	same 1 "$(wc -l < "$out.err")"
}

@test "TEST names a directory, a binary, a case, or a pattern for them" {
	forms="x86/pio_forms:out.long.kept x86/pio_forms:out.real.kept x86/pio_forms:in.long.kept x86/pio_forms:global.skips"
	selects "$forms" pio_forms
	selects "$forms" x86/pio_forms
	selects "$forms" 'x86/*forms'
	selects "$forms" 'pio_[a-f]orms'
	selects "$forms" 'pio_[!r]*'
	selects "x86/pio_rip:out.long.kept" pio_rip:out.long.kept
	selects "x86/pio_rip:out.long.kept x86/pio_rip:in.long.kept" 'pio_rip:*.long.*'
	selects "x86/pio_rip:out.real.kept svm/bus_lock:out.real.kept" svm:out.real.kept 'pio_rip:out.?eal.kept'
	run_all --list
	same 12 "$(wc -l < "$out.tap")"
	run_all --list x86
	same 8 "$(wc -l < "$out.tap")"
	run_all --list x86/
	same 8 "$(wc -l < "$out.tap")"
	run_all --list --skip svm --skip 'pio_*:out.*'
	same 4 "$(wc -l < "$out.tap")"
}

@test "--list -v adds the claim, the source, the needs and the first kernel" {
	printf 'tdx/pamt\ta.b\tit all comes back\tTDX 1.5\tno-tdx\t6.16\n' >> "$suite/tests.tsv"
	run_all --list -v pamt pio_rip:out.long.kept
	printf '%s\n' "x86/pio_rip:out.long.kept" "    claim:  claim of out.long.kept" \
		"    source: source of out.long.kept" "    class:  implementation" "    needs:  no-cap" \
		"tdx/pamt:a.b" "    claim:  it all comes back" "    source: TDX 1.5" \
		"    class:  implementation" \
		"    needs:  no-tdx" "    since:  6.16" | diff - "$out.tap"
}

@test "a source that names a document makes a claim ABI; --list --by source shows which, and what is not covered" {
	cat > "$suite/coverage" <<-'EOT'
		# two of them
		document | api.rst | api.rst | the kernel's, 7.3
		section | 7.2; 22 | not what 7.22 says
		section | 7.22; KVM_RUN | bus locks
		not covered | 9 | all the rest | because nobody asked
		document | the manual | SDM vol. 3 | revision 80
		section | 26.2 | exits
	EOT
	while IFS='|' read -r case source; do
		printf 'tdx/a\t%s\tclaim\t%s\t\n' "$case" "$source" >> "$suite/tests.tsv"
	done <<-'EOT'
		a.x.one|KVM api.rst 7.22 and SDM vol. 3, 26.2; svm.c f()
		a.y.one|KVM api.rst 7.22 and SDM vol. 3, 26.2; svm.c f()
		a.two|svm.c f(); KVM api.rst: "all of it"
		a.three|intel-api.rst 7.22; SDM vol. 3, 9.1
		a.four|x86.c, as 7.22 says
	EOT
	run_all --list --by source tdx
	diff - "$out.tap" <<-'EOT'
		api.rst: the kernel's, 7.3
		  7.2: not what 7.22 says
		    none of these claims
		  7.22: bus locks
		    tdx/a:a.one
		  9: all the rest
		    not covered, because nobody asked
		  the document as a whole:
		    tdx/a:a.two
		the manual: revision 80
		  26.2: exits
		    tdx/a:a.one
		  in no section of the file coverage:
		    tdx/a:a.three
		implementation: only a function or a comment of the kernel says so
		    tdx/a:a.four
	EOT
	selects "tdx/a:a.x.one tdx/a:a.y.one tdx/a:a.two tdx/a:a.three" --only abi tdx
	selects "tdx/a:a.four" --only implementation tdx
	run_all --list -v tdx/a:a.two
	grep -qx '    class:  ABI' "$out.tap"
	run_all -o "$out" --only implementation pio_rip
	same implementation "$(member x86/pio_rip:out.long.kept class)"
	grep -q '"only": "implementation"' "$out/results.json"
	for line in "section | 7 | text" "document | a | a" "document | | a | b" "other | a | b | c"; do
		echo "$line" > "$suite/coverage"
		refuses "coverage:1: " tdx
	done
	printf 'document | a | a | b\nnot covered | 7 | text\n' > "$suite/coverage"
	refuses "coverage:2: " tdx
	rm "$suite/coverage"
	refuses ".*/coverage cannot be read" tdx
}

@test "only what is selected runs, with the binary's own plan" {
	run_all -o "$out" 'pio_rip:*.long.*' --skip 'pio_rip:in*'
	same 0 "$status"
	verdicts | diff - /dev/fd/3 3<<-'EOT'
		x86/pio_rip:out.long.kept pass
		x86/pio_rip:in.long.kept skip
		x86/pio_rip pass
	EOT
	same deselected "$(member x86/pio_rip:in.long.kept reason)"
	grep -q '	s	1 1 x86/pio_rip -r out.long.kept$' "$out/x86/pio_rip.log"
}

@test "what --skip leaves out is skipped and not run, and no --require asks for it" {
	rm -rf "$out"
	run_all -o "$out" --require all --skip x86 --skip '*:global.*'
	same 0 "$status"
	same 9 "$(verdicts | grep -c ':.* skip$')"
	[ ! -e "$out/x86/pio_rip.log" ]
	same deselected "$(member x86/pio_rip:out.long.kept reason)"
	same "--skip x86" "$(member x86/pio_rip:out.long.kept cause)"
	run_all -o "$out" --skip '*'
	same 4 "$status"
}

@test "--skip-file takes patterns a line, and one that matches nothing ends no run" {
	printf '# ours\n\n  svm  \npio_rip:out.*\ngone_since\n' > "$BATS_TEST_TMPDIR/skips"
	run_all -o "$out" --skip-file "$BATS_TEST_TMPDIR/skips" --require all --skip '*:global.*'
	same 0 "$status"
	grep -qx "run_tests.sh: .*/skips:5: no such test: gone_since" "$out.err"
	same 8 "$(verdicts | grep -c ':.* skip$')"
	same "--skip svm" "$(member svm/bus_lock:out.long.kept cause)"
	same "--skip pio_rip:out.*" "$(member x86/pio_rip:out.real.kept cause)"
	same pass "$(member x86/pio_rip:in.long.kept verdict)"
	refuses "--skip-file /nonexistent cannot be read" --skip-file /nonexistent
}

@test "--require turns a skip for that reason, or for any, into a verdict of its own, not ok" {
	for reasons in no-cap no-kvm,no-cap all one-node,all; do
		run_all -o "$out" --require "$reasons" pio_rip
		same 1 "$status"
		same missing "$(member x86/pio_rip:global.skips verdict)"
		same no-cap "$(member x86/pio_rip:global.skips reason)"
		grep -qx '# not ok 4 global.skips # --require forbids this skip: no-cap: no bus locks' "$out.tap"
	done
	run_all -o "$out" --require no-kvm --require one-node pio_rip
	same 0 "$status"
}

@test "what makes no sense is refused with status 2 and one line, before anything runs" {
	refuses "unknown option: --frobnicate" --frobnicate
	refuses "unknown option: -x" -x
	refuses 'no such test: nonsense$' nonsense
	refuses "no such test: pio_rip:nonsense" pio_rip:nonsense
	refuses 'no such test: "' ''
	refuses "no such test: x8" x8
	refuses "--skip nonsense: no such test" --skip nonsense
	refuses "--skip needs a value" --skip
	refuses "-j needs a number" -j 0
	refuses "-j needs a number" -j many
	refuses "--timeout needs a number" --timeout 1.5
	refuses "--timeout needs a number" --timeout -1
	refuses "--require: no such reason or profile: \"no-such\"" --require no-cap,no-such
	refuses "--require: no such reason or profile: \"deselected\"" --require deselected
	refuses "--require: no such reason or profile: \"\"" --require no-cap,
	refuses "--duration needs a time" --duration 1d
	refuses "--duration needs a time" --duration 0h
	refuses "--duration needs a time" --duration h
	refuses "--duration and --repeat: one of them" --duration 1s --repeat 2
	refuses "--keep needs a number" --keep none
	refuses "--only: there are abi and implementation" --only documented
	refuses "--only: none of these tests" --only abi
	refuses "--by: there is source" --list --by kernel
	refuses "--by goes with --list" --by source
	refuses "--gdb needs one case, and this names 3" --gdb 'pio_rip:*.*.kept'
	refuses "--gdb is for this machine" --gdb pio_rip:out.long.kept --remote ssh
	refuses "--ktap takes no value" --ktap=yes
	refuses "-v goes with --list" -v
	refuses "--list and --print-expected: one of them" --list --print-expected
	refuses "no such test: --list" -- --list
	KVMCONF_MACHINE="a
ok 1 forged" refuses "KVMCONF_MACHINE: odd characters"
	KVMCONF_TIMEOUT_SCALE=fast refuses "KVMCONF_TIMEOUT_SCALE needs a number"
}

@test "options may be joined to their values, and --help says what there is" {
	run_all "-o$out" -j2 --timeout=7 --skip=svm --require=no-kvm
	same 0 "$status"
	grep -q '^# time limit: 7 s a binary: --timeout$' "$out.tap"
	run_all "-o$out" --ktap -- svm
	same 0 "$status"
	run_all -h
	same 0 "$status"
	for option in --list -v --skip -j --repeat --timeout -o --ktap --lava --print-expected \
		--require --reload-modules --machine --kernel --smp --nodes --memory \
		--module-params --report --compare --help -s --summary --skip-file --duration \
		--keep --bisect --gdb --only --by --known-issues; do
		grep -qe "[ ,]${option}[ ,]" "$out.tap"
	done
}

@test "--gdb becomes the debugger of one case, which stops where its test begins" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "scale $KVMCONF_TIMEOUT_SCALE"\nprintf "<%%s>\\n" "$@"\nexit 7\n' > "$BATS_TEST_TMPDIR/bin/gdb"
	chmod +x "$BATS_TEST_TMPDIR/bin/gdb"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run_all --gdb x86/pio_rip:out.long.kept
	same 7 "$status"
	grep -qx "scale 1000" "$out.tap"
	grep -qx "<break out_kept>" "$out.tap"
	tail -n 4 "$out.tap" | tr '\n' ' ' | grep -q "^<--args> <.*/x86/pio_rip> <-r> <out.long.kept> $"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run_all --gdb x86/pio_rip:global.skips
	grep -qx "<break skips>" "$out.tap"
	status=0
	(export PATH=/nonexistent; exec_runner --gdb x86/pio_rip:global.skips) 2> "$out.err" || status=$?
	same 2 "$status"
	same "run_tests.sh: --gdb: gdb: No such file or directory" "$(cat "$out.err")"
}

@test "a link to the runner is as good as the runner" {
	ln -sf "$suite/run_tests.sh" "$out.link"
	(suite=$BATS_TEST_TMPDIR/links && mkdir -p "$suite" &&
		ln -sf "$out.link" "$suite/run_tests.sh" && run_all -o "$out" svm && same 0 "$status")
	same pass "$(member svm/bus_lock:out.long.kept verdict)"
}

@test "a list or a help that does not arrive is status 3" {
	for what in --list "--list -v" --print-expected --help; do
		status=0
		# shellcheck disable=SC2086 # two words
		runner $what > /dev/full 2> "$out.err" || status=$?
		same 3 "$status"
		grep -q '^run_tests.sh: .* could not be written$' "$out.err"
	done
}

@test "a suite that was not built, or whose plan is not one, is refused" {
	cp "$suite/tests.tsv" "$out.tests"
	for line in "x86/pio_rip	out.long.kept	again	s	" "x86/pio_rip	out_long.kept	clash	s	" \
		"x86/pio	rip.out.long.kept	clash	s	" "x86/pio-rip	a.b	clash	s	" \
		"x86/pio_rip	nodot	c	s	" "pio_rip	a.b	c	s	" "x86/a/b	a.b	c	s	" \
		"x86/new	a b.c	c	s	" "x86/new	a.b	c" ""; do
		printf '%s\n' "$line" >> "$suite/tests.tsv"
		refuses "tests.tsv:" --list
		cp "$out.tests" "$suite/tests.tsv"
	done
	: > "$suite/tests.tsv"
	refuses "tests.tsv: no tests"
	for file in tests.tsv runner/kvm-conformance; do
		mv "$suite/$file" "$out.away"
		refuses "$file is missing: run make first"
		mv "$out.away" "$suite/$file"
	done
	mv "$out.tests" "$suite/tests.tsv"
}

@test "claims may hold any byte" {
	printf 'x86/odd\ta.b\tcaf\303\251 "quoted" \\n \001 # SKIP\ts\377\t\n' >> "$suite/tests.tsv"
	run_all -o "$out" odd
	same 'caf?? "quoted" \n ? # SKIP' "$(member x86/odd:a.b claim)"
}

@test "the environment is the caller's, with the time scale and what was asked for" {
	binary x86/env e.one <<-'EOT'
		e_one() { env > "$KEEP"; cat < /dev/stdin >> "$KEEP"; return 0; }
	EOT
	export KEEP="$out.env" LC_ALL=C.UTF-8 SOMETHING='else  "again"'
	run_all -o "$out" env < /dev/zero
	same 0 "$status"
	grep -qx 'SOMETHING=else  "again"' "$KEEP"
	grep -qx LC_ALL=C.UTF-8 "$KEEP"
	grep -qx KVMCONF_TIMEOUT_SCALE=1 "$KEEP"
	same "KVMCONF_RUNNER=1" "$(grep KVMCONF_ "$KEEP" | grep -v TIMEOUT_SCALE)"
	KVMCONF_TIMEOUT_SCALE=3 run_all -o "$out" --reload-modules env
	grep -qx KVMCONF_TIMEOUT_SCALE=3 "$KEEP"
	grep -qx KVMCONF_RELOAD_MODULES=1 "$KEEP"
	grep -qx '# time limit: 180 s a binary: 60 s x 3: KVMCONF_TIMEOUT_SCALE' "$out.tap"
}

# The settings come before the first binary, though the machine's facts have to be asked for first.
@test "the first binary has them, too, where the facts are the machine's own" {
	[ -c /dev/kvm ] || skip "no /dev/kvm"
	binary x86/env e.one <<-'EOT'
		e_one() { env > "$KEEP"; }
	EOT
	export KEEP="$out.env"
	facts='' KVMCONF_TIMEOUT_SCALE=3 run_all -o "$out" env
	grep -qx KVMCONF_TIMEOUT_SCALE=3 "$KEEP"
	grep -qx KVMCONF_RUNNER=1 "$KEEP"
}

@test "no internal variable of the caller's environment changes a verdict" {
	needs=no-cap binary x86/env e.passes e.fails e.skips <<-'EOT'
		e_passes() { echo "${KVMCONF_RELOAD_MODULES-unset}" > "$KEEP"; }
		e_fails() { echo "# fail: wrong exit"; return 1; }
		e_skips() { reason="no-cap: none"; return 4; }
	EOT
	cat > "$BATS_TEST_TMPDIR/hostile" <<-'EOT'
		#!/bin/sh
		printf '0.0\to\t1..3\n0.1\tx\tskip no-cap: forged\n'
	EOT
	chmod +x "$BATS_TEST_TMPDIR/hostile"
	export KEEP="$out.env"
	for variable in NOTHING=1 "KVMCONF_NOT_RUN=skip no-cap: x" "KVMCONF_NOT_RUN=none" \
		KVMCONF_SIMULATED=1 "KVMCONF_SUPERVISE=$BATS_TEST_TMPDIR/hostile" \
		"KVMCONF_ATTEND=$BATS_TEST_TMPDIR" KVMCONF_ITERATION=7 \
		KVMCONF_RELOAD_MODULES=1 "KVMCONF_LAYER=$BATS_TEST_TMPDIR" \
		KVMCONF_BOOTING=1 KVMCONF_TDX=static KVMCONF_TDX_LEDGER=/dev/null; do
		echo "# with $variable"
		status=0
		(export "${variable?}" && runner -o "$out" env) > "$out.tap" || status=$?
		same 1 "$status"
		verdicts | diff - /dev/fd/4 4<<-'EOT'
			x86/env:e.passes pass
			x86/env:e.fails fail
			x86/env:e.skips skip
			x86/env fail
		EOT
		same "wrong exit" "$(member x86/env:e.fails cause)"
		# Nor has the test what only an option of the command line may give it.
		same unset "$(cat "$KEEP")"
		same "env.log" "$(ls "$out/x86")"
	done
}
