#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the directory of the kernel's own tests of bus locks and SEV, built from Debian's newest
# package of the kernel's source: what others wrote against real silicon has to pass here, too.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=emulator/cache.sh
. "$here/cache.sh"
# shellcheck source=emulator/apt.sh
. "$here/apt.sh"

suite=trixie-backports
tests="kvm_buslock_test sev_init2_tests sev_migrate_tests sev_smoke_test sev_dbg_test"

# Only what its makefiles touch: the whole tree is large. libvfio needs yet more of it, and
# these tests no libvfio.
build()
{
	dir=$1/build
	apt_unpack $suite "$dir" "$package" linux-libc-dev && mkdir "$dir/linux" || return
	for part in scripts tools/arch tools/build tools/include tools/lib tools/scripts \
		tools/testing/selftests; do
		echo "$package/$part"
	done >"$dir/parts"
	tar -xf "$dir"/usr/src/"$package".tar.* -C "$dir/linux" --strip-components=1 \
		-T "$dir/parts" || return
	# shellcheck disable=SC2046,SC2086 # a list of words
	make -C "$dir/linux/tools/testing/selftests/kvm" -j "$(nproc)" ARCH=x86 \
		OUTPUT="$dir/out" LDFLAGS=-static LIBVFIO_O= \
		KHDR_INCLUDES="-isystem $dir/usr/include -isystem $dir/usr/include/x86_64-linux-gnu" \
		$(printf "$dir/out/x86/%s " $tests) >"$dir/log" 2>&1 || {
		tail -n 20 "$dir/log"
		return 1
	}
	for test in $tests; do
		mv "$dir/out/x86/$test" "$1/" || return
	done
	rm -r "$dir"
}

hash=$({ cat "$here/upstream.sh" && gcc -dumpfullversion; } | cache_hash)
entry=$(cache_find upstream "$hash") || {
	apt_need gcc libc6-dev make xz-utils || exit
	package=$(apt_in $suite apt-cache pkgnames linux-source- | sort -V | tail -n 1)
	[ -n "$package" ] || exit
	entry=$(cache_make upstream "$package-$hash" build) || exit
}
echo "$entry"
