# SPDX-License-Identifier: GPL-2.0-only
#
# make install: DESTDIR and prefix, the command, its manual and its completion.

# shellcheck disable=SC2154 # shared with package.sh
load package.sh

setup()
{
	setup_package
	dest="$BATS_TEST_TMPDIR/dest"
}

install_to()
{
	make -C "$top" install DESTDIR="$dest" "$@" > "$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
}

# What completion offers for the last word of a command line.
offers()
{
	(cd "$top" && bash -c '
		. package/completion.bash
		COMP_LINE=$1
		COMP_POINT=${#1}
		read -ra words <<< "$1"
		[[ $1 == *" " ]] && words+=("")
		last=${words[-1]}
		_kvm_conformance ./run_tests.sh "${last##*:}" "${words[-2]}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$1")
}

@test "DESTDIR and prefix are honoured, and nothing is put anywhere else" {
	install_to prefix=/opt/it
	[ -z "$(cd "$dest" && find . ! -type d | grep -v '^./opt/it/')" ]
	for file in bin/kvm-conformance share/man/man1/run_tests.sh.1 \
		share/man/man1/kvm-conformance.1 libexec/kvm-conformance/run_kselftest.sh \
		share/bash-completion/completions/kvm-conformance; do
		[ -s "$dest/opt/it/$file" ]
	done
	rm -r "$dest"
	install_to
	[ -x "$dest/usr/local/bin/kvm-conformance" ]
}

@test "what is installed runs, from anywhere, and leaves nothing where it stands" {
	# A prefix of its own, as if there were no DESTDIR.
	make -C "$top" install prefix="$BATS_TEST_TMPDIR/it's" > /dev/null
	cd /
	run "$BATS_TEST_TMPDIR/it's/bin/kvm-conformance" --list
	[ "$status" -eq 0 ]
	[ "$output" = "$("$top/run_tests.sh" --list)" ]
	run "$BATS_TEST_TMPDIR/it's/bin/kvm-conformance" -o "$BATS_TEST_TMPDIR/out" 'pio_rip:pio.out_*'
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	# Its results go where a user's state is kept.
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	run "$BATS_TEST_TMPDIR/it's/bin/kvm-conformance" 'pio_rip:pio.out_*'
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	[ -s "$XDG_STATE_HOME/kvm-conformance/latest/results.json" ]
	[ ! -e "$BATS_TEST_TMPDIR/it's/libexec/kvm-conformance/kvm-conformance/results" ]
	run "$BATS_TEST_TMPDIR/it's/bin/kvm-conformance" --machine amd
	[ "$status" -eq 2 ]
	[ "$output" = "run_tests.sh: the emulated machines are not in this copy, but where the suite is built" ]
}

@test "a second installation keeps the results of the first" {
	install_to prefix=/usr
	results=$dest/usr/libexec/kvm-conformance/kvm-conformance/results
	mkdir "$results"
	echo kept > "$results/file"
	install_to prefix=/usr
	[ "$(cat "$results/file")" = kept ]
}

@test "the manual is one, and has every option that --help has" {
	install_to
	man=$dest/usr/local/share/man/man1/run_tests.sh.1
	# No date: the same source gives the same page.
	[ -z "$(mandoc -T lint -W warning "$man" | grep -v 'missing date')" ]
	mandoc -T ascii "$man" | col -b > "$BATS_TEST_TMPDIR/text"
	"$top/run_tests.sh" --help | grep -oE '^  --?[a-z-]+' | while read -r option; do
		echo "$option"
		grep -qE -e "^ +(.*, )?$option( |,|\$)" "$BATS_TEST_TMPDIR/text"
	done
	for section in NAME SYNOPSIS OPTIONS ENVIRONMENT "EXIT STATUS"; do
		grep -qx "$section" "$BATS_TEST_TMPDIR/text"
	done
	# The same with each awk.
	for awk in gawk mawk "busybox awk"; do
		"$top/run_tests.sh" --help | $awk -f "$top/package/man.awk" | cmp - "$man"
	done
}

@test "completion offers options, tests, cases, and values" {
	offers "./run_tests.sh --re" | grep -qx -e --require
	offers "./run_tests.sh --n" | grep -qx -e --nodes
	[ "$(offers "./run_tests.sh --mach")" = --machine ]
	[ "$(offers "./run_tests.sh --machine am" | tr '\n' ' ')" = "amd amd-bochs " ]
	offers "./run_tests.sh --machine " | tr '\n' ' ' |
		grep -qxF "$(sed -n 's/.*--machine: there are \(.*\), not .*/\1 /p' \
			"$top/emulator/machine_options.sh" | sed 's/ and/,/; s/,//g')"
	[ "$(offers "./run_tests.sh --require zen")" = zen5 ]
	[ -z "$(offers "./run_tests.sh --repeat ")" ]
	[ "$(offers "./run_tests.sh x86/pio_ri")" = x86/pio_rip ]
	offers "./run_tests.sh " | grep -qx x86
	# Behind the colon, where readline begins a word.
	offers "./run_tests.sh x86/pio_rip:" | sed 's|^|x86/pio_rip:|' |
		diff - <("$top/run_tests.sh" --list x86/pio_rip)
}
