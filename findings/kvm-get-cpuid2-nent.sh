#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KVM of Linux 6.1: KVM_GET_CPUID2 does not say how many entries it has written.
# nent stays what the caller had room for, and KVM_SET_CPUID2 of what was read is
# EINVAL on a vCPU that has run.
#
# Seen with: linux-image-6.1.0-50-cloud-amd64 6.1.176-1, kvm-amd, on qemu-system-x86
# 1:7.2+dfsg-7+deb12u18+b3 (TCG). linux-image-6.12.117+deb12-cloud-amd64 sets nent.
#
# KVM_GET_SUPPORTED_CPUID, with the same structure, is documented (api.rst) to put the
# number of valid entries into nent. kvm_vcpu_ioctl_get_cpuid2() of 6.1 does that only
# where it fails, and then the ioctl copies nothing back. Behind the valid entries is
# what the caller had there before.
#
#   call, with room for 100 entries                            nent behind it
#   KVM_GET_SUPPORTED_CPUID                                    30
#   KVM_GET_CPUID2 of a vCPU that was given those 30           100, 70 of them untouched
#   KVM_SET_CPUID2 of that, after KVM_RUN                      EINVAL
#   the same with nent put right                               0
#
# A vCPU that has run takes only the CPUID that it has (6.1 compares all of it), so
# the EINVAL looks as if an entry had changed; none has, the count is wrong.
#
# So: whoever saves and restores a vCPU on 6.1 keeps the nent that went into
# KVM_SET_CPUID2, and does not take the one that KVM_GET_CPUID2 leaves.
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
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define ROOM 100

static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[ROOM];
} supported, stored;

static void load(const char *module)
{
	syscall(SYS_finit_module, open(module, O_RDONLY), "", 0);
}

static void try_it(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = 4096 };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	int i, kvm, vm, vcpu, untouched = 0;
	unsigned char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	kvm = open("/dev/kvm", O_RDWR);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	region.userspace_addr = (unsigned long)memory;
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	memory[0] = 0xf4;		/* HLT */
	ioctl(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = sregs.cs.selector = 0;
	ioctl(vcpu, KVM_SET_SREGS, &sregs);
	ioctl(vcpu, KVM_SET_REGS, &regs);

	supported.head.nent = ROOM;
	ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &supported);
	printf("KVM_GET_SUPPORTED_CPUID: nent %u\n", supported.head.nent);
	printf("KVM_SET_CPUID2 of that: %d\n", ioctl(vcpu, KVM_SET_CPUID2, &supported));
	printf("KVM_RUN: %d\n", ioctl(vcpu, KVM_RUN, 0));

	memset(&stored, 0x55, sizeof(stored));
	stored.head.nent = ROOM;
	ioctl(vcpu, KVM_GET_CPUID2, &stored);
	for (i = 0; i < ROOM; i++)
		untouched += stored.entries[i].function == 0x55555555;
	printf("KVM_GET_CPUID2: nent %u, %d untouched\n", stored.head.nent, untouched);
	printf("KVM_SET_CPUID2 of that: ");
	if (ioctl(vcpu, KVM_SET_CPUID2, &stored))
		printf("%m\n");
	else
		printf("0\n");
	stored.head.nent = supported.head.nent;
	printf("KVM_SET_CPUID2 with the right nent: %d\n", ioctl(vcpu, KVM_SET_CPUID2, &stored));
}

int main(void)
{
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	dup2(open("/dev/ttyS1", O_RDWR), 1);
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	try_it();
	fflush(stdout);
	tcdrain(1);
	reboot(RB_POWER_OFF);
}
EOF
cc -O1 -static -o initramfs/init init.c
for module in irqbypass kvm kvm-amd; do
	find root/lib/modules -name "$module.ko" -exec cp '{}' initramfs ';'
done
(cd initramfs && find . | cpio -o -H newc --quiet) > initramfs.cpio

status=0
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu:root/lib/x86_64-linux-gnu \
	timeout 300 root/usr/bin/qemu-system-x86_64 -L root/usr/share/seabios -L root/usr/share/qemu \
	-accel tcg -cpu max -m 256 -nodefaults -display none -no-reboot -serial file:console -serial file:out \
	-kernel root/boot/vmlinuz-* -initrd initramfs.cpio -append 'console=ttyS0 panic=-1' || status=$?
tr -d '\r' < out > seen
echo "status $status" >> seen

cat > expected << 'EOF'
KVM_GET_SUPPORTED_CPUID: nent 30
KVM_SET_CPUID2 of that: 0
KVM_RUN: 0
KVM_GET_CPUID2: nent 100, 70 untouched
KVM_SET_CPUID2 of that: Invalid argument
KVM_SET_CPUID2 with the right nent: 0
status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: another nent, or another answer to it" >&2
	cat log >&2
	exit 1
fi
echo "still so: KVM_GET_CPUID2 leaves nent alone, and KVM_SET_CPUID2 refuses what it gave"
