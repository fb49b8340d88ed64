# SPDX-License-Identifier: GPL-2.0-only
#
# The whole way through LAVA, with Debian's own dispatcher: its job, its boot, its shell, our
# test definition, its results. Not a part of "make check": make check-lava.

setup_file()
{
	export top lava log
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	[ "$(id -u)" = 0 ] || skip "needs root, for chroot"
	# A copy, for the dispatcher writes where it is.
	lava=$BATS_FILE_TMPDIR/lava
	log=$BATS_FILE_TMPDIR/log
	cp -a "$("$BATS_TEST_DIRNAME/dispatcher.sh")" "$lava"
	"$top/lava/prepare.sh" "$lava/srv/kvm-conformance"
	cp "$BATS_TEST_DIRNAME/device.yaml" "$lava/srv"
	echo 'dispatcher_ip: 127.0.0.1' > "$lava/srv/dispatcher.yaml"
	mkdir "$lava/opt/qemu"
	cp -L "$("$top/emulator/qemu/build.sh")"/* "$lava/opt/qemu"
	ln -s /opt/qemu/qemu-system-x86_64 "$lava/usr/local/bin"
}

# lava_run JOB: in namespaces of its own, so that no mount and no process outlives it.
lava_run()
{
	unshare --mount --pid --fork --kill-child sh -c '
		for dir in dev sys; do
			mount --rbind "/$dir" "$1/$dir" || exit
		done
		mount -t proc proc "$1/proc" &&
		exec chroot "$1" env -i PATH="$PATH" LC_ALL=C.UTF-8 lava-run --job-id 1 \
			--output-dir /srv/out --device /srv/device.yaml \
			--dispatcher /srv/dispatcher.yaml "/srv/kvm-conformance/$2"' - "$lava" "$1" \
		> "$log" 2>&1
}

# Its log is YAML, for which the dispatcher has brought what reads it.
results() { chroot "$lava" python3 -c "$(cat "$BATS_TEST_DIRNAME/results.py")" < "$log"; }

expected() { "$top/run_tests.sh" --print-expected "$@" | sed '1d; s/^- //' | LC_ALL=C sort; }

@test "the whole suite: LAVA's results are those of --list, and none failed" {
	status=0
	lava_run job.yaml || status=$?
	grep '"lvl": "error"' "$log" || true
	results | grep -v ' pass$' | grep -v ' skip$' || true
	results | awk '{ n[$3]++ } END { for (r in n) print r, n[r] }'
	[ "$status" -eq 0 ]
	results | cut -d ' ' -f 2 | LC_ALL=C sort > "$BATS_TEST_TMPDIR/ids"
	expected | diff - "$BATS_TEST_TMPDIR/ids"
	# Those of --list, and of their binaries.
	"$top/run_tests.sh" --list | tr '/:' '..' | LC_ALL=C sort |
		LC_ALL=C comm -13 "$BATS_TEST_TMPDIR/ids" - > "$BATS_TEST_TMPDIR/missing"
	[ ! -s "$BATS_TEST_TMPDIR/missing" ]
	[ -z "$(results | grep -vE ' (pass|skip)( |$)')" ]
	# What was measured has come, too.
	results | grep -E '^- [^ ]*\.exits_are_one_a_step_and_have_a_cost pass [0-9.]+ ns$'
	# The machine has what the suite is about.
	results | grep -qx -e '- svm.bus_lock_reload pass'
}

@test "what the job expects and nobody reports is a failure" {
	{
		sed '/^          expected:/,$d' "$lava/srv/kvm-conformance/job.yaml"
		echo '            ARGUMENTS: x86/vm_types'
		"$top/run_tests.sh" --print-expected x86/vm_types x86/pio_forms | sed 's/^/          /'
	} > "$lava/srv/kvm-conformance/less.yaml"
	lava_run less.yaml || true
	expected x86/vm_types x86/pio_forms | diff - <(results | cut -d ' ' -f 2 | LC_ALL=C sort)
	results | grep -q '^- x86.vm_types pass$'
	results | grep ' x86.pio_forms' > "$BATS_TEST_TMPDIR/missing"
	[ -z "$(grep -v ' fail$' "$BATS_TEST_TMPDIR/missing")" ]
}
