# SPDX-License-Identifier: GPL-2.0-only
#
# The suite on emulated machines, as it is run on any other.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

setup()
{
	setup_machine
}

whole_suite()
{
	on_machine "$top" "$@"
	[ "$status" -eq 0 ]
	is_complete "$top"
	# 1 is what a binary with a known issue ends with: it does not know of them.
	cut -f 1 "$top/tests.tsv" | sort -u | while read -r binary; do
		grep -qE '	x	exit [014]$' "$out/$binary.log"
	done
	[ -e "$out/console.log" ]
	[ -s "$out/kernel.log" ]
}

# What was skipped, and why: each binary, or all of directory $1 and of tdx as "DIR/*"; those
# about SEV, of which this kernel flavour has none, as "svm/sev".
skips()
{
	sed -n 's/^ *{"id": "\([^":]*\):[^"]*", "verdict": "skip", "rule": "[^"]*", "reason": "\([^"]*\)".*/\1 \2/p' \
		"$out/results.json" | sed "s|^$1/[^ ]*|$1/*|; s|^tdx/[^ ]*|tdx/*|
			s|^svm/sev_[^ ]*|svm/sev|; s|^svm/bus_lock_sev[^ ]*|svm/sev|" | sort -u
}

# What of x86 and svm amd's machine cannot do, with any kernel that has all that tests need.
amd_skips()
{
	cat <<-'END'
		svm/sev no-sev
		vmx/bus_lock_coincident no-cap
		x86/bus_lock_memory_type no-memory-types
		vmx/bus_lock_nested_vmx no-cap
		vmx/invalid_state no-cap
		vmx/split_lock_detect no-split-lock-detect
		x86/bus_lock_trace no-pmu
		x86/feature_needs module-param
		x86/mem_enc_absent no-vm-type
		x86/mem_enc_sev no-sev
		x86/vendor_init module-param
	END
}

# The emulated CPUs have what the profiles of silicon ask for; and what is asked for beside
# that leaves nothing skipped that such a machine can do.
@test "amd: the suite, with the newest kernel" {
	whole_suite --machine amd --require zen5 --nodes 2 --memory 2048 --reload-modules \
		--module-params kvm.force_emulation_prefix=1
	{ echo "tdx/* no-tdx"; amd_skips; } | sort | diff <(skips tdx) -
	verdict x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place pass
	grep -q '"kvm_amd"' "$out/results.json"
}

