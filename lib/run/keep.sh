# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For sourcing. keep TEXT FILE: writes the file as a whole or not at all. Text, for
# not every awk notices that the disk is full; every shell's printf does.
keep()
{
	if printf '%s\n' "$1" 2> /dev/null > "$2.tmp" && mv "$2.tmp" "$2"; then
		return 0
	fi
	rm -f "$2.tmp"
	return 1
}
