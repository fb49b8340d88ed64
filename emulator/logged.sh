# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # whoever sources this says where the log is
#
# Sourced by the scripts that build an emulator into a directory:
#
#   logged COMMAND..   run it with its output in $log, whose end is shown if it fails: build
#                      logs are long, and of interest only when something is wrong

logged()
{
	"$@" >>"$log" 2>&1 || {
		tail -n 40 "$log" >&2
		echo "failed: $*" >&2
		exit 1
	}
}
