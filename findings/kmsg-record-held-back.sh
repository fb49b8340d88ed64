#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# /dev/kmsg: a record that was written without a newline at its end is not to be read,
# by any reader, until somebody logs something else. And a read() with too little room
# loses the record.
#
# Seen with: linux-image-6.1.0-50-cloud-amd64 6.1.176-1, on qemu-system-x86
# 1:7.2+dfsg-7+deb12u18+b3 (TCG); linux-image-6.12.117+deb12-cloud-amd64 does the same.
#
# By Documentation/ABI/testing/dev-kmsg each write() makes an entry in the log, and each
# read() gets the next one there is. Of a newline, or of a short read(), it says nothing.
# But printk takes text without a newline for a line that may go on, and leaves the record
# open; then the next write() does not go on with it, but makes a record of its own.
#
#   write()               read() behind it, O_NONBLOCK    poll()    newly opened
#   "one\n"               one                             -         -
#   "two"                 EAGAIN                          0         one is the last
#   "three\n"             two, three                      -         -
#
#   room for              read()                          the next read()
#   8 bytes               EINVAL                          the record behind it
#
# So: a marker that divides the kernel's log among tests is written with its newline
# ("echo", not "printf %s"). If not, what waits for it waits until the kernel has
# something to say, and a warning of the test is read in the same breath as its marker.
# A reader has room for 8 KiB.
#
# Needs apt-get with package lists (65 MB at most), dpkg-deb, cpio, cc with a static libc.
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"
mkdir -p debs/partial initramfs

kernel=linux-image-6.1.0-50-cloud-amd64=6.1.176-1
qemu='qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3'
# Libraries that are not installed come along, and go into the same folder.
if ! { apt-get -q download "$kernel" && apt-get -q -y -o Debug::NoLocking=1 \
	-o Dir::Cache::archives="$tmp/debs" --no-install-recommends --download-only --reinstall \
	install "$qemu" qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1; } > log 2>&1; then
	cat log >&2
	exit 2
fi
echo "package $kernel"
echo "package $qemu"
for deb in ./*.deb debs/*.deb; do
	dpkg-deb -x "$deb" root
done
rm -r ./*.deb debs

cat > init.c << 'EOF'
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

static char record[8193];

static int next(int reader, size_t room)
{
	ssize_t length = read(reader, record, room);

	if (length < 0)
		return errno;
	record[length] = 0;
	return 0;
}

static void say(const char *text)
{
	if (write(open("/dev/kmsg", O_WRONLY), text, strlen(text)) < 0)
		printf("write: %m\n");
	printf("written: %s%s", text, strchr(text, '\n') ? "" : " (no newline)\n");
}

static void report(int reader)
{
	int error;

	while ((error = next(reader, sizeof(record) - 1)) == 0)
		printf("read: %s", strchr(record, ';') + 1);
	printf("read: %s\n", error == EAGAIN ? "EAGAIN" : strerror(error));
}

static void try_it(void)
{
	int newly_opened, reader = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	struct pollfd readable = { .fd = reader, .events = POLLIN };

	/* The kernel has begun, and is to have no more to say. */
	while (poll(&readable, 1, 5000))
		next(reader, sizeof(record) - 1);

	say("one\n");
	report(reader);
	say("two");
	report(reader);
	printf("poll: %d\n", poll(&readable, 1, 1000));
	newly_opened = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	while (next(newly_opened, sizeof(record) - 1) == 0)
		;
	printf("newly opened, last: %s", strchr(record, ';') + 1);
	say("three\n");
	report(reader);

	say("four\n");
	say("five\n");
	printf("read of 8 bytes: %s\n", next(reader, 8) == EINVAL ? "EINVAL" : "something else");
	report(reader);
}

int main(void)
{
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	dup2(open("/dev/ttyS1", O_RDWR), 1);
	try_it();
	fflush(stdout);
	tcdrain(1);
	reboot(RB_POWER_OFF);
}
EOF
cc -O1 -static -o initramfs/init init.c
(cd initramfs && find . | cpio -o -H newc --quiet) > initramfs.cpio

status=0
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu:root/lib/x86_64-linux-gnu \
	timeout 300 root/usr/bin/qemu-system-x86_64 -L root/usr/share/seabios -L root/usr/share/qemu \
	-accel tcg -cpu max -m 256 -nodefaults -display none -no-reboot -serial file:console -serial file:out \
	-kernel root/boot/vmlinuz-* -initrd initramfs.cpio -append 'console=ttyS0 panic=-1' || status=$?
tr -d '\r' < out > seen
echo "status $status" >> seen

cat > expected << 'EOF'
written: one
read: one
read: EAGAIN
written: two (no newline)
read: EAGAIN
poll: 0
newly opened, last: one
written: three
read: two
read: three
read: EAGAIN
written: four
written: five
read of 8 bytes: EINVAL
read: five
read: EAGAIN
status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: other records, or at other times" >&2
	cat log >&2
	exit 1
fi
echo "still so: no newline, no record until the next one; and a short read loses one"
