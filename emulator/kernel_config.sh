# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # machine and vendor come from who sources this
#
# What a kernel of one's own lacks for an emulated machine, told before it is booted. For
# machine.sh to source.

# The configuration of the kernel in directory $1, where there is one: a build tree's, or one
# that lies beside an installed kernel.
kernel_config_file()
{
	set +f
	for _config in "$1"/.config "$1"/config "$1"/config-* "$1"/boot/config-*; do
		[ ! -f "$_config" ] || { echo "$_config"; break; }
	done
	set -f
}

# OPTION=VALUE a line; what may be built in or a module has "ym".
needed_config()
{
	for _option in 64BIT MODULES BLK_DEV_INITRD BINFMT_ELF BINFMT_SCRIPT DEVTMPFS PROC_FS SYSFS \
		TTY SERIAL_8250 SERIAL_8250_CONSOLE PRINTK EPOLL SIGNALFD UNIX; do
		echo "$_option=y"
	done
	case $machine in
	amd | amd-bochs) echo KVM_AMD=m ;;
	*) echo KVM_INTEL=m ;;
	esac
	case $machine in amd) ;; *) echo X86_X2APIC=y ;; esac
	case $machine in tdx*) printf '%s=y\n' INTEL_TDX_HOST KVM_INTEL_TDX ;; esac
}

# $1 is the file, standard input OPTION=VALUE lines: those that it does not have, as it would
# say them.
lacking_config()
{
	while IFS='=' read -r _option _value; do
		_is=$(sed -n "s/^CONFIG_$_option=//p" "$1")
		case $_value$_is in
		yy | mm | ymy | ymm) ;;
		*) echo "CONFIG_$_option ${_is:+is $_is and must be $_value}${_is:-is not set}" |
			sed "s/must be $_value$_is$/must be $_value/" ;;
		esac
	done
}

# Dies where the kernel in directory $1 cannot do without; warns of what costs tests.
kernel_config_check()
{
	_file=$(kernel_config_file "$1")
	[ -n "$_file" ] || return 0
	_lacks=$(needed_config | lacking_config "$_file" | paste -sd ';' | sed 's/;/; /g')
	[ -z "$_lacks" ] || die "--kernel: $1 cannot run on the machine $machine: $_lacks"
	# What the suite itself asks for, but for KVM of the other vendor.
	_lacks=$(sed -n 's/^CONFIG_\([A-Z0-9_]*\)=.*/\1=ym/p' "$emulators/../config" | grep -v '^KVM' |
		lacking_config "$_file" | sed 's/ is not set//' | paste -sd ' ')
	[ -z "$_lacks" ] ||
		warn "--kernel: $1 has not all of the file config, so tests are skipped: $_lacks"
}
