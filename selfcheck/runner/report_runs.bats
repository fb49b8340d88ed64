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

@test "a column has its machine, kernel and CPU at its head, the CPU in short" {
	check()
	{
		fact cpu.hypervisor none
		for cpu in "AMD EPYC 9655 96-Core Processor|AMD EPYC 9655" \
			"Intel(R) Xeon(R) Platinum 8480C CPU @ 2.00GHz|Intel Xeon Platinum 8480C" \
			"AMD Ryzen 7 7840U w/ Radeon 780M Graphics|AMD Ryzen 7 7840U" \
			"QEMU TCG CPU version 2.5+|QEMU TCG CPU version 2.5+"; do
			fact cpu.name "${cpu%|*}"
			run_suite "$out/one"
			page "$out/one"
			same "A|host|7.3.4-made-up|${cpu#*|}" "$(head_lines)"
		done
		fact cpu.hypervisor KVMKVMKVM
		run_suite "$out/one"
		page "$out/one"
		same "A|host|7.3.4-made-up|QEMU TCG CPU version 2.5+|in a VM" "$(head_lines)"
	}
	on_each_system check
}

@test "runs alike in these are told apart by directory, by time, or by the whole path" {
	check()
	{
		fact cpu.hypervisor none
		fact cpu.name TestCPU
		run_suite "$out/one"
		mkdir "$out/x" "$out/y"
		for copy in two x/two y/two y/one; do cp -R "$out/one" "$out/$copy"; done
		page "$out/one" "$out/two"
		same "A|host|7.3.4-made-up|TestCPU|one;B|host|7.3.4-made-up|TestCPU|two" "$(head_lines | paste -sd ";")"
		see text | grep -qx "A host, 7.3.4-made-up, one"
		edit "$out/y/two" 'r["started"] = "yesterday"'
		edit "$out/x/two" 'r["started"] = "today"'
		page "$out/x/two" "$out/y/two"
		same "today yesterday" "$(head_lines | sed 's/.*|//' | paste -sd " ")"
		page "$out/one" "$out/y/one"
		same "$out/one $out/y/one" "$(head_lines | sed 's/.*|//' | paste -sd " ")"
		edit "$out/two" 'r["kernel"] = "7.4"'
		page "$out/one" "$out/two"
		same "A|host|7.3.4-made-up|TestCPU;B|host|7.4|TestCPU" "$(head_lines | paste -sd ";")"
	}
	on_each_system check
}

@test "a simulation or an emulated machine says so on its card, its column and the legend" {
	check()
	{
		fact cpu.name TestCPU
		fact machine.emulator "none: a simulation of KVM"
		# As selfcheck/tdx_sim/machine.sh and emulator/machine_options.sh have it.
		sed -i 's/^machine_note=.*/machine_note="SIMULATION: no kernel"/' "$suite/run_tests.sh"
		run_suite "$out/one"
		grep -q '"note": "SIMULATION: no kernel"' "$out/one/environment.json"
		page "$out/one"
		same "A|host|7.3.4-made-up|no CPU|SIMULATION" "$(head_lines)"
		see text | grep -qx "SIMULATION: no kernel"
		see text | grep -qx "A host, 7.3.4-made-up, no CPU SIMULATION"
		see text | grep -q "^none; the simulation ran on TestCPU, "
		fact machine.emulator Bochs
		sed -i 's/^machine_note=.*/machine_note="EMULATED: our model"/' "$suite/run_tests.sh"
		run_suite "$out/one"
		page "$out/one"
		same "A|host|7.3.4-made-up|TestCPU|EMULATED" "$(head_lines)"
		see text | grep -qx "EMULATED: our model"
		sed -i "s/^machine_note=.*/machine_note=''/" "$suite/run_tests.sh"
		run_suite "$out/one"
		page "$out/one"
		same "A|host|7.3.4-made-up|TestCPU|emulated: Bochs" "$(head_lines)"
		see text | grep -qx "emulated: Bochs"
		sed -i '/^machine.emulator/d' "$suite/lib/run/facts"
	}
	on_each_system check
}

@test "the modules' parameters are on the card" {
	sed -i '/^modules/d' "$suite/lib/run/facts"
	fact modules.kvm.parameters.ignore_msrs N
	fact modules.kvm.state live
	fact modules.kvm_amd.parameters.avic 1
	fact modules.kvm_amd.parameters.sev Y
	fact modules.kvm_amd.state live
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "kvm: ignore_msrs=Nkvm_amd: avic=1 sev=Y"
	}
	on_each_system check
}