@test "intel: the suite, with the newest kernel" {
	whole_suite --machine intel --require sapphire-rapids --reload-modules \
		--module-params kvm.force_emulation_prefix=1
	skips svm | diff - /dev/fd/4 4<<-'END'
		svm/* no-cap
		svm/* no-nested
		svm/* no-sev
		tdx/* no-tdx
		vmx/invalid_state module-param
		vmx/split_lock_detect no-split-lock-detect
		x86/bus_lock_numa one-node
		x86/bus_lock_trace no-pmu
		x86/feature_needs module-param
		x86/mem_enc_absent no-vm-type
		x86/mem_enc_sev no-sev
		x86/vendor_init module-param
	END
	verdict x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place pass
	grep -q '"kvm_intel"' "$out/results.json"
}

# Of what tests need, the built kernel has what config asks for and no more: nothing is skipped
# that the distribution's kernel can do.
@test "amd: config asks for all that tests need of a kernel" {
	kernel=$("$top/emulator/kernel/build.sh" "$top/emulator/kernel/tdx.config")
	on_machine "$top" --machine amd --kernel "$kernel/kernel" --require zen5 --nodes 2 \
		--memory 2048 --reload-modules --module-params kvm.force_emulation_prefix=1 x86 svm
	[ "$status" -eq 0 ]
	# The one thing that config does not ask for: devices in the kernel (CONFIG_KVM_IOAPIC).
	{ echo "x86/pio_in_kernel no-cap"; amd_skips | grep -v vmx/; } | sort | diff <(skips tdx | sort) -
}

@test "amd: the suite with a kernel older than the feature, which it skips" {
	whole_suite --machine amd --kernel 6.1-cloud --require zen5
	verdict x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place skip
	grep -q '"reason": "no-cap"' "$out/results.json"
}

@test "intel: of an older kernel the profile asks for nothing that it cannot have" {
	whole_suite --machine intel --kernel 6.12-cloud --require sapphire-rapids
	verdict x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place pass
	grep -q '"reason": "kernel-too-old"' "$out/results.json"
}

@test "intel: split locks that the host detects, held up or killed" {
	for mode in warn fatal; do
		export KVMCONF_CMDLINE=split_lock_detect=$mode
		out=$BATS_TEST_TMPDIR/$mode
		on_machine "$top" --machine intel --module-params kvm.force_emulation_prefix=1 \
			vmx x86/bus_lock_exit x86/bus_lock_insn
		[ "$status" -eq 0 ]
		verdict vmx/split_lock_detect:own.split.alignment_check_is_the_guests pass
		verdict vmx/split_lock_detect:emulated.split_lock_is_a_write pass
	done
	lock=x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place
	verdict vmx/split_lock_detect:fatal.in_l2.lock_is_a_sigbus_and_does_not_execute pass
	verdict "$lock" skip
	out=$BATS_TEST_TMPDIR/warn
	verdict vmx/split_lock_detect:mitigated.thread_is_held_up pass
	verdict "$lock" pass
}

@test "intel: without unrestricted guest KVM emulates what VMX refuses" {
	on_machine "$top" --machine intel --module-params kvm_intel.ept=0 vmx/invalid_state \
		x86/feature_needs
	[ "$status" -eq 0 ]
	verdict vmx/invalid_state:invalid.io_is_emulated_once pass
	verdict vmx/invalid_state:invalid.exception_is_a_failure_to_emulate pass
	verdict x86/feature_needs:needing.unrestricted_guest_needs_ept.feature_is_off_without_what_it_needs pass
}

# Whether KVM has SEV is decided by its build and by parameters; kvm_amd turns SEV off without
# a next RIP from the CPU.
@test "amd: SEV on, half on and off" {
	on_machine "$top" --machine amd --kernel newest --reload-modules \
		--module-params "" --module-params kvm_amd.sev_es=0 --module-params kvm_amd.sev=0 \
		--module-params kvm_amd.nrips=0 x86/mem_enc_absent x86/mem_enc_sev x86/vm_types \
		x86/feature_needs svm/sev_asids svm/sev_reload
	[ "$status" -eq 0 ]
	set_has()
	{
		verdict "$1/svm/sev_asids:asids.es.run_out_and_come_back" "$2"
		verdict "$1/svm/sev_asids:asids.sev.run_out_and_come_back" "$3"
		verdict "$1/svm/sev_reload:reload.sev.shuts_the_firmware_down_and_initialises_it" "$3"
		verdict "$1/x86/mem_enc_sev:sev.vm_default.null_argument_succeeds" "$3"
		verdict "$1/x86/mem_enc_sev:sev.vm_default.es_init_without_es_is_enotty" "$4"
		verdict "$1/x86/mem_enc_absent:op.vm_default.is_refused_with_argument_unread" "$5"
		verdict "$1/x86/vm_types:type.sev.is_taken_if_listed" pass
	}
	set_has default pass pass skip skip
	set_has kvm_amd_sev_es_0 skip pass pass skip
	set_has kvm_amd_sev_0 skip skip skip pass
	set_has kvm_amd_nrips_0 skip skip skip pass
	off=feature_is_off_without_what_it_needs
	verdict kvm_amd_sev_0/x86/feature_needs:needing.sev_es_needs_sev.$off pass
	verdict kvm_amd_nrips_0/x86/feature_needs:needing.sev_needs_nrips.$off pass
}
