#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build trixie's Bochs with our patches, and as little else as possible, into DIRECTORY.
set -eu

dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../cache.sh disable=SC1091
. "$here/../cache.sh"
# shellcheck source=SCRIPTDIR/../apt.sh disable=SC1091
. "$here/../apt.sh"
# shellcheck source=SCRIPTDIR/../logged.sh disable=SC1091
. "$here/../logged.sh"

log=$dir/log

# Upstream's tarball is all that we need, Debian's patches being about documentation and
# packaging. Some mirrors lack the .dsc file, without which apt-get would not go on.
fetch_source()
{
	apt_in trixie apt-get -qq source --download-only --print-uris bochs |
	sed -n "s/^'\(.*\)' \(.*\.orig\.tar\..*\) [0-9]* \(.*:.*\)$/\1 \2 \3/p" |
	{
		read -r uri file hash &&
			apt_in trixie /usr/lib/apt/apt-helper download-file "$uri" "$file" "$hash" &&
			mkdir source && tar -xf "$file" -C source --strip-components=1
	}
}

# A BIOS takes a ROM for valid if its bytes add up to 0.
build_rom()
{
	gcc -c -o boot.o "$here/boot.S" &&
		ld -Ttext=0xc0000 --oformat=binary -o boot.rom boot.o &&
		sum=$(od -An -v -tu1 boot.rom | awk '{ for (i = 1; i <= NF; i++) sum += $i }
			END { printf "%03o", (256 - sum % 256) % 256 }') &&
		printf '%b' "\\0$sum" | dd of=boot.rom bs=1 seek=2047 conv=notrunc
}

mkdir "$dir/build"
cd "$dir/build"
logged fetch_source
logged apt_unpack trixie "$dir/build/bios" bochsbios
logged build_rom

cd source
for patch in fixes bus-lock tdx state; do
	logged patch -p1 -i "$here/$patch.patch"
done
cp "$here"/*.cc "$here"/*.h "$here/../../lib/tdx_emulated.h" cpu/

# SIGALRM, which shows the speed, can deadlock with the log: hence no "ips".
logged env CFLAGS=-O2 CXXFLAGS=-O2 ./configure --with-nogui --disable-show-ips \
	--disable-plugins --disable-docbook --disable-xpm --disable-gameport \
	--disable-cdrom --enable-all-optimizations --enable-x86-64 --enable-vmx=2 \
	--enable-svm --enable-avx --enable-evex --enable-memtype --enable-protection-keys
logged make -j "$(nproc)" bochs
strip -o "$dir/bochs" bochs

cd "$dir/build"
cp boot.rom bios/usr/share/bochs/BIOS-bochs-latest "$dir/"
cd "$dir"
rm -r build log
