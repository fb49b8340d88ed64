# SPDX-License-Identifier: GPL-2.0-only
#
# What a reader of the sources would otherwise have to check by eye.

setup()
{
	cd "$BATS_TEST_DIRNAME/.." || return 1
}

sources() { git ls-files "$@"; }

@test "shellcheck has nothing to say about the shell scripts" {
	sources '*.sh' '*.bash' '*/init' .ci/run | xargs shellcheck -x
}

@test "shellcheck has nothing to say about the bats files" {
	# What a file loads, shellcheck does not see; a failed cd ends a bats test.
	sources '*.bats' | xargs shellcheck -s bats -S warning -e SC2154,SC2034,SC2164
}

@test "cppcheck has nothing to say about the C sources" {
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -Ilib \
		--enable=warning,performance,portability \
		--suppress=missingInclude --suppress=missingIncludeSystem \
		--suppress=unknownMacro --suppress=internalAstError \
		--suppress=normalCheckLevelMaxBranches \
		lib x86 svm vmx tdx selfcheck
}

@test "every source file begins with the licence" {
	missing=$(sources '*.c' '*.h' '*.S' '*.cc' '*.sh' '*.bash' '*.awk' '*.py' '*.bats' '*.css' '*.j2' \
		'*.yaml' '*/init' Makefile .ci/run |
		while read -r file; do
			head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' ||
				echo "$file"
		done)
	echo "$missing"
	[ -z "$missing" ]
}

@test "every skip reason that a test uses is one of the closed set" {
	unknown=$(sources 'x86/*.[ch]' 'svm/*.[ch]' 'vmx/*.[ch]' 'tdx/*.[ch]' 'lib/*.h' |
		xargs grep -hoE '(REQUIRE\([^"]*|SKIP\(return, )"[a-z0-9-]+[":]' |
		sed 's/.*"\([a-z0-9-]*\)[":]/\1/' | sort -u |
		while read -r reason; do
			./run_tests.sh --reasons | grep -q "^$reason " || echo "$reason"
		done)
	echo "$unknown"
	[ -z "$unknown" ]
}

@test "what a test can be skipped for is what it says that it needs" {
	./run_tests.sh --reasons > "$BATS_TEST_TMPDIR/all_reasons"
	selfcheck/needs.py tests.tsv "$BATS_TEST_TMPDIR/all_reasons" build/harness

	# A reason that is not declared, one that is never used, one that is no reason.
	awk -F '\t' -v OFS='\t' '$1 == "svm/bus_lock_nested_l1" { $5 = "no-cap, no-pmu, split-lock-detect" }
		$1 ~ /^svm/' tests.tsv > "$BATS_TEST_TMPDIR/tests.tsv"
	grep -v '^split-lock-detect' "$BATS_TEST_TMPDIR/all_reasons" > "$BATS_TEST_TMPDIR/reasons"
	run selfcheck/needs.py "$BATS_TEST_TMPDIR/tests.tsv" "$BATS_TEST_TMPDIR/reasons" build/harness
	echo "$output"
	[ "$status" -eq 1 ]
	at='svm/bus_lock_nested_l1.c: l1'
	echo "$output" | grep "^$at.is_not_offered_the_threshold can be skipped for no-nested: no Needs"
	echo "$output" | grep "^$at.is_not_offered_the_threshold is never skipped for no-pmu: has Needs"
	echo "$output" | grep "^${at}_setup(): \"split-lock-detect\" is no reason for a skip"
}

@test "ids are lower case and stay unique when a consumer mangles them" {
	if cut -f 1,2 tests.tsv | grep '[^a-z0-9_./[:space:]]'; then
		return 1
	fi
	clash=$(cut -f 1,2 tests.tsv | tr -c 'a-zA-Z0-9_\n-' '_' | sort | uniq -d)
	echo "$clash"
	[ -z "$clash" ]
}

