# SPDX-License-Identifier: GPL-2.0-only
#
# --report: no two runs look alike, nor what is made up like what is measured; and many
# failures of one kind do not hide the others.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

# head: what stands at the heads of the columns, a line each
head_lines()
{
	$python - "$out.html" <<-'EOT'
		import re, sys
		head = re.search("<thead>.*</thead>", open(sys.argv[1]).read(), re.S).group()
		for cell in head.split("<th")[3:]:
		    print(re.sub("<[^>]*>", "", re.sub("<br>", "|", "<th" + cell).replace("<wbr>", "")).strip())
	EOT
}

# on MEMBERS...: results of a run with these in its environment
on() { results one "x86/b:c.d pass" "$1" "${@:2}"; }

@test "a column has its machine, kernel and CPU at its head, the CPU in short" {
	for cpu in "AMD EPYC 9655 96-Core Processor|AMD EPYC 9655" \
		"Intel(R) Xeon(R) Platinum 8480C CPU @ 2.00GHz|Intel Xeon Platinum 8480C" \
		"AMD Ryzen 7 7840U w/ Radeon 780M Graphics|AMD Ryzen 7 7840U" \
		"QEMU TCG CPU version 2.5+|QEMU TCG CPU version 2.5+"; do
		on '{"environment": {"cpu": {"hypervisor": "none", "name": "'"${cpu%|*}"'"}}}'
		page "$out/one"
		same "A|host|7.3.4-made-up|${cpu#*|}" "$(head_lines)"
	done
	on '{"environment": {"cpu": {"hypervisor": "KVMKVMKVM", "name": "TestCPU", "microcode": "0x1"},
		"machine": {"board_vendor": "Maker", "board": "Board", "bios": "Inc", "bios_version": "F1"}}}'
	page "$out/one"
	same "A|host|7.3.4-made-up|TestCPU|in a VM" "$(head_lines)"
	see text | grep -qx "TestCPU, microcode 0x1; in a virtual machine (KVMKVMKVM)"
	see text | grep -qx "Maker Board"
	see text | grep -qx "Inc F1"
}

@test "runs alike in these are told apart by directory, by time, or by the whole path" {
	on '{"environment": {"cpu": {"name": "TestCPU"}}}'
	mkdir "$out/x" "$out/y"
	for copy in two x/two y/two y/one; do cp -R "$out/one" "$out/$copy"; done
	page "$out/one" "$out/two"
	same "A|host|7.3.4-made-up|TestCPU|one;B|host|7.3.4-made-up|TestCPU|two" "$(head_lines | paste -sd ";")"
	see text | grep -q "^A host, 7.3.4-made-up, one"
	edit "$out/y/two" 'r["started"] = "yesterday"'
	edit "$out/x/two" 'r["started"] = "today"'
	page "$out/x/two" "$out/y/two"
	same "today yesterday" "$(head_lines | sed 's/.*|//' | paste -sd " ")"
	page "$out/one" "$out/y/one"
	same "$out/one $out/y/one" "$(head_lines | sed 's/.*|//' | paste -sd " ")"
	edit "$out/two" 'r["kernel"] = "7.4"'
	page "$out/one" "$out/two"
	same "A|host|7.3.4-made-up|TestCPU;B|host|7.4|TestCPU" "$(head_lines | paste -sd ";")"
	set --
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28; do
		set -- "$@" "$out/one"
	done
	page "$@"
	same "Z AA AB" "$(head_lines | sed 's/|.*//' | tail -n 3 | paste -sd " ")"
}

@test "a simulation or an emulated machine says so on its card, its column and the legend" {
	# As emulator/machine_options.sh has it.
	simulation='{"environment": {"cpu": {"name": "TestCPU"}, "machine": {"emulator": "none: a simulation of KVM"}}}'
	on "$simulation" '{"note": "SIMULATION: no kernel"}'
	page "$out/one"
	same "A|host|7.3.4-made-up|no CPU|SIMULATION" "$(head_lines)"
	see text | grep -qx "SIMULATION: no kernel"
	see text | grep -qx "A host, 7.3.4-made-up, no CPU SIMULATION"
	see text | grep -q "^none; the simulation ran on TestCPU"
	on "$simulation"
	page "$out/one"
	same "A|host|7.3.4-made-up|no CPU|SIMULATION" "$(head_lines)"
	bochs='{"environment": {"cpu": {"name": "TestCPU"}, "machine": {"emulator": "Bochs"}}}'
	on "$bochs" '{"note": "EMULATED: our model"}'
	page "$out/one"
	same "A|host|7.3.4-made-up|TestCPU|EMULATED" "$(head_lines)"
	see text | grep -qx "EMULATED: our model"
	see text | grep -qx "A host, 7.3.4-made-up EMULATED"
	on "$bochs"
	page "$out/one"
	same "A|host|7.3.4-made-up|TestCPU|emulated: Bochs" "$(head_lines)"
	see text | grep -qx "emulated: Bochs"
}

