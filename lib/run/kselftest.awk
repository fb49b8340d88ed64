# SPDX-License-Identifier: GPL-2.0-only
#
# A binary's table as kselftest nests it: the cases commented out, then the
# binary's own result. The consumers of this dialect give diagnostics to the
# result line before them.
#
# usage: awk -f table.awk -f json.awk -f tap.awk -f kselftest.awk

function binary_done(	i)
{
	print "# " binary_name()
	print "# TAP version 13"
	print "# 1.." nr
	for (i = 1; i <= nr; i++) {
		print "# " case_result(i)
		print_diagnostics("# # ", i)
	}
	print binary_result()
	print_diagnostics("# ", 0)
}
