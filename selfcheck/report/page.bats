# SPDX-License-Identifier: GPL-2.0-only
#
# --report: the page says what the results say.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

@test "each claim has a row: its text, its source, and what it came to in each run" {
	first one
	first two '{"kernel": "7.4.0"}'
	page "$out/one" "$out/two"
	same 0 "$status"
	row=$(see row x86_first_long_stays)
	same "long.stays claim of long.stays Source: source of long.stays $(printf '\342\211\210') xfail $(printf '\342\211\210') xfail" "$row"
	see row x86_first_global_skips | grep -q ' no-cap .* no-cap$'
	see text | grep -qx "A host, 7.3.4-made-up"
	see text | grep -qx "B host, 7.4.0"
	see text | grep -qx "TestCPU, family 25"
	see text | grep -qx "no-cap the kernel or the CPU does not have the capability: A 1 B 1"
	see text | grep -qx "2 none"
}

@test "the headline tells known failures and what was not tried, and not of these alone success" {
	headline() { see text | sed -n '/^[0-9]* claims\?, /{s/[^ -~]*//g;s/  */ /g;p;q}'; }
	first one
	page "$out/one"
	same "5 claims, 1 run: 1 case fails 1 known failure 2 of 5 passed 1 of 5 not tried: 1 no-cap" "$(headline)"
	same "kvm-conformance: 1 case fails, 1 known failure, 2 of 5 passed, 1 of 5 not tried: 1 no-cap; 5 claims, 1 run" \
		"$(see text | head -n 1)"
	results two "x86/b:c.a xfail/known moved" "x86/b:c.b skip/no-cap none" "x86/b:c.c skip/no-tdx none" \
		"x86/b:c.d skip/no-tdx none" "x86/b:c.e xpass/known" "x86/b pass" '{"status": 130}'
	page "$out/two"
	same "5 claims, 1 run: no unexpected failures 1 known failure + 1 known issue passed 3 of 5 not tried: 2 no-tdx, 1 no-cap" "$(headline)"
	see text | grep -qx "A host, 7.3.4-made-up ! ended with status 130"
	same "" "$(grep 'class="v pass"' "$out.html" || true)"
	# Of several runs each case's worst; and each by itself.
	page "$out/one" "$out/two"
	same "10 claims, 2 runs: 1 case fails in one run or more 2 known failures + 1 known issue passed 2 of 10 passed 4 of 10 not tried" "$(headline)"
	see text | grep -q "^B host, .* no unexpected failures .* 3 of 5 not tried: 2 no-tdx, 1 no-cap "
	results three "x86/b:c.a skip/no-kvm gone" "x86/b skip/no-kvm gone"
	page "$out/three"
	same "1 claim, 1 run: nothing was tried 1 of 1 not tried: 1 no-kvm" "$(headline)"
	results four "x86/b:c.a pass" "x86/b pass"
	page "$out/four"
	same "1 claim, 1 run: 1 of 1 passed" "$(headline)"
	see text | grep -qx "All was tried."
}

@test "failures come first, then what was not tried, then known issues" {
	first one
	page "$out/one"
	same "failures skips known runs claims measurements" \
		"$(grep -o '<section id="[a-z]*"' "$out.html" | cut -d '"' -f 2 | paste -sd ' ')"
}

@test "what is wrong with a run as a whole is a failure; so is a known issue that passes with --strict" {
	results one "x86/b:c.a pass" "x86/b pass" '{"problems": [{"verdict": "fail", "cause": "tdx-ledger: <pages> left"}]}'
	page "$out/one"
	see text | grep -q "^1 claim, 1 run: .* 1 problem of the run as a whole .* 1 of 1 passed$"
	see text | grep -q " fail tdx-ledger: <pages> left$"
	results two "x86/b:c.a xpass/known" "x86/b pass" '{"strict": true}'
	page "$out/two"
	see text | grep -q "^1 claim, 1 run: .* 1 case fails$"
	same 1 "$(grep -c 'id="failure-x86_b_c_a"' "$out.html")"
	see text | grep -q "xpass Passes, though known_issues has it"
	results three "x86/b:c.a xpass/known" "x86/b pass"
	page "$out/three"
	see text | grep -q "^1 claim, 1 run: .* no unexpected failures .* 1 known issue passed$"
}

