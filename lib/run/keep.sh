# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For sourcing. keep TEXT FILE: writes the file as a whole or not at all, by way of a new one
# beside it, which nobody else has. A link stays one: what it leads to is written. What is
# there and no regular file (a pipe, a device), or open already, is written to as it is.
# Text, for not every awk notices that the disk is full; every shell's printf does.
keep()
{
	case $2 in
	/dev/stdout | /dev/stderr | /dev/fd/* | /proc/*)
		printf '%s\n' "$1" > "$2"
		return
		;;
	esac
	keep_file=$2
	if [ -h "$2" ]; then
		keep_file=$(readlink -f "$2") || return 1
	fi
	if [ -e "$keep_file" ] && [ ! -f "$keep_file" ]; then
		printf '%s\n' "$1" > "$keep_file"
		return
	fi
	keep_new=$keep_file.$$.tmp
	# With noclobber: what has that name already stays.
	until (set -C && : > "$keep_new") 2> /dev/null; do
		[ -e "$keep_new" ] || return 1
		keep_new=$keep_new.tmp
	done
	if printf '%s\n' "$1" 2> /dev/null > "$keep_new" && mv -f "$keep_new" "$keep_file"; then
		return 0
	fi
	rm -f "$keep_new"
	return 1
}
