#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Where the kernel's kselftest harness is: a kernel tree's
# tools/testing/selftests, or the distribution's kernel-source package.
#
# usage: harness.sh find            print where it would come from
#        harness.sh extract DIR     put kselftest*.h, and the kunit parser that
#                                   "make check" uses, into DIR
# KSELFTEST=DIR  use this tools/testing/selftests
set -eu

# The harness as it is since 6.12: older ones lack fixtures' parent teardown.
usable() { [ -r "$1/kselftest_harness.h" ] && [ -r "$1/kselftest.h" ]; }

find_harness()
{
	if [ -n "${KSELFTEST:-}" ]; then
		usable "$KSELFTEST" || {
			echo "KSELFTEST=$KSELFTEST: no kselftest_harness.h there" >&2
			exit 1
		}
		echo "$KSELFTEST"
		return
	fi
	# Newest first, of 6.12 and later: packages hold a tarball or a tree.
	for version in $(printf '%s\n' /usr/src/linux-source-*.tar.* /usr/src/linux-* |
		sed -n 's|^/usr/src/linux-\(source-\)\{0,1\}\([0-9][0-9]*\.[0-9][0-9]*\).*|\2|p' |
		awk -F. '$1 > 6 || ($1 == 6 && $2 >= 12)' | sort -t . -k1,1nr -k2,2nr -u); do
		for place in "/usr/src/linux-source-$version".tar.* \
			"/usr/src/linux-$version"*/tools/testing/selftests; do
			if [ -f "$place" ] || usable "$place"; then
				echo "$place"
				return
			fi
		done
	done
	echo "no kselftest harness of 6.12 or later: no kernel-source package, and KSELFTEST is not set" >&2
	exit 1
}

# Each file appears under its name only when it is whole: another build may be reading them.
extract()
{
	from=$(find_harness)
	tmp=$1.tmp.$$
	rm -rf "$tmp"
	mkdir -p "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	if [ -d "$from" ]; then
		cp "$from/kselftest_harness.h" "$from/kselftest.h" "$tmp"
		if [ -d "$from/../kunit" ]; then
			cp -R "$from/../kunit" "$tmp/kunit"
		fi
	else
		top=$(basename "${from%.tar.*}")
		tar -xf "$from" -C "$tmp" --strip-components=3 \
			"$top/tools/testing/selftests/kselftest_harness.h" \
			"$top/tools/testing/selftests/kselftest.h" \
			"$top/tools/testing/kunit"
		mv "$tmp/selftests/"* "$tmp"
		rmdir "$tmp/selftests"
	fi
	# What the archive has is as old as its release; the build asks what is newer.
	touch "$tmp"/*.h
	mkdir -p "$1"
	rm -rf "$1/kunit"
	if [ -d "$tmp/kunit" ]; then
		mv -T "$tmp/kunit" "$1/kunit" 2> /dev/null || [ -d "$1/kunit" ]
	fi
	mv -f "$tmp/kselftest.h" "$1"
	mv -f "$tmp/kselftest_harness.h" "$1"
}

case ${1:-} in
find) find_harness ;;
extract) extract "$2" ;;
*)
	echo "usage: harness.sh find | extract DIR" >&2
	exit 1
	;;
esac
