# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated TDX module on the bare machine, under a host that does what no kernel does: it
# refuses what a real one would, and each way in which it can be broken is found out.

setup()
{
	check=$BATS_TEST_DIRNAME/../../emulator/check
	unset KVMCONF_FAULT
}

@test "tdx: the TDX module keeps order" {
	"$check/run.sh" tdx
}

@test "tdx-dynamic: the TDX module keeps order, with Dynamic PAMT" {
	"$check/run.sh" tdx-dynamic
}

@test "tdx-dynamic: each way in which the module can be broken is found out" {
	"$check/faults.sh" tdx-dynamic
}