@test "guest code uses no vector registers" {
	for test in $(cut -f 1 tests.tsv | sort -u); do
		objdump -d --no-show-raw-insn "build/$test.o" > "$BATS_TEST_TMPDIR/code"
		if grep -E '%[xyz]mm[0-9]' "$BATS_TEST_TMPDIR/code"; then
			return 1
		fi
	done
}

@test "each claim of a document has its section in the file coverage, and what is not covered says why" {
	./run_tests.sh --list --by source > "$BATS_TEST_TMPDIR/by_source"
	wrong=$(grep -A 3 'in no section of the file coverage' "$BATS_TEST_TMPDIR/by_source"
		grep -B 1 'none of these claims' "$BATS_TEST_TMPDIR/by_source"
		grep 'not covered' "$BATS_TEST_TMPDIR/by_source" | grep -v '^    not covered, because ') || true
	echo "$wrong"
	[ -z "$wrong" ]
	# Every claim is in the list, and in one class.
	./run_tests.sh --list | awk -F '[:.]' '{ print $1 ":" $2 "." $NF }' | sort -u > "$BATS_TEST_TMPDIR/claims"
	grep -o '^    [a-z0-9]*/.*' "$BATS_TEST_TMPDIR/by_source" | tr -d ' ' | sort -u |
		diff - "$BATS_TEST_TMPDIR/claims"
	abi=$(./run_tests.sh --list --only abi | wc -l)
	implementation=$(./run_tests.sh --list --only implementation | wc -l)
	[ $((abi + implementation)) -eq "$(wc -l < tests.tsv)" ]
	# No claim of the kernel's source names a document after all.
	wrong=$(./run_tests.sh --list -v --only implementation | grep '^    source: ' |
		grep -E '\.rst|APM|SDM|GHCB spec|GHCI|API 55766|TDX Module [AB]|\(2\)') || true
	echo "$wrong"
	[ -z "$wrong" ]
}

@test "the README is one screen, and the pages and folders that it and docs/ name are there" {
	[ "$(wc -l < README.md)" -lt 120 ]
	gone=$(grep -ohE '\b(docs|selfcheck|emulator|runner|lib|report|package|lava)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' README.md docs/*.md |
		sort -u | while read -r path; do
			[ -e "$path" ] || [ -e "${path%.*}.c" ] || ls "$path"* > /dev/null 2>&1 || echo "$path"
		done)
	echo "$gone"
	[ -z "$gone" ]
}

# uapi_headers: of this system, and of the kernel that is built for the emulated machines.
uapi_headers()
{
	for header in /usr/include/linux/kvm.h \
		"${XDG_CACHE_HOME:-$HOME/.cache}"/kvm-conformance/kernel-built/*/linux/include/uapi/linux/kvm.h; do
		[ ! -r "$header" ] || echo "$header"
	done
}

@test "every ioctl of x86's KVM has a row in the tables of tdx/" {
	[ -n "$(uapi_headers)" ]
	for header in $(uapi_headers); do
		selfcheck/ioctl_rows.sh "$header" tdx/ioctl_*.c
	done

	# A new ioctl, and a row that is gone.
	header=$BATS_TEST_TMPDIR/kvm.h
	cp "$(uapi_headers | tail -n 1)" "$header"
	printf '#define KVM_NEW_THING\t_IOWR(KVMIO,  0xfe, struct kvm_new_thing)\n' >> "$header"
	run selfcheck/ioctl_rows.sh "$header" tdx/ioctl_*.c
	[ "$status" -eq 1 ]
	[ "$output" = KVM_NEW_THING ]
	grep -v 'KVM_GET_LAPIC' tdx/ioctl_vcpu.c > "$BATS_TEST_TMPDIR/ioctl_vcpu.c"
	run selfcheck/ioctl_rows.sh "$(uapi_headers | tail -n 1)" tdx/ioctl_vm.c tdx/ioctl_device.c \
		"$BATS_TEST_TMPDIR/ioctl_vcpu.c"
	[ "$status" -eq 1 ]
	[ "$output" = KVM_GET_LAPIC ]
	run selfcheck/ioctl_rows.sh /dev/null tdx/ioctl_*.c
	[ "$status" -eq 2 ]
}
