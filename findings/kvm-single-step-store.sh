#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KVM: a single step (KVM_GUESTDBG_SINGLESTEP) over a store that KVM emulates makes no
# KVM_EXIT_DEBUG behind it. The step ends an instruction late, or not at all.
#
# Seen with: linux-image-6.1.0-50-cloud-amd64 6.1.176-1, kvm-amd, on qemu-system-x86
# 1:7.2+dfsg-7+deb12u18+b3 (TCG); linux-image-6.12.117+deb12-cloud-amd64 does the same.
#
# api.rst has of the flag that the next run single-steps. The guest below is one
# instruction, two NOPs and a HLT; "+1" is a KVM_EXIT_DEBUG with RIP 1 byte further on.
#
#   instruction        KVM_SET_GUEST_DEBUG before each KVM_RUN   once, before the first
#   NOP                +1 +2 +3 hlt                              +1 +2 +3 hlt
#   OUT                io +1 +2 +3 hlt                           io +1 +2 +3 hlt
#   OUTSB              io +2 +3 hlt                              io hlt
#   MOV from MMIO      mmio +3 +4 +5 hlt                         mmio +3 hlt
#   MOV to MMIO        mmio +4 +5 hlt                            mmio hlt
#
# Due is a stop behind each instruction, as for NOP. OUT is not emulated on AMD. For a
# load the emulator runs once more when userspace has given the data, and makes the
# step's exit then. A store is over for it with the exit for the store, and because of
# that x86_emulate_instruction() leaves out the step's. Either way it stores an RFLAGS
# without the TF that makes the processor step: nothing more is stepped until the flag
# is set anew.
#
# So: a debugger of a guest sets the flag before each run, and does not take a step
# over OUTS or a store to a device for one instruction. A test that counts steps must
# not have one of these among them.
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
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define CODE	0x1000
#define SIZE	0x4000		/* of memory; what is above it is MMIO */

static void load(const char *module)
{
	syscall(SYS_finit_module, open(module, O_RDONLY), "", 0);
}

static bool report(struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_DEBUG:
		printf(" +%llu", run->debug.arch.pc - CODE);
		return true;
	case KVM_EXIT_IO:
		printf(" io");
		return true;
	case KVM_EXIT_MMIO:
		printf(" mmio");
		return true;
	case KVM_EXIT_HLT:
		printf(" hlt\n");
		return false;
	}
	printf(" exit %u\n", run->exit_reason);
	return false;
}

static void step(const char *name, const char *code, bool each_time)
{
	struct kvm_userspace_memory_region region = { .memory_size = SIZE };
	struct kvm_regs regs = { .rip = CODE, .rsi = 0x2000, .rflags = 2 };
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP };
	struct kvm_sregs sregs;
	struct kvm_run *run;
	int kvm, vm, vcpu;
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	kvm = open("/dev/kvm", O_RDWR);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	region.userspace_addr = (unsigned long)memory;
	ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	strcpy(memory + CODE, code);
	strcat(memory + CODE, "\x90\x90\xf4");
	ioctl(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = sregs.cs.selector = 0;
	ioctl(vcpu, KVM_SET_SREGS, &sregs);
	ioctl(vcpu, KVM_SET_REGS, &regs);

	printf("%s, %s:", name, each_time ? "each time" : "once");
	ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug);
	while (ioctl(vcpu, KVM_RUN, 0) == 0 && report(run))
		if (each_time)
			ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug);
}

int main(void)
{
	static const struct {
		const char *name, *code;
	} tried[] = {
		{ "NOP", "\x90" },
		{ "OUT", "\xee" },
		{ "OUTSB", "\x6e" },
		{ "MOV from MMIO", "\xa0\x01\x80" },
		{ "MOV to MMIO", "\xa2\x01\x80" },
	};
	unsigned int i;

	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	dup2(open("/dev/ttyS1", O_RDWR), 1);
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	for (i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		step(tried[i].name, tried[i].code, true);
		step(tried[i].name, tried[i].code, false);
	}
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
NOP, each time: +1 +2 +3 hlt
NOP, once: +1 +2 +3 hlt
OUT, each time: io +1 +2 +3 hlt
OUT, once: io +1 +2 +3 hlt
OUTSB, each time: io +2 +3 hlt
OUTSB, once: io hlt
MOV from MMIO, each time: mmio +3 +4 +5 hlt
MOV from MMIO, once: mmio +3 hlt
MOV to MMIO, each time: mmio +4 +5 hlt
MOV to MMIO, once: mmio hlt
status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: the steps end elsewhere" >&2
	cat log >&2
	exit 1
fi
echo "still so: a step over an emulated store is lost, or ends an instruction late"
