# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For state.sh to source: the state of a machine of QEMU's, with files in its memory.

lay_state() { cp -R --sparse=always "$1" "$2"; }

lay_file() { dd if="$1" of="$2/memory0" bs=1M seek="$3" conv=notrunc status=none; }
