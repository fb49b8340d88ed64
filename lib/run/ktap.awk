# SPDX-License-Identifier: GPL-2.0-only
#
# A binary's table as KTAP nests it: by two spaces. The consumers of this
# dialect give diagnostics to the result line after them.
#
# usage: awk -f table.awk -f json.awk -f tap.awk -f ktap.awk

function binary_done(	i)
{
	print "  KTAP version 1"
	print "  # Subtest: " binary_name()
	print "  1.." nr
	for (i = 1; i <= nr; i++) {
		print_diagnostics("  # ", i)
		print "  " case_result(i)
	}
	print_diagnostics("# ", 0)
	print binary_result()
}
