# SPDX-License-Identifier: GPL-2.0-only
#
# Where results go, and what happens where they cannot.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/first f.one <<-'EOT'
		f_one() { echo "# talks"; }
	EOT
	binary x86/second s.one s.two <<-'EOT'
		s_one() { [ -z "${FILL:-}" ] || head -c 100000000 /dev/zero > "$FILL" 2> /dev/null; [ -z "${DELETE:-}" ] || rm -rf "$DELETE"; [ -z "${CREATE:-}" ] || { rm -f "$CREATE"; mkdir "$CREATE"; }; }
		s_two() { head -c 20000 /dev/zero | tr '\0' x | fold -w 60; return 1; }
	EOT
	binary x86/third t.one <<-'EOT'
		t_one() { :; }
	EOT
}

run_all()
{
	status=0
	runner "$@" > "$out.tap" 2> "$out.err" || status=$?
	grep -v '| ' "$out.tap" || true
	cat "$out.err"
}

# All that a run's output must have, wherever it was kept.
complete_tap()
{
	grep -oE '^(# )?(not )?ok [0-9]+ [^#]*[^# ]' "$1" | diff - /dev/fd/4 4<<-'EOT'
		# ok 1 f.one
		ok 1 selftests: kvm-conformance: first
		# ok 1 s.one
		# not ok 2 s.two
		not ok 2 selftests: kvm-conformance: second
		# ok 1 t.one
		ok 3 selftests: kvm-conformance: third
	EOT
	grep -q '^# Totals: pass:3 fail:1 ' "$1"
}

@test "-o DIR gets one log a binary, results.json and the output" {
	run_all -o "$out/in/a new 'place'"
	same 1 "$status"
	cd "$out/in/a new 'place'"
	same ".lock output.tap results.json x86 x86/first.log x86/second.log x86/third.log" \
		"$(find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
	cmp output.tap "$out.tap"
	$python -m json.tool results.json > /dev/null
	grep -q '^[0-9.]*	o	# talks$' x86/first.log
	same "x	exit 1" "$(tail -n 2 x86/second.log | head -n 1 | cut -f 2-)"
	grep -q '"release": "7.3.4-made-up"' results.json
	cd /
	rm -r "$out"
	# Relative, with a dash, and with what an earlier run left.
	mkdir -p "$out/-x" "$out/elsewhere/-x"
	echo stale | tee "$out/-x/results.json" > "$out/-x/output.tap"
	cd "$out"
	CDPATH=$out/elsewhere run_all -o -x
	complete_tap ./-x/output.tap
	$python -m json.tool ./-x/results.json > /dev/null
	cd /
}

@test "the default is a fresh directory below results/, also twice in a second" {
	rm -rf "$suite/results"
	run_all first
	first=$(readlink "$suite/results/latest")
	run_all third
	latest=$(readlink "$suite/results/latest")
	[ "$latest" != "$first" ]
	[ -e "$suite/results/$first/x86/first.log" ]
	[ -e "$suite/results/latest/x86/third.log" ]
	# All names of the next minute are taken, and so are some of the next choice.
	now=$(date +%s)
	for second in $(seq 0 60); do
		name=$(date -d "@$((now + second))" +%Y%m%d-%H%M%S)
		mkdir -p "$suite/results/$name" "$suite/results/$name-2"
	done
	run_all first
	case $(readlink "$suite/results/latest") in
	*-*-3) ;;
	*) return 1 ;;
	esac
}

@test "--keep removes the oldest results of runs without -o, but none that a run still writes" {
	run_all first
	for day in 01 02 03 04; do
		mkdir -p "$suite/results/202601$day-000000/x86"
		touch "$suite/results/202601$day-000000/.lock" "$suite/results/202601$day-000000/x86/a.log"
	done
	mkdir "$suite/results/mine" "$suite/results/20260101-0000"
	exec 8< "$suite/results/20260102-000000/.lock"
	flock 8
	run_all --keep 3 first
	exec 8<&-
	for name in 20260101-0000 20260102-000000 20260104-000000 mine; do
		[ -d "$suite/results/$name" ]
	done
	[ -e "$suite/results/latest/results.json" ]
	[ ! -e "$suite/results/20260101-000000" ]
	[ ! -e "$suite/results/20260103-000000" ]
}

