# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For state.sh to source: the state of a machine of Bochs', with files in its memory. Bochs maps
# the state's own files, and loads others over that (see state.cc).

lay_state()
{
	cp -Rs "$1" "$2" && : >"$2/images"
}

# The lines of DIR/images are of Bochs' configuration.
lay_file()
{
	laid=$2/laid$3
	mv "$1" "$laid"
	printf 'optramimage%d: file="%s", address=0x%x\n' \
		"$(($(grep -c . "$2/images") + 1))" "$laid" $(($3 << 20)) >>"$2/images"
}
