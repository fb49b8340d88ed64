# SPDX-License-Identifier: GPL-2.0-only
#
# By how much the time limits are stretched on this machine: from the facts of
# hostfacts, "SCALE TAB why".
#
# The figures are generous: they bound a hang, nothing is measured with them.
#
# usage: awk -f timeout.awk

function stretch(factor, reason)
{
	scale *= factor
	why = why (why == "" ? "" : ", ") reason
}

BEGIN { FS = "\t"; scale = 1 }

{ fact[$1] = $2 }

END {
	if (fact["machine.emulator"] == "QEMU")
		stretch(10, "CPU emulated by QEMU")
	else if (fact["machine.emulator"] == "Bochs")
		stretch(50, "CPU emulated by Bochs")
	else if (fact["cpu.hypervisor"] != "none")
		stretch(2, "in a virtual machine")
	if (fact["debug.kasan"] == "yes")
		stretch(3, "kernel with KASAN")
	if (fact["debug.lockdep"] == "yes")
		stretch(2, "kernel with lock debugging")
	print scale "\t" (why == "" ? "bare metal" : why)
}
