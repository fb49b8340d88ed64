#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The suite's version as packages may have it: "v1.2-3-gabcdef" is 1.2+3.gabcdef. Without a tag the
# date of the commit counts up.
#
# usage: version.sh DESCRIBED SECONDS
set -eu

case $1 in
v[0-9]*) printf '%s' "${1#v}" | sed 's/-/+/; s/-/./g' ;;
*) echo "0+git$(date -u -d "@$2" +%Y%m%d).$(printf '%s' "${1:-unknown}" | tr -c 'A-Za-z0-9.+~' .)" ;;
esac
