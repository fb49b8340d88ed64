#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# supervise (see lib/run), with the binary that has a layer beneath it in place of the plain
# one. KVMCONF_LAYER is where that is.
set -fu

supervise=$(cd "$(dirname "$0")/../../lib/run" && pwd)/supervise
options=
while [ "$1" != -- ]; do
	options="$options$1
"
	shift
done
binary=$KVMCONF_LAYER/$2
shift 2
IFS='
'
# shellcheck disable=SC2086 # options, a line each
exec "$supervise" $options -- "$binary" "$@"