@test "an installed suite keeps its results below XDG_STATE_HOME, and --report finds them" {
	: > "$suite/installed"
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state HOME=$BATS_TEST_TMPDIR/home
	run_all third
	same 0 "$status"
	[ -e "$XDG_STATE_HOME/kvm-conformance/latest/results.json" ]
	unset XDG_STATE_HOME
	run_all third
	[ -e "$HOME/.local/state/kvm-conformance/latest/results.json" ]
	(unset HOME; cd "$BATS_TEST_TMPDIR" && run_all third)
	[ -e "$BATS_TEST_TMPDIR/results/latest/results.json" ]
	[ ! -e "$suite/results" ]
	cp -r "$project/report" "$suite"
	mkdir "$out"
	"$suite/run_tests.sh" --report "$out/page.html"
	grep -q 'third' "$out/page.html"
}

@test "-o where nobody can write is refused before anything runs" {
	: > "$BATS_TEST_TMPDIR/file"
	for place in "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/file/below" /proc/no/such; do
		run_all -o "$place"
		same 2 "$status"
		same "run_tests.sh: -o $place: cannot write there" "$(cat "$out.err")"
		[ ! -s "$out.tap" ]
	done
}

@test "-o where the user may not go is refused by its name" {
	[ "$(id -u)" = 0 ] || skip "needs root, to become somebody else"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	mkdir -m 0 "$BATS_TEST_TMPDIR/closed"
	within="$(command -v setpriv) --reuid 65534 --clear-groups"
	run_all -o "$BATS_TEST_TMPDIR/closed"
	same 2 "$status"
	same "run_tests.sh: -o $BATS_TEST_TMPDIR/closed: cannot write there" "$(cat "$out.err")"
}

@test "nothing that was there before is evidence, and no pipe in a log's place stops a run" {
	mkdir -p "$out/x86"
	echo "of another run" | tee "$out/x86/second.2.log" > "$out/x86/first.log"
	mkfifo "$out/x86/second.log" "$out/x86/third.log"
	run_all -o "$out"
	same 1 "$status"
	complete_tap "$out.tap"
	same "" "$(find "$out" -type p)"
	same "" "$(grep -rl "of another run" "$out")"
	same "first.log second.log third.log " "$(ls "$out/x86" | tr '\n' ' ')"
}

@test "a run into a used directory leaves no log that its results do not name" {
	run_all --repeat 2 -o "$out"
	[ -e "$out/x86/second.1.log" ]
	run_all -o "$out" third
	same 0 "$status"
	same "./output.tap ./x86/third.log" \
		"$(cd "$out" && find . -name '*.log' -o -name '*.tap' | sort | tr '\n' ' ' | sed 's/ $//')"
	# What is no run's stays.
	mkdir "$out.mine"
	touch "$out.mine/my.log"
	run_all -o "$out.mine" third
	[ -e "$out.mine/my.log" ]
}

@test "-o DIR where another run puts its results is refused until that ends" {
	binary x86/waits w.one w.two <<-'EOT'
		w_one() { : > "$UP"; while [ -e "$UP" ]; do sleep 0.05; done; }
		w_two() { echo "# talks"; return 1; }
	EOT
	export UP="$out.up"
	exec_runner -o "$out" waits > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$UP" ]
	find "$out" -type f | LC_ALL=C sort > "$out.files"
	# By whatever name; and what is there is left alone.
	ln -sfn "$out" "$out.link"
	for place in "$out" "$out.link" "$out/../${out##*/}"; do
		status=0
		runner -o "$place" third > "$out.second" 2> "$out.second_err" || status=$?
		same 2 "$status"
		same "run_tests.sh: -o $place: another run puts its results there" \
			"$(cat "$out.second_err")"
		[ ! -s "$out.second" ]
	done
	find "$out" -type f | LC_ALL=C sort | diff "$out.files" -
	rm "$UP"
	status=0
	wait $pid || status=$?
	same 1 "$status"
	same fail "$(member x86/waits:w.two verdict)"
	grep -q '	# talks$' "$out/x86/waits.log"
	# A process that a killed run leaves has no hold on it either, once it is gone.
	exec_runner -o "$out" waits > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$UP" ]
	kill -KILL $pid
	wait $pid || true
	taken() { runner -o "$out" third > "$out.second" 2>&1; }
	eventually taken
	same pass "$(member x86/third:t.one verdict)"
	rm "$UP"
}

