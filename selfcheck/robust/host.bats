# SPDX-License-Identifier: GPL-2.0-only
#
# The real suite, on this machine's /dev/kvm, where it is made uncomfortable: every test has
# its result, and it is a verdict over KVM and not over the surroundings.

setup_file()
{
	export plain=$BATS_FILE_TMPDIR/plain confine=$BATS_FILE_TMPDIR/confine
	gcc -static -O2 -Wall -Wextra -Werror -o "$confine" "$BATS_TEST_DIRNAME/confine.c"
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 0
	cd "$BATS_TEST_DIRNAME/../.."
	./run_tests.sh -o "$plain" > "$plain.tap" || [ $? -eq 4 ]
}

setup()
{
	cd "$BATS_TEST_DIRNAME/../.."
	{ [ -r /dev/kvm ] && [ -w /dev/kvm ]; } || skip "no usable /dev/kvm"
	out=$BATS_TEST_TMPDIR/out
	tap=$BATS_TEST_TMPDIR/tap
	err=$BATS_TEST_TMPDIR/err
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES
}

teardown()
{
	[ -z "${runner:-}" ] || kill -KILL "$runner" 2> /dev/null || true
	[ -z "${cgroup:-}" ] || rmdir "$cgroup" 2> /dev/null || true
}

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

# For sh -c: /dev as containers have it, made at $1, in a namespace of mounts.
contained='
	dev=$1
	shift
	mkdir "$dev" && mount -t tmpfs tmpfs "$dev" || exit
	for node in null zero full random urandom tty kvm; do
		cp -a "/dev/$node" "$dev" || exit
	done
	mkdir "$dev/shm" && mount -t tmpfs tmpfs "$dev/shm" && mount --move "$dev" /dev &&
		mount --bind /dev/null /proc/kmsg || exit
'

# under COMMAND..: run the suite with its results in $out, and leave $status.
under()
{
	status=0
	"$@" > "$tap" 2> "$err" 3>&- || status=$?
	cat "$err"
	grep -E '^(# )?not ok|^# Totals' "$tap" || true
	echo "status: $status"
}

verdicts() { sed -n 's/.*"id": "\([^"]*:[^"]*\)", "verdict": "\([^"]*\)".*/\1 \2/p' "$1/results.json"; }

is_complete()
{
	python3 -m json.tool "$out/results.json" > /dev/null
	[ "$(verdicts "$out" | cut -d ' ' -f 1)" = "$(verdicts "$plain" | cut -d ' ' -f 1)" ]
	[ "$(grep -cE '^# (not )?ok ' "$tap")" -eq "$(verdicts "$plain" | wc -l)" ]
}

# What passed still passes, or is skipped for one of these reasons.
nothing_but_skips()
{
	reasons=$1
	is_complete
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	verdicts "$plain" | diff - <(verdicts "$out") | sed -n 's/^> //p' > "$BATS_TEST_TMPDIR/changed"
	cat "$BATS_TEST_TMPDIR/changed"
	[ -z "$(grep -v ' skip$' "$BATS_TEST_TMPDIR/changed")" ]
	while read -r id _; do
		grep -F "{\"id\": \"$id\"" "$out/results.json" | grep -E "\"reason\": \"($reasons)\""
	done < "$BATS_TEST_TMPDIR/changed"
}

@test "with more binaries at once than there are CPUs the verdicts are the same" {
	under ./run_tests.sh -o "$out" -j $((8 * $(nproc)))
	verdicts "$plain" | diff - <(verdicts "$out")
}

@test "a thousand runs in a row are counted, and none differs" {
	under ./run_tests.sh -o "$out" --repeat 1000 x86/vm_types:type.default_vm.is_taken_if_listed
	[ "$status" -eq 0 ]
	grep -qx '# repeated: 1000 runs of each binary' "$tap"
	grep -qx '# Flaky: 0 of 1 cases' "$tap"
	grep -qF '"runs": {"pass": 1000}' "$out/results.json"
	[ "$(ls "$out/x86")" = vm_types.log ]
}

@test "two runs at the same time do not disturb each other" {
	./run_tests.sh -o "$out.other" > /dev/null 2>&1 3>&- &
	runner=$!
	under ./run_tests.sh -o "$out"
	wait "$runner" || [ $? -eq 4 ]
	runner=
	verdicts "$plain" | diff - <(verdicts "$out")
	verdicts "$plain" | diff - <(verdicts "$out.other")
}

@test "under a container's seccomp filter and without privileges nothing fails" {
	need_root
	under setpriv --bounding-set -all --inh-caps -all "$confine" container ./run_tests.sh -o "$out"
	nothing_but_skips "permission|no-pmu|no-tracepoints|no-kmsg|one-node|no-msr"
}

