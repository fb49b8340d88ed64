# SPDX-License-Identifier: GPL-2.0-only
#
# A binary that our runner has not started, as who runs each entry of kselftest-list.txt by himself
# has it: it applies known_issues, and ends with a status that says what came of it.

# shellcheck disable=SC2154 # shared with package.sh
load package.sh

some_tests="svm/bus_lock_reload x86/bus_lock_exit x86/pio_forms x86/pio_rip x86/vm_types"

setup()
{
	setup_package
	archive=$BATS_TEST_TMPDIR/k
	unpack "$archive"
	unset KVMCONF_RUNNER
}

@test "a binary alone ends with 0, 1 or 4, and applies known_issues" {
	cd "$archive/kvm-conformance"
	./run_tests.sh -o out $some_tests > ours || [ $? -eq 4 ]
	for test in $some_tests; do
		status=0
		"./$test" > alone 2> /dev/null || status=$?
		case $(grep -o "\"id\": \"$test\", \"verdict\": \"[a-z]*\"" out/results.json) in
		*pass*) [ "$status" -eq 0 ] ;;
		*skip*) [ "$status" -eq 4 ] ;;
		*) false ;;
		esac
		grep -oE '^(not )?ok [0-9]+ [^ ]*( # (SKIP|XFAIL|XPASS))?' alone > results
		grep -oE "^# (not )?ok [0-9]+ [^ ]*( # (SKIP|XFAIL|XPASS))?" ours | sed 's/^# //' > all
		[ -z "$(grep -vxFf all results)" ]
	done
}

@test "without known_issues, or with others, a binary alone knows other issues" {
	cd "$archive/kvm-conformance"
	alone() { x86/vm_types 2> /dev/null > alone || true; grep -c "^ok .* # $1 " alone || true; }
	[ "$(alone X)" = 0 ]
	printf '%s\n' '# a comment' '' 'x86/vm_types:type.*.is_taken_if_listed | * | * | ref#1 | why' \
		> known_issues
	[ "$(alone XPASS)" = "$(grep -c '^ok' alone)" ]
	grep -q '# XPASS ref\\x231: why$' alone
	cd x86
	PATH=.:$PATH vm_types 2> /dev/null | grep -q '# XPASS '
	ln -s "$PWD/vm_types" "$BATS_TEST_TMPDIR/linked"
	"$BATS_TEST_TMPDIR/linked" 2> /dev/null | grep -q '# XPASS '
	cd ..
	for line in "x86/vm_types:* | -4.1 | * | ref | why" "x86/vm_types:* | * | amd | ref | why" \
		"x86/vm_types | * | * | ref | why" "x86/pio_rip:* | * | * | ref | why"; do
		echo "$line" > known_issues
		[ "$(alone X)" = 0 ]
	done
	KVMCONF_MACHINE=amd
	export KVMCONF_MACHINE
	echo "x86/vm_types:* | * | amd | ref | why" > known_issues
	[ "$(alone XPASS)" = "$(grep -c '^ok' alone)" ]
	printf 'x86/vm_types:* | * | amd | ref\n' > known_issues
	x86/vm_types 2>&1 | grep -q '^# known_issues:1: 4 fields where 5 are due'
	rm known_issues
	[ "$(alone X)" = 0 ]
}

# lib.mk puts all binaries into one directory, with known_issues beside them.
@test "installed as a kernel tree installs it, a binary finds known_issues beside it" {
	mkdir "$BATS_TEST_TMPDIR/flat"
	cd "$BATS_TEST_TMPDIR/flat"
	cp "$archive/kvm-conformance/x86/vm_types" .
	echo "x86/vm_types:* | * | * | ref | why" > known_issues
	./vm_types 2> /dev/null | grep -q '# XPASS ref: why'
}
