# SPDX-License-Identifier: GPL-2.0-only
#
# A test's id as LAVA can take it, where a slash would be a directory and a part of an
# address: x86/pio_rip:pio.out_long.x is x86.pio_rip.pio.out_long.x.

function lava_id(id)
{
	gsub(/[\/:]/, ".", id)
	return id
}
