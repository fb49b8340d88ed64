# SPDX-License-Identifier: GPL-2.0-only
#
# The host's part of a run's header, from the facts of hostfacts: diagnostics that
# say what ran the tests, and what could not be watched.
#
# usage: awk -f header.awk

BEGIN { FS = "\t" }

{ fact[$1] = $2 }

$1 ~ /^modules\..*\.state$/ {
	split($1, path, ".")
	modules = modules " " path[2]
}

function watched(key, what)
{
	if (fact[key] != "yes")
		print "# " what ": not watched: " fact[key]
}

END {
	print "# kernel: " fact["kernel.release"]
	print "# KVM modules:" (modules == "" ? " none" : modules)
	print "# CPU: " fact["cpu.name"] ", family " fact["cpu.family"] ", model " fact["cpu.model"] \
		", stepping " fact["cpu.stepping"] ", microcode " fact["cpu.microcode"]
	watched("readable.kernel_log", "kernel log")
	watched("readable.taint", "taint flags")
}