@test "the suite's version is on the card, and runs of several versions are pointed out" {
	first one
	first two '{"version": "v2", "commit": "fedcba9876543210"}'
	page "$out/one" "$out/one"
	see text | grep -qx "v1.2-3-g0123456"
	same 0 "$(see text | grep -c "not all of one version")"
	page "$out/one" "$out/two"
	see text | grep -qx "v2 (fedcba987654)"
	see text | grep -q "^These runs are not all of one version of the suite"
}

@test "variants share a row, which counts them, and are told apart below it" {
	results one "x86/matrix:f.one.holds pass" "x86/matrix:f.two.holds fail moved" "x86/matrix:f.two.x.holds pass"
	page "$out/one"
	see row x86_matrix_f_holds | grep -q '3 variants one A [^ ]* pass two A [^ ]* fail two.x A [^ ]* pass [^ ]* 1 fail [^ ]* 2 pass$'
}

@test "a failure has its cause, its exits as pictures, what the test printed, and how to see it again" {
	first one
	page "$out/one"
	see text | grep -qx "x86/first.c:7: Expected 0 (0) == counter (1)"
	see svg | sed '/^vCPU/!d' | diff - /dev/fd/3 3<<-'EOT'
		vCPU 0: 19 exits: 17 L1 X86_BUS_LOCK flags BUS_LOCK, RIP 0x401f40 (guest_code+0x4); 18 L2 X86_BUS_LOCK flags BUS_LOCK|GUEST_MODE, RIP 0x401f40 (guest_code+0x4): unchanged; 19 L1 IO out port 0xc0f3 size 4 count 1, RIP 0x18000
		vCPU 1: 1 exits: 1 L1 HLT (stale), KVM_RUN: EINTR, RIP not known
	EOT
	see text | grep -qx "vCPU 0: 19 exits, the last 3"
	see text | grep -q "vCPU 2: 0 exits, the last of them: real.goes_on: Test failed$"
	see text | grep -qx "./run_tests.sh x86/first:real.goes_on"
	# Where the guest stayed, the line goes straight down; lanes stand in the order
	# of addresses.
	grep -q '<path class="trail" d="M28 14L28 73L12 147"/>' "$out.html"
	edit "$out/one" 'case("x86/first:real.goes_on")["kernel_log"] = ["<4> WARNING: here", "<4> there"]
r.update(required="zen,@my file", machine="amd", strict=True)
r["environment"]["machine"] = {"emulator": "QEMU"}'
	page "$out/one"
	see text | grep -qx "<4> WARNING: here <4> there"
	see text | grep -qx "./run_tests.sh --machine amd --require 'zen,@my file' --strict x86/first:real.goes_on"
	# Nothing but results.json is read.
	mkdir "$out/one/x86"
	mkfifo "$out/one/x86/first.log" "$out/one/environment.json"
	cp "$out.html" "$out.want"
	page "$out/one"
	cmp "$out.want" "$out.html"
}

@test "a failure has its registers, the bytes at RIP, and the silicon that it was seen on" {
	results one 'x86/b:c.a fail moved {"reproduce": "./run_tests.sh --smp 2 x86/b:c.a", "output": [
		"# vCPU 0: 1 exits, the last of them:", "#       1  HLT  flags 0  L1  rip 0x1",
		"#   registers: rax 0x1 rbx 0x2", "#   registers: rip 0x1 rflags 0x2",
		"#   bytes at 0x1: f0 48 83 00 01"]}' \
		'{"environment": {"cpu": {"name": "TestCPU", "microcode": "0xa101148",
			"cpuid": {"8000000a:0": "00000001 00008000 00000000 20000000"}},
		 "machine": {"bios": "AMI", "bios_version": "1.2", "bios_date": "04/01/2026", "board": "H13",
			"board_vendor": "Maker", "vendor": "Maker", "product": "Server"}}}'
	page "$out/one"
	see text | grep -q "vCPU 0: 1 exits, the last of them: registers: rax 0x1 rbx 0x2 registers: rip 0x1 rflags 0x2 bytes at 0x1: f0 48 83 00 01"
	see text | grep -q "^./run_tests.sh --smp 2 x86/b:c.a"
	see text | grep -q "Microcode 0xa101148; Board Maker Server H13; BIOS AMI 1.2 04/01/2026"
	see text | grep -q "8000000a:0 00000001 00008000 00000000 20000000"
}