@test "failures that have only a cause, the same, are one, with all of the cases" {
	binary x86/dies d.dies d.second.is_not_run d.third.is_not_run d.other <<-'EOT'
		d_dies() { kill -SEGV $PPID; sleep 1; }
		d_second_is_not_run() { :; }
		d_third_is_not_run() { :; }
		d_other() { :; }
	EOT
	check()
	{
		runner -o "$out/one" --require no-cap > /dev/null 2>&1 || true
		page "$out/one"
		same 0 "$(see text | grep -c "No evidence")"
		see text > "$out.text"
		same 1 "$(grep -c "^! error not run: " "$out.text")"
		sed -n '/^! error not run: /,/^[!-].*error/p' "$out.text" | grep -qx "3 cases"
		grep -qx "x86/dies:d.third.is_not_run A" "$out.text"
		same 1 "$(grep -c -- "--require forbids this skip: no-cap" "$out.text")"
		grep -q 'id="failure-x86_dies_d_other"' "$out.html"
	}
	on_each_system check
}

@test "of a claim's failures the first one is open, the others are folded" {
	binary x86/many f.one.holds f.two.holds f.three.holds <<-'EOT'
		f_one_holds() { echo "# fail: moved" >&2; return 1; }
		f_two_holds() { echo "# fail: moved" >&2; return 1; }
		f_three_holds() { echo "# fail: moved" >&2; return 1; }
	EOT
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		same 1 "$(grep -c '<div class="seen" id="failure-x86_many_f_' "$out.html")"
		same 2 "$(grep -c '<details class="seen" id="failure-x86_many_f_' "$out.html")"
	}
	on_each_system check
}

@test "counts say what they count, and what flakes is marked in the matrix" {
	binary x86/flaky f.flakes g.one.flakes g.two.flakes <<-'EOT'
		f_flakes() { echo >> "$KEEP"; [ "$(wc -l < "$KEEP")" -ne 2 ]; }
		g_one_flakes() { f_flakes; }
		g_two_flakes() { :; }
	EOT
	binary x86/second a.passes <<-'EOT'
		a_passes() { trap 'exit 3' EXIT; }
	EOT
	check()
	{
		export KEEP="$out.kept"
		rm -f "$KEEP"
		runner --repeat 4 -o "$out/one" x86/flaky x86/second > /dev/null 2>&1 || true
		page "$out/one"
		see text | grep -qx "3 claims, 1 run: [^ ]* 1 case fails and 1 binary as such"
		see row x86_flaky_g_flakes | grep -q "1 fail, flaky [^ ]* 1 pass$"
		page "$out/one" "$out/one"
		see text | grep -qx "3 claims, 2 runs: [^ ]* 1 case fails and 1 binary as such in one run or more"
		rm -f "$KEEP"
		runner --repeat 2 -o "$out/two" flaky:f.flakes > /dev/null 2>&1 || true
		page "$out/two"
		see row x86_flaky_f_flakes | grep -q "fail, flaky: 1 time of 2$"
	}
	on_each_system check
}

@test "an exit whose RIP is not known breaks the trail; long flags have their own line" {
	binary x86/exits e.fails <<-'EOT'
		e_fails()
		{
			cat >&2 <<-'END'
				# vCPU 0: 4 exits, the last of them:
				#       1  HLT  flags 0  L1  rip 0x401f40 (a_function_whose_name_is_long+0x4)
				#       2  HLT  flags 0  L1
				#       3  X86_BUS_LOCK  flags BUS_LOCK|GUEST_MODE|SMM  L1  rip 0x401f40 (a_function_whose_name_is_long+0x4)
				#       4  HLT  flags 0  L1  rip 0x401f44
			END
			return 1
		}
	EOT
	check()
	{
		runner -o "$out/one" x86/exits > /dev/null 2>&1 || true
		page "$out/one"
		same "M M L" "$(grep -o 'class="trail" d="[^"]*"' "$out.html" | grep -o '[ML]' | paste -sd ' ')"
		grep -q '>flags BUS_LOCK|GUEST_MODE|SMM</text>' "$out.html"
		grep -q '>(a_function_whose_name_is_long+0x4)' "$out.html"
		width=$(grep -o '<svg role="img" width="[0-9]*' "$out.html" | grep -o '[0-9]*$')
		[ "$width" -le 330 ]
	}
	on_each_system check
}
