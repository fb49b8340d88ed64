#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU's emulated SVM (TCG): INT3 and INTO go by the intercept of INT n, INVD by
# that of WBINVD. The intercepts of #BP, #OF and INVD are without effect.
#
# Seen with: qemu-system-x86 1:7.2+dfsg-7+deb12u18+b3, "-accel tcg -cpu max".
#
# The guest below is a hypervisor of one page, without KVM: for each line it sets
# one intercept, does VMRUN on one instruction and prints the exit code of the VMCB.
# Every vector of its guest's IDT leads to a HLT, which is intercepted as well. By
# the AMD manual (APM vol. 2, 15.9, 15.12 and appendix C) INT3 and INTO raise
# exceptions 3 and 4, for which the exception intercepts are there (43h, 44h); the
# INT n intercept is for INT n alone; and INVD and WBINVD have a bit each.
#
#   instruction, intercept   due             seen
#   INT 3 (CD 03), INT n     75h INT n       75h
#   INT3 (CC), INT n         78h, handler    75h INT n
#   INT3 (CC), #BP           43h #BP         78h, handler
#   INTO, #OF                44h #OF         78h, handler
#   UD2, #UD                 46h #UD         46h
#   WBINVD, WBINVD           89h WBINVD      89h
#   INVD, WBINVD             78h, not met    89h WBINVD
#   INVD, INVD               76h INVD        78h, not met
#
# So: under kvm-amd on such a machine a software breakpoint (KVM_GUESTDBG_USE_SW_BP)
# makes no KVM_EXIT_DEBUG, and gdb's breakpoints in an inner guest hit its own #BP
# handler. That test's failure is the emulator's, not the kernel's.
#
# Needs apt-get with package lists (35 MB at most), dpkg-deb, cc for -m32 (no libc).
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"
mkdir -p debs/partial

# Libraries that are not installed come along, and go into the same folder.
package=qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
if ! apt-get -q -y -o Debug::NoLocking=1 -o Dir::Cache::archives="$tmp/debs" --no-install-recommends \
	--download-only --reinstall install "$package" \
	qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 > log 2>&1; then
	cat log >&2
	exit 2
fi
echo "package $package"
for deb in debs/*.deb; do
	dpkg-deb -x "$deb" root
done

cat > guest.c << 'EOF'
typedef unsigned int u32;

#define EXCEPTION	0x8	/* offsets in the VMCB: intercepts, exit code, saved state */
#define MISC		0xc
#define EXIT_CODE	0x70
#define MISC_INTN	(1u << 21)
#define MISC_INVD	(1u << 22)
#define MISC_HLT	(1u << 24)
#define MISC2_VMRUN	(1u << 0)
#define MISC2_WBINVD	(1u << 9)

__attribute__((section(".multiboot"), used)) static const u32 header[] = { 0x1badb002, 0, -0x1badb002u };
__attribute__((aligned(4096))) static char vmcb[4096], host_save[4096];
static u32 idt[512];
static u32 gdt[] = { 0, 0, 0xffff, 0xcf9b00, 0xffff, 0xcf9300 };
char stack[4096], guest_stack[4096];

extern char handler[], int_3[], int3[], into[], ud2[], wbinvd[], invd[];
asm(".globl _start\n_start: mov $stack + 4096, %esp; call start\n"
    "handler: hlt\n"
    "int_3: .byte 0xcd, 3; hlt\n"
    "int3: .byte 0xcc; hlt\n"
    "into: mov $0x7f, %al; add $1, %al; .byte 0xce; hlt\n"
    "ud2: ud2; hlt\n"
    "wbinvd: wbinvd; hlt\n"
    "invd: invd; hlt\n");

static void put(u32 offset, u32 value) { *(volatile u32 *)(vmcb + offset) = value; }
static void print(char c) { asm volatile("outb %0, $0xe9" : : "a"(c)); }

static void segment(u32 offset, u32 selector_and_type)
{
	put(offset, selector_and_type);
	put(offset + 4, 0xffffffff);
}

