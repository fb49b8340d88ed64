#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build trixie's QEMU with our patches, and as little else as possible, into DIRECTORY.
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
source=$dir/build/qemu
logged apt_source trixie qemu "$source"
# Debian 12's meson is too old; trixie's is pure Python and runs from where it lies.
logged apt_unpack trixie "$dir/build/meson" meson
logged apt_unpack trixie "$dir/build/firmware" seabios qemu-system-data

cd "$source"
logged patch -p1 -i "$here/bus-lock.patch"
logged patch -p1 -i "$here/sev.patch"
cp "$here"/*.[ch] target/i386/tcg/system/
cp "$here/devices.mak" configs/devices/x86_64-softmmu/bus-lock.mak

mkdir build
cd build
export PYTHONPATH="$dir/build/meson/usr/lib/python3/dist-packages"
logged ../configure --target-list=x86_64-softmmu --enable-tcg --disable-download \
	--without-default-features --disable-fdt --disable-pixman --disable-docs \
	--disable-tools --disable-install-blobs --disable-debug-info \
	--enable-trace-backends=nop \
	--without-default-devices --with-devices-x86_64=bus-lock
logged ninja -j "$(nproc)" qemu-system-x86_64
strip -o "$dir/qemu-system-x86_64" qemu-system-x86_64

cd "$dir/build/firmware/usr/share"
cp seabios/bios-256k.bin qemu/kvmvapic.bin qemu/linuxboot_dma.bin qemu/multiboot_dma.bin \
	qemu/pvh.bin "$dir/"
cd "$dir"
rm -r build log