@test "the modules and their parameters are on the card, and what was asked of the run" {
	on '{"environment": {"modules": {"kvm": {"parameters": {"ignore_msrs": "N"}, "state": "live"},
		"kvm_amd": {"parameters": {"avic": "1", "sev": "Y"}, "state": "live"}},
		"kernel": {"version": "#1 SMP"}, "run": {"timeout": "60 s a binary"}}}' \
		'{"required": "zen,no-nested", "strict": true}'
	page "$out/one"
	see text | grep -qx "kvm: ignore_msrs=N; kvm_amd: avic=1 sev=Y"
	for text in "kvm kvm_amd" zen,no-nested yes "60 s a binary" "#1 SMP"; do
		see text | grep -Fqx "$text"
	done
}

@test "failures that have only a cause, the same, are one, with all of the cases" {
	results one 'x86/dies:d.dies signal terminated by SIGSEGV {"output": ["# it dies"]}' \
		"x86/dies:d.second.is_not_run error not run: the binary was killed by SIGSEGV" \
		"x86/dies:d.third.is_not_run error not run: the binary was killed by SIGSEGV" \
		"x86/dies:d.other error not run: the binary was killed by SIGSEGV" \
		'x86/first:a.skips fail --require forbids this skip: no-cap: none {"output": ["#      SKIP      no-cap: none", "ok 1 a.skips # SKIP no-cap: none"]}'
	page "$out/one"
	see text > "$out.text"
	same 1 "$(grep -c "^! error not run: " "$out.text")"
	sed -n '/^! error not run: /,/^[!-].*error/p' "$out.text" | grep -qx "3 cases"
	grep -qx "x86/dies:d.third.is_not_run A" "$out.text"
	same 1 "$(grep -c -- "--require forbids this skip: no-cap" "$out.text")"
	grep -q 'id="failure-x86_dies_d_other"' "$out.html"
	grep -qx "it dies" "$out.text"
}

@test "of a claim's failures the first one is open, the others are folded" {
	results one 'x86/many:f.one.holds fail moved {"output": ["# moved"]}' \
		'x86/many:f.two.holds fail moved {"output": ["# moved"]}' \
		'x86/many:f.three.holds fail moved {"output": ["# moved"]}'
	page "$out/one"
	same 1 "$(grep -c '<div class="seen" id="failure-x86_many_f_' "$out.html")"
	same 2 "$(grep -c '<details class="seen" id="failure-x86_many_f_' "$out.html")"
}

@test "counts say what they count, and what flakes is marked in the matrix" {
	results one 'x86/flaky:f.flakes fail moved (1 of 4 runs, the first was run 2) {"runs": {"fail": 1, "pass": 3}}' \
		'x86/flaky:g.one.flakes fail moved (2 of 4 runs, the first was run 2) {"runs": {"fail": 2, "pass": 2}}' \
		'x86/flaky:g.two.flakes pass {"runs": {"pass": 4}}' \
		"x86/second:a.passes pass" "x86/second error exit status 3 where 0 is due"
	page "$out/one"
	see text | grep -q "^3 claims, 1 run: [^ ]* 2 cases fail and 1 binary without a result "
	see row x86_flaky_f_flakes | grep -q "fail, flaky: 1 time of 4$"
	see row x86_flaky_g_flakes | grep -q "1 fail, flaky [^ ]* 1 pass$"
	see row x86_flaky_g_flakes | grep -q "one A [^ ]* fail, flaky: 2 times of 4 two A [^ ]* pass "
	page "$out/one" "$out/one"
	see text | grep -q "^3 claims, 2 runs: [^ ]* 2 cases fail and 1 binary without a result in one run or more "
}

@test "an exit whose RIP is not known breaks the trail; long flags have their own line" {
	results one 'x86/exits:e.fails fail moved {"output": ["# vCPU 0: 4 exits, the last of them:",
		"#       1  HLT  flags 0  L1  rip 0x401f40 (a_function_whose_name_is_long+0x4)",
		"#       2  HLT  flags 0  L1",
		"#       3  X86_BUS_LOCK  flags BUS_LOCK|GUEST_MODE|SMM  L1  rip 0x401f40 (a_function_whose_name_is_long+0x4)",
		"#       4  HLT  flags 0  L1  rip 0x401f44"]}'
	page "$out/one"
	same "M M L" "$(grep -o 'class="trail" d="[^"]*"' "$out.html" | grep -o '[ML]' | paste -sd ' ')"
	grep -q '>flags BUS_LOCK|GUEST_MODE|SMM</text>' "$out.html"
	grep -q '>(a_function_whose_name_is_long+0x4)' "$out.html"
	width=$(grep -o '<svg role="img" width="[0-9]*' "$out.html" | grep -o '[0-9]*$')
	[ "$width" -le 330 ]
}
