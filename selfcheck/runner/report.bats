# SPDX-License-Identifier: GPL-2.0-only
#
# --report: the page says what the results say.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

@test "each claim has a row: its text, its source, and what it came to in each run" {
	check()
	{
		fact kernel.release 7.3.4-made-up
		run_suite "$out/one"
		fact kernel.release 7.4.0
		run_suite "$out/two"
		page "$out/one" "$out/two"
		same 0 "$status"
		row=$(see row x86_first_long_stays)
		same "long.stays claim of long.stays Source: source of long.stays $(printf '\342\211\210') xfail $(printf '\342\211\210') xfail" "$row"
		see row x86_first_global_skips | grep -q ' no-cap .* no-cap$'
		see text | grep -qx "A host, 7.3.4-made-up"
		see text | grep -qx "B host, 7.4.0"
		see text | grep -q "^TestCPU, family"
		see text | grep -qx "no-cap the kernel or the CPU does not have the capability: A 1 B 1"
	}
	on_each_system check
}

@test "variants share a row, which counts them, and are told apart below it" {
	binary x86/matrix f.one.holds f.two.holds f.two.x.holds <<-'EOT'
		f_one_holds() { :; }
		f_two_holds() { return 1; }
		f_two_x_holds() { :; }
	EOT
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see row x86_matrix_f_holds | grep -q '3 variants one A [^ ]* pass two A [^ ]* fail two.x A [^ ]* pass [^ ]* 1 fail [^ ]* 2 pass$'
	}
	on_each_system check
}

@test "a failure has its cause, its exits as pictures, and what the test printed" {
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "x86/first.c:7: Expected 0 (0) == counter (1)"
		see svg | sed '/^vCPU/!d' | diff - /dev/fd/3 3<<-'EOT'
			vCPU 0: 19 exits: 17 L1 X86_BUS_LOCK flags BUS_LOCK, RIP 0x401f40 (guest_code+0x4); 18 L2 X86_BUS_LOCK flags BUS_LOCK|GUEST_MODE, RIP 0x401f40 (guest_code+0x4): unchanged; 19 L1 IO out port 0xc0f3 size 4 count 1, RIP 0x18000
			vCPU 1: 1 exits: 1 L1 HLT (stale), KVM_RUN: EINTR, RIP not known
		EOT
		see text | grep -qx "vCPU 0: 19 exits, the last 3"
		see text | grep -q "vCPU 2: 0 exits, the last of them: real.goes_on: Test failed"
		# Where the guest stayed, the line goes straight down; lanes stand in the order
		# of addresses.
		grep -q '<path class="trail" d="M28 14L28 73L12 147"/>' "$out.html"
		edit "$out/one" 'case("x86/first:real.goes_on")["kernel_log"] = ["<4> WARNING: here", "<4> there"]'
		page "$out/one"
		see text | grep -qx "<4> WARNING: here <4> there"
		rm "$out/one/x86/first.log"
		page "$out/one"
		same 0 "$status"
		see text | grep -qx "No evidence: x86/first.log is not there."
	}
	on_each_system check
}

@test "of several runs the first one's log that failed is shown, and how often it did" {
	binary x86/flaky f.flakes <<-'EOT'
		f_flakes()
		{
			echo "$PPID" >> "$KEEP"
			[ "$(wc -l < "$KEEP")" -eq 2 ] || return 0
			printf '# vCPU 0: 1 exits, the last of them:\n#       1  HLT  flags 0  L1  rip 0x1\n' >&2
			return 1
		}
	EOT
	check()
	{
		export KEEP="$out.kept"
		runner --repeat 4 -o "$out/one" x86/flaky > /dev/null 2>&1 || true
		page "$out/one"
		see text | grep -q "fail 1 time of 4 in run A"
		see text | grep -qx "4 times"
		see svg | grep -qx "vCPU 0: 1 exits: 1 L1 HLT, RIP 0x1"
	}
	on_each_system check
}

@test "known issues stand with their why and a link, if it is one" {
	check()
	{
		run_suite "$out/one"
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
	on_each_system check
}

@test "runs with different tests have a row for each, and say what was not run" {
	check()
	{
		run_suite "$out/one"
		runner -o "$out/two" first:long.stays > /dev/null
		page "$out/one" "$out/two"
		see row x86_first_global_skips | grep -q ' no-cap not run$'
		page "$out/two" "$out/one"
		see row x86_first_global_skips | grep -q ' not run [^ ]* no-cap$'
		page "$out/two" "$out/two"
		same 0 "$status"
	}
	on_each_system check
}

@test "sets of module parameters are runs of their own" {
	check()
	{
		run_suite "$out/one"
		sed -i 's|"id": "x86/first|"id": "avic_1/x86/first|' "$out/one/results.json"
		mkdir "$out/one/avic_1"
		mv "$out/one/x86" "$out/one/environment.json" "$out/one/avic_1"
		page "$out/one"
		see text | grep -qx "A host avic_1, 7.3.4-made-up"
		see text | grep -q "^TestCPU"
		see row x86_first_long_stays > /dev/null
		see svg | grep -q "^vCPU 0: 19 exits"
	}
	on_each_system check
}

@test "what is wrong with a binary itself is a failure, too" {
	binary x86/second a.passes <<-'EOT'
		a_passes() { trap 'exit 3' EXIT; }
	EOT
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "x86/second"
		see text | grep -q "exit status 3 where 0 is due"
		see row x86_second | grep -q "error$"
	}
	on_each_system check
}