@test "claims that a document promises are counted apart from those of the kernel's source" {
	results one 'x86/b:c.a fail moved {"class": "ABI"}' 'x86/b:c.b pass {"class": "ABI"}' \
		'x86/b:c.c xfail/known moved {"class": "implementation"}' \
		'x86/b:c.d missing required {"class": "implementation"}' 'x86/b:c.e skip/no-cap none {"class": "ABI"}'
	page "$out/one"
	see text | grep -qx "ABI, a document promises it: 1 not ok, 1 passed, 1 not tried, of 3"
	see text | grep -qx "Implementation, only the kernel's source says so: 1 not ok, 1 known failures, of 2"
	see text | grep -q "source of c.c (implementation)"
	see text | grep -q "^5 claims, 1 run: .* 1 case fails and 1 skipped though required "
	first two
	page "$out/two"
	same 0 "$(see text | grep -c 'a document promises')"
}

@test "an interrupted run has not failed: its cases are without a result, in one list" {
	results one "x86/b:c.a error interrupted" "x86/b error interrupted" "x86/d:c.a error interrupted" \
		"x86/d error interrupted" "x86/e:c.a fail moved" "x86/e:c.b timeout 60 s" "x86/e:c.c pass"
	page "$out/one"
	see text | grep -q "^5 claims, 1 run: [^ ]* 2 cases fail and 2 cases and 2 binaries without a result "
	same 1 "$(grep -c '<summary>2 cases and 2 binaries</summary>' "$out.html")"
}

@test "of several runs of a case it is told how often it failed" {
	results one 'x86/flaky:f.flakes fail moved (1 of 4 runs, the first was run 2) {"runs": {"fail": 1, "pass": 3},
		"output": ["# vCPU 0: 1 exits, the last of them:", "#       1  HLT  flags 0  L1  rip 0x1"]}' \
		'{"environment": {"run": {"repeat": "4"}}}'
	page "$out/one"
	see text | grep -q "fail 1 time of 4 in run A"
	see text | grep -qx "4 times"
	see text | grep -qx "./run_tests.sh --repeat 4 x86/flaky:f.flakes"
	see svg | grep -qx "vCPU 0: 1 exits: 1 L1 HLT, RIP 0x1"
}

@test "known issues stand with their why and a link, if it is one" {
	first one
	page "$out/one"
	see text | grep -qx "it is known to move"
	same "https://example.org/a?b=1&c=2" "$(see links)"
	edit "$out/one" 'case("x86/first:long.stays")["known_issue"]["reference"] = "javascript://a/%0aalert(1)"'
	page "$out/one"
	same "" "$(see links)"
	see text | grep -qx "javascript://a/%0aalert(1)"
	edit "$out/one" 'case("x86/first:long.stays")["verdict"] = "xpass"'
	page "$out/one"
	see text | grep -q "^Passes, though known_issues has it"
}

@test "runs with different tests have a row for each, and say what was not run" {
	first one
	results two "x86/first:long.stays fail moved" "x86/first fail 1 of 1 cases not ok, the first: long.stays" \
		"x86/first:is.new pass"
	page "$out/one" "$out/two"
	see row x86_first_global_skips | grep -q ' no-cap not run$'
	# A binary's claims stand together, in whichever run they are.
	same 1 "$(grep -c '<tbody>' "$out.html")"
	page "$out/two" "$out/one"
	see row x86_first_global_skips | grep -q ' not run [^ ]* no-cap$'
	page "$out/two" "$out/two"
	same 0 "$status"
}

@test "sets of module parameters are runs of their own" {
	first one
	sed -i 's|"id": "x86/first|"id": "avic_1/x86/first|' "$out/one/results.json"
	edit "$out/one" 'r["results"].append({"id": "avic_0/x86/first:long.stays", "verdict": "pass"})
r["sets"] = {"avic_1": {"cpu": {"name": "FirstCPU"}}, "avic_0": {"cpu": {"name": "OtherCPU"}}}'
	page "$out/one"
	see text | grep -qx "A host avic_1, 7.3.4-made-up"
	see text | grep -qx "B host avic_0, 7.3.4-made-up"
	see text | grep -qx "FirstCPU"
	see text | grep -qx "OtherCPU"
	see row x86_first_long_stays | grep -q "xfail .* pass$"
	see svg | grep -q "^vCPU 0: 19 exits"
}

@test "what is wrong with a binary itself is a failure, too" {
	results one "x86/second:a.passes pass" \
		'x86/second error exit status 3 where 0 is due {"output": ["what it printed"]}'
	page "$out/one"
	see text | grep -qx "x86/second"
	see text | grep -q "exit status 3 where 0 is due"
	see text | grep -qx "what it printed"
	see row x86_second | grep -q "error$"
	see text | grep -q "^1 claim, 1 run: [^ ]* 1 binary without a result "
}