# All distributions of the last ten years have newer kernels, or that one.
@test "with no system call younger than Linux 3.10 the verdicts are the same" {
	under "$confine" old ./run_tests.sh -o "$out"
	verdicts "$plain" | diff - <(verdicts "$out")
}

@test "in a container's /dev, without tracefs and the kernel's log, nothing fails" {
	need_root
	under unshare --mount sh -c "$contained"'
		for dir in /sys/kernel/tracing /sys/kernel/debug; do
			[ ! -d "$dir" ] || mount -t tmpfs tmpfs "$dir" || exit
		done
		exec "$@"' - "$BATS_TEST_TMPDIR/dev" ./run_tests.sh -o "$out"
	nothing_but_skips "no-tracepoints|no-kmsg|no-msr"
	grep -q '^# kernel log: not watched: ' "$tap"
}

@test "with little memory nothing fails" {
	need_root
	if [ -d /sys/fs/cgroup/memory ]; then
		cgroup=/sys/fs/cgroup/memory/kvm-conformance-$$
		limit=memory.limit_in_bytes
	else
		cgroup=/sys/fs/cgroup/kvm-conformance-$$
		limit=memory.max
	fi
	mkdir "$cgroup" 2> /dev/null || skip "no cgroup to be made here"
	echo 67108864 > "$cgroup/$limit" || skip "no memory limit in cgroups here"
	under sh -c 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
		./run_tests.sh -o "$out"
	nothing_but_skips "no-memory"
}

@test "/dev/kvm that vanishes in mid-run is an error, and nothing is missing" {
	need_root
	unshare --mount sh -c "$contained"'exec "$@"' - "$BATS_TEST_TMPDIR/dev" \
		./run_tests.sh -o "$out" > "$tap" 2> "$err" 3>&- &
	runner=$!
	until grep -q '^ok 2 ' "$out/output.tap" 2> /dev/null; do
		kill -0 "$runner"
		sleep 0.05
	done
	nsenter --mount --target "$runner" rm /dev/kvm
	status=0
	wait "$runner" || status=$?
	runner=
	[ "$status" -eq 1 ]
	is_complete
	last=$(verdicts "$plain" | sed -n '$s/ .*//p')
	grep -F "{\"id\": \"$last\", \"verdict\": \"error\"" "$out/results.json" |
		grep -F 'KVM was there when the run began, and is gone: no-kvm: '
}

@test "while another hypervisor has the CPU all is skipped, and that is said" {
	under "$confine" busy ./run_tests.sh -o "$out"
	[ "$status" -eq 4 ]
	is_complete
	[ -z "$(verdicts "$out" | grep -v ' skip$')" ]
	grep -q '^run_tests.sh: no test can run: /dev/kvm is busy' "$err"
	# A binary by itself says so, too.
	run "$confine" busy x86/pio_forms
	[ "$status" -eq 4 ]
	[[ "$output" = *'# no-kvm: /dev/kvm is busy'* ]]
}

# Commas for points, and an i whose capital is no I.
@test "no locale changes a byte" {
	locales=$BATS_TEST_TMPDIR/locales
	mkdir "$locales"
	for locale in de_DE tr_TR; do
		localedef -i "$locale" -f UTF-8 "$locales/$locale.UTF-8" || skip "no locales to be made"
	done
	# Times differ, and are not in the output.
	strip() { sed 's|^# results: .*||; s|"seconds": [0-9.]*||; s|"started": "[^"]*"||' "$1"; }

	LC_ALL=C under ./run_tests.sh -o "$out" x86/pio_rip x86/vm_types
	strip "$tap" > "$tap.want"
	for locale in de_DE.UTF-8 tr_TR.UTF-8 xx_XX.UTF-8; do
		echo "$locale"
		LOCPATH=$locales LC_ALL=$locale under ./run_tests.sh -o "$out.$locale" \
			x86/pio_rip x86/vm_types
		strip "$tap" | diff "$tap.want" -
		diff <(strip "$out/results.json") <(strip "$out.$locale/results.json")
		python3 -m json.tool "$out.$locale/results.json" > /dev/null
	done
}

@test "no name of a directory disturbs it" {
	make -s gen_tar > "$BATS_TEST_TMPDIR/log" 2>&1
	hostile=$BATS_TEST_TMPDIR/$(printf -- '-n $(date) `x` %%s\t\\ "it\x27s" *?[a] \xff\nok 1 forged')
	mkdir -p -- "$hostile"
	tar -C "$hostile" -xf kvm-conformance.tar.xz
	cd -- "$hostile"
	under ./run_kselftest.sh -t kvm-conformance:x86/vm_types
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok 1 ' "$tap")" -eq 1 ]
	[ -s "$hostile/kvm-conformance/results/latest/results.json" ]
	under kvm-conformance/run_tests.sh -o "$hostile/-o" x86/vm_types
	[ "$status" -eq 0 ]
	python3 -m json.tool "$hostile/-o/results.json" > /dev/null
}
