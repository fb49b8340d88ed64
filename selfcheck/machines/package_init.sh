#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What package.bats has done in a machine: boots, and runs the functions of package_checks.sh
# and package_lies.sh.

export PATH=/bin HOME=/ LC_ALL=C KVMCONF_TIMEOUT_SCALE=8
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec < /dev/null > /dev/ttyS1 2>&1
stty -F /dev/ttyS1 raw -echo 115200
ln -s . "/lib/modules/$(uname -r)"
modprobe msr allow_writes=on
modprobe kvm-amd

# What it printed, between "= begin NAME" and "= end NAME STATUS". Not at once: a serial port
# is a terminal, where the runner shows what it is at.
check()
{
	echo "= begin $1"
	"$1" > /tmp/printed 2>&1
	returned=$?
	cat /tmp/printed
	echo "= end $1 $returned"
}

# shellcheck source=selfcheck/machines/package_checks.sh
. /package_checks.sh
# shellcheck source=selfcheck/machines/package_lies.sh
. /package_lies.sh
for name in plain crowded memory read_only full blind container gone_module gone_node \
	busy repeated hostile broken flaky fills stopped_by_term stopped_by_hup killed \
	lies options stopped_by_int stopped_in_parallel killed_run killed_agent; do
	check "$name"
done
echo "= done"
sync
poweroff -f