@test "where results/ is read-only, a warning and a directory below TMPDIR" {
	need_mounts
	cat > "$BATS_TEST_TMPDIR/mounts" <<-'EOT'
		suite=$1
		shift
		/bin/mount --bind "$suite" "$suite" && /bin/mount -o remount,ro,bind "$suite" && exec "$@"
	EOT
	ln -s "$suite" "$BATS_TEST_TMPDIR/suite"
	within="$(command -v unshare) -m /bin/sh $BATS_TEST_TMPDIR/mounts $BATS_TEST_TMPDIR/suite"
	mkdir -p "$out.tmp"
	TMPDIR=$out.tmp run_all
	same 1 "$status"
	place=$(echo "$out.tmp"/*)
	same "run_tests.sh: cannot write to $(cd "$suite" && pwd -P)/results: results go to $place" "$(cat "$out.err")"
	complete_tap "$place/output.tap"
	run_all -o "$suite/results"
	same 2 "$status"
}

# A full disk of our own, copied to $out.disk when the run is over.
on_small_disk()
{
	need_mounts
	cat > "$BATS_TEST_TMPDIR/mounts" <<-'EOT'
		disk=$1
		shift
		/bin/mount -t tmpfs -o size=64k none "$disk" || exit 99
		[ -z "${FULL:-}" ] || head -c 100000 /dev/zero > "$disk/fill" 2> /dev/null
		"$@"
		status=$?
		cp -R "$disk" "$disk.kept"
		exit $status
	EOT
	within="$(command -v unshare) -m /bin/sh $BATS_TEST_TMPDIR/mounts $out.disk"
	rm -rf "$out.disk" "$out.disk.kept"
	mkdir "$out.disk"
	run_all -o "$out.disk"
}

@test "a disk that fills up costs logs, not results: the output is whole, status 3" {
	FILL=$out.disk/fill on_small_disk
	same 3 "$status"
	complete_tap "$out.tap"
	same pass:f.one "pass:$(sed -n 's/^# ok 1 \(f.one\)$/\1/p' "$out.tap")"
	[ ! -e "$out.disk.kept/results.json" ] || $python -m json.tool "$out.disk.kept/results.json"
}

@test "a disk that is full from the start is refused" {
	FULL=yes on_small_disk
	same 2 "$status"
	same "run_tests.sh: -o $out.disk: cannot write there" "$(cat "$out.err")"
}

@test "a test that deletes the results cannot hide them" {
	DELETE=$out run_all -o "$out"
	same 3 "$status"
	complete_tap "$out.tap"
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/first:f.one pass
		x86/second:s.one pass
		x86/second:s.two fail
		x86/third:t.one pass
		x86/first pass
		x86/second fail
		x86/third pass
	EOT
}

@test "where results.json is a directory: refused at the start, status 3 at the end" {
	mkdir -p "$out/before/results.json"
	run_all -o "$out/before"
	same 2 "$status"
	grep -q "^run_tests.sh: -o .*: cannot write there" "$out.err"
	same 0 "$(find "$out/before/results.json" -mindepth 1 | wc -l)"
	CREATE=$out/during/results.json run_all -o "$out/during"
	same 3 "$status"
	complete_tap "$out.tap"
	grep -q "results.json could not be written to $out/during" "$out.err"
}

@test "output that goes nowhere is status 3, and the results are kept" {
	status=0
	runner -o "$out" > /dev/full || status=$?
	same 3 "$status"
	complete_tap "$out/output.tap"
	same fail "$(member x86/second:s.two verdict)"
	{ runner -o "$out" || echo $? > "$out.status"; } | head -n 1 > /dev/null
	same 3 "$(cat "$out.status")"
	complete_tap "$out/output.tap"
	rm -r "$out"
	status=0
	runner -o "$out" >&- 2> "$out.err" || status=$?
	same 3 "$status"
	complete_tap "$out/output.tap"
	same "run_tests.sh: the output could not be written: Bad file descriptor" "$(cat "$out.err")"
	status=0
	runner -o "$out" <&- >&- 2>&- || status=$?
	same 3 "$status"
	complete_tap "$out/output.tap"
}
