# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For sourcing. keep TEXT FILE: writes the file as a whole or not at all. It is
# read again, for not every printf notices that a disk is full.
keep()
{
	if printf '%s\n' "$1" 2> /dev/null > "$2.tmp" && [ "$(cat "$2.tmp")" = "$1" ] &&
		mv "$2.tmp" "$2"; then
		return 0
	fi
	rm -f "$2.tmp"
	return 1
}
