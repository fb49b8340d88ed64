// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "registers.h"
#include "vm.h"

/* The longest instruction has 15 bytes. */
#define BYTES_AT_RIP	16

/* Guest-physical is host-virtual here: the bytes are where the guest has them, if anywhere. */
static void print_bytes(uint64_t address)
{
	unsigned char bytes[BYTES_AT_RIP];
	struct iovec local = { bytes, sizeof(bytes) }, remote = { (void *)address, sizeof(bytes) };
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (n <= 0)
		return;
	fprintf(stderr, "#   bytes at 0x%llx:", (unsigned long long)address);
	for (ssize_t i = 0; i < n; i++)
		fprintf(stderr, " %02x", bytes[i]);
	fprintf(stderr, "\n");
}

void registers_print(const struct vcpu *vcpu)
{
	struct kvm_sregs s;
	struct kvm_regs r;

	/* KVM_RUN has the vCPU: to ask would be to wait. */
	if (vcpu->in_run || ioctl(vcpu->fd, KVM_GET_REGS, &r) || ioctl(vcpu->fd, KVM_GET_SREGS, &s))
		return;
	fprintf(stderr, "#   registers: rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rsi 0x%llx rdi 0x%llx rbp 0x%llx rsp 0x%llx\n",
		r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp);
	fprintf(stderr, "#   registers: r8 0x%llx r9 0x%llx r10 0x%llx r11 0x%llx r12 0x%llx r13 0x%llx r14 0x%llx r15 0x%llx\n",
		r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15);
	fprintf(stderr, "#   registers: rip 0x%llx rflags 0x%llx cs.base 0x%llx cr0 0x%llx cr2 0x%llx cr3 0x%llx cr4 0x%llx efer 0x%llx\n",
		r.rip, r.rflags, s.cs.base, s.cr0, s.cr2, s.cr3, s.cr4, s.efer);
	/* In 64-bit mode CS.base is ignored; elsewhere a linear address has 32 bits. */
	print_bytes(s.cs.l ? r.rip : (uint32_t)(s.cs.base + r.rip));
}