static void run(const char *name, char *code, u32 exceptions, u32 misc, u32 misc2)
{
	u32 offset, exit;

	for (offset = 0; offset < 4096; offset += 4)
		put(offset, 0);
	put(EXCEPTION, exceptions);
	put(MISC, misc | MISC_HLT);
	put(MISC + 4, misc2 | MISC2_VMRUN);
	put(0x58, 1);			/* ASID */
	for (offset = 0x400; offset < 0x460; offset += 0x10)
		segment(offset, 0xc930010);
	segment(0x410, 0xc9b0008);	/* CS */
	put(0x464, sizeof(gdt) - 1);
	put(0x468, (u32)gdt);
	put(0x484, sizeof(idt) - 1);
	put(0x488, (u32)idt);
	put(0x4d0, 1u << 12);		/* EFER.SVME */
	put(0x558, 0x11);		/* CR0: PE, ET */
	put(0x560, 0x400);		/* DR7 */
	put(0x568, 0xffff0ff0);		/* DR6 */
	put(0x570, 2);			/* RFLAGS */
	put(0x578, (u32)code);
	put(0x5d8, (u32)guest_stack + sizeof(guest_stack));
	asm volatile("pusha; clgi; vmrun; stgi; popa" : : "a"(vmcb) : "memory", "cc");

	while (*name)
		print(*name++);
	exit = *(volatile u32 *)(vmcb + EXIT_CODE);
	print("0123456789abcdef"[exit >> 4 & 15]);
	print("0123456789abcdef"[exit & 15]);
	print('\n');
}

void start(void)
{
	u32 i;

	for (i = 0; i < 512; i += 2) {
		idt[i] = 8u << 16 | ((u32)handler & 0xffff);
		idt[i + 1] = ((u32)handler & 0xffff0000) | 0x8e00;
	}
	asm volatile("wrmsr" : : "c"(0xc0000080), "a"(1u << 12), "d"(0));
	asm volatile("wrmsr" : : "c"(0xc0010117), "a"(host_save), "d"(0));
	run("INT 3, INT n: ", int_3, 0, MISC_INTN, 0);
	run("INT3, INT n: ", int3, 0, MISC_INTN, 0);
	run("INT3, #BP: ", int3, 1u << 3, 0, 0);
	run("INTO, #OF: ", into, 1u << 4, 0, 0);
	run("UD2, #UD: ", ud2, 1u << 6, 0, 0);
	run("WBINVD, WBINVD: ", wbinvd, 0, 0, MISC2_WBINVD);
	run("INVD, WBINVD: ", invd, 0, 0, MISC2_WBINVD);
	run("INVD, INVD: ", invd, 0, MISC_INVD, 0);
	asm volatile("outb %0, $0xf4" : : "a"((char)0));
}
EOF
cc -m32 -O1 -ffreestanding -fno-pic -fno-stack-protector -nostdlib -static -Wl,--build-id=none \
	-Wl,-N,--no-warn-rwx-segments,-Ttext=0x100000,--section-start=.multiboot=0xff000 -o guest guest.c

# The device isa-debug-exit makes 1 of the 0.
status=0
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu:root/lib/x86_64-linux-gnu \
	timeout 120 root/usr/bin/qemu-system-x86_64 -L root/usr/share/seabios -L root/usr/share/qemu \
	-accel tcg -cpu max -nodefaults -display none -device isa-debug-exit,iobase=0xf4 \
	-chardev file,id=out,path=seen -device isa-debugcon,iobase=0xe9,chardev=out -kernel guest || status=$?
echo "status $status" >> seen

cat > expected << 'EOF'
INT 3, INT n: 75
INT3, INT n: 75
INT3, #BP: 78
INTO, #OF: 78
UD2, #UD: 46
WBINVD, WBINVD: 89
INVD, WBINVD: 89
INVD, INVD: 78
status 1
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: other exits than those" >&2
	cat log >&2
	exit 1
fi
echo "still so: INT3, INTO and INVD go by another instruction's intercept"
