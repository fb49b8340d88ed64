# SPDX-License-Identifier: GPL-2.0-only
#
# What can be asked of an emulated machine.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

setup()
{
	setup_machine
}

@test "sets of parameters: each is in force, results are kept apart" {
	make_suite
	add_test npt global.npt <<-'END'
		begin global.npt
		echo "# measure: npt $(grep -c Y /sys/module/kvm_amd/parameters/npt) flag"
		echo "# measure: vmware $(grep -c Y /sys/module/kvm/parameters/enable_vmware_backdoor) flag"
		pass global.npt
	END
	on_machine "$made" --machine amd --module-params "" \
		--module-params "kvm_amd.npt=0 kvm.enable_vmware_backdoor=1"
	[ "$status" -eq 0 ]
	measured() { grep -F "\"$1/x86/npt:global.npt\"" "$out/results.json" | grep -F "$2"; }
	measured default '"npt", "value": 1'
	measured default '"vmware", "value": 0'
	measured kvm_amd_npt_0_kvm_enable_vmware_backdoor_1 '"npt", "value": 0'
	measured kvm_amd_npt_0_kvm_enable_vmware_backdoor_1 '"vmware", "value": 1'
	[ -s "$out/default/x86/npt.log" ]
	python3 - "$out/results.json" <<-'END'
		import json, sys
		sets = json.load(open(sys.argv[1]))["sets"]
		npt = {name: s["modules"]["kvm_amd"]["parameters"]["npt"] for name, s in sets.items()}
		assert npt == {"default/": "Y", "kvm_amd_npt_0_kvm_enable_vmware_backdoor_1/": "N"}, npt
	END
	grep -q '^ok 2 selftests: kvm-conformance/kvm_amd_npt_0_.*: npt$' "$tap"
	nothing_is_left
}

@test "CPUs, nodes and memory are as asked for" {
	make_suite
	add_test shape global.shape <<-'END'
		begin global.shape
		echo "# measure: cpus $(nproc) CPUs"
		echo "# measure: nodes $(ls -d /sys/devices/system/node/node[0-9]* | wc -l) nodes"
		echo "# measure: memory $(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo) MB"
		pass global.shape
	END
	on_machine "$made" --machine amd --smp 3 --nodes 2 --memory 600
	[ "$status" -eq 0 ]
	grep -F '"cpus", "value": 3' "$out/results.json"
	grep -F '"nodes", "value": 2' "$out/results.json"
	grep -E '"memory", "value": 5[0-9][0-9],' "$out/results.json"
}

@test "wrong values are refused before anything runs" {
	make_suite
	add_passing fine
	refused()
	{
		because=$1
		shift
		on_machine "$made" "$@"
		[ "$status" -eq 2 ] && said "$because" && [ ! -s "$tap" ]
	}
	refused 'there are amd, amd-bochs, intel, tdx and tdx-dynamic, not "arm"' --machine arm
	refused '--smp needs --machine' --smp 2
	refused '--smp needs a number from 1 to 64, not "0"' --machine amd --smp 0
	refused '--nodes needs a number from 1 to 8, not "two"' --machine amd --nodes two
	refused '--memory needs a number from 256 to 65536, not "12"' --machine amd --memory 12
	refused 'only --machine amd has several' --machine intel --smp 2
	refused 'only --machine amd and tdx have several nodes' --machine amd-bochs --nodes 2
	refused 'no such kernel: 5.99' --machine amd --kernel 5.99
	refused 'no such kernel: /nosuch/dir' --machine amd --kernel /nosuch/dir
	refused 'has no parameter nonsense' --machine amd --module-params kvm.nonsense=1
	refused '"npt=0" is not kvm.NAME=VALUE' --machine amd --module-params npt=0
	refused '"kvm_intel.ept=0" is not' --machine amd --module-params kvm_intel.ept=0
	refused 'two sets are alike' --machine amd --module-params kvm_amd.npt=0 \
		--module-params 'kvm_amd.npt=0'
	refused 'no such test: nosuch' --machine amd nosuch
	nothing_is_left
}

@test "a kernel of one's own, by directory" {
	make_suite
	add_passing fine
	kernel=$("$top/emulator/kernel.sh" newest-cloud)
	mkdir -p "$BATS_TEST_TMPDIR/own/lib"
	cp "$kernel/vmlinuz" "$BATS_TEST_TMPDIR/own/vmlinuz-own"
	xz -k --stdout "$kernel/modules/kvm.ko" >"$BATS_TEST_TMPDIR/own/lib/kvm.ko.xz"
	cp "$kernel"/modules/[!k]*.ko "$kernel"/modules/kvm-*.ko "$BATS_TEST_TMPDIR/own/lib"
	# Any directory's name will do, and its configuration is looked at first.
	cd "$BATS_TEST_TMPDIR"
	printf 'CONFIG_%s=y\n' 64BIT MODULES BINFMT_ELF BINFMT_SCRIPT DEVTMPFS PROC_FS SYSFS TTY \
		SERIAL_8250 PRINTK EPOLL SIGNALFD UNIX KVM_AMD NUMA EVENTFD >own/.config
	on_machine "$made" --machine amd --kernel own
	[ "$status" -eq 2 ]
	said "own cannot run on the machine amd: CONFIG_BLK_DEV_INITRD is not set; CONFIG_SERIAL_8250_CONSOLE is not set; CONFIG_KVM_AMD is y and must be m"
	printf 'CONFIG_%s=y\n' BLK_DEV_INITRD SERIAL_8250_CONSOLE >>own/.config
	sed -i s/KVM_AMD=y/KVM_AMD=m/ own/.config
	on_machine "$made" --machine intel --kernel own
	[ "$status" -eq 2 ]
	said "machine intel: CONFIG_KVM_INTEL is not set; CONFIG_X86_X2APIC is not set"
	on_machine "$made" --machine amd --kernel own
	[ "$status" -eq 0 ]
	said "own has not all of the file config, so tests are skipped: CONFIG_MODULE_UNLOAD "
	grep -F "\"release\": \"$(cat "$kernel/release")\"" "$out/results.json"
}

@test "a warm start needs no network" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be without network"
	make_suite
	add_passing fine
	"$top/emulator/kernel.sh" newest-cloud
	"$top/emulator/qemu/build.sh"
	within="unshare -n"
	on_machine "$made" --machine amd
	[ "$status" -eq 0 ]
}
