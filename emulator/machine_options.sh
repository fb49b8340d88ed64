# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034
#
# run_tests.sh's options about emulated machines: checked, before anything runs. For machine.sh
# to source.

machine='' machine_cold='' machine_memory=1024 machine_smp='' machine_nodes=''
machine_kernel='' machine_sets=

# A skip for want of what such a machine is there for is a failure.
machine_tdx_has=no-tdx,no-kmsg,kvm-in-use,no-pamt-meter,few-pairs,no-cgroup,no-memcg,\
no-tracepoints,warned-before,no-vmallocinfo,no-fault-injection,no-misc-cgroup,cgroup-limit

# machine_slow: a second of guest time on Bochs, 100 million instructions, can take that many
# of ours. Limits within the guest are shorter by it, so that they come first.
machine_named()
{
	machine=$1
	machine_vendor='' machine_emulator=bochs machine_scale=5 machine_slow=4
	machine_default_kernel=newest-cloud machine_modules='' machine_default_nodes=1 machine_require=''
	case $machine in
	amd) machine_module=kvm_amd machine_emulator=qemu machine_scale=4 machine_slow=1 ;;
	amd-bochs) machine_module=kvm_amd machine_vendor="-v amd" ;;
	intel) machine_module=kvm_intel machine_vendor="-v intel" ;;
	tdx | tdx-dynamic)
		machine_module=kvm_intel machine_vendor="-v $machine"
		machine_default_kernel=$machine machine_modules="kvm kvm_intel:tdx=1"
		machine_default_nodes=2 machine_require=$machine_tdx_has
		machine_note="EMULATED: a real kernel, but our model of a TDX module" ;;
	*) die "--machine: there are amd, amd-bochs, intel, tdx and tdx-dynamic, not \"$machine\"" ;;
	esac
	machine_modules=${machine_modules:-kvm $machine_module}
}

is_count()
{
	case $1 in
	'' | 0* | *[!0123456789]* | ????????*) return 1 ;;
	esac
}

is_between()
{
	if ! is_count "$3" || [ "$3" -lt "$1" ] || [ "$3" -gt "$2" ]; then
		die "$option needs a number from $1 to $2, not \"$3\""
	fi
}

# The sets of parameters stand on a line each; none is one set, an empty one.
machine_read_options()
{
	while IFS= read -r line; do
		option=${line%%=*}
		value=${line#*=}
		case $option in
		--machine) machine_named "$value" ;;
		--kernel) machine_kernel=${value:-none} ;;
		--smp) is_between 1 64 "$value" && machine_smp=$value ;;
		--nodes) is_between 1 8 "$value" && machine_nodes=$value ;;
		--cold) machine_cold=y ;;
		--memory) is_between 256 65536 "$value" && machine_memory=$value ;;
		--module-params) machine_sets=$machine_sets$newline$value ;;
		esac
	done <<-END
	$machine_options
	END
	machine_sets=${machine_sets#"$newline"}
	[ -n "$machine" ] || die "$option needs --machine"
	machine_kernel=${machine_kernel:-$machine_default_kernel}
	machine_nodes=${machine_nodes:-$machine_default_nodes}
	case $machine,$machine_nodes in
	amd,* | *,1) ;;
	tdx*) machine_smp=${machine_smp:-1} ;;
	*) die "--nodes: only --machine amd and tdx have several nodes" ;;
	esac
	machine_smp=${machine_smp:-$machine_nodes}
	[ "$machine" = amd ] || [ "$machine_smp" = 1 ] ||
		die "--smp: only --machine amd has several CPUs"
	[ $((machine_memory / machine_nodes)) -ge 128 ] ||
		die "--memory: $machine_memory MB is too little for $machine_nodes nodes"
}

# The kernel says nothing of parameters that it does not know.
machine_check_set()
{
	for word in $1; do
		module=${word%%.*}
		name=${word#*.}
		name=${name%%=*}
		case $word in
		*[!A-Za-z0-9_.,=-]*) die "--module-params: odd characters in \"$word\"" ;;
		kvm.?*=?* | "$machine_module".?*=?*) ;;
		*) die "--module-params: \"$word\" is not kvm.NAME=VALUE or $machine_module.NAME=VALUE" ;;
		esac
		tr '\0' '\n' <"$machine_kernel_dir/modules/$(echo "$module" | tr _ -).ko" |
			grep -aq "^parmtype=$name:" ||
			die "--module-params: $module of $kernel has no parameter $name"
	done
}

# Several sets keep their results apart by a name before that of the binary.
machine_prefix()
{
	case $machine_sets in
	*"$newline"*) ;;
	*) return ;;
	esac
	echo "${1:-default}/" | tr -cs 'A-Za-z0-9/\n' _
}
