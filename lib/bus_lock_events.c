// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bus_lock_events.h"
#include "guest.h"
#include "ioctls.h"

volatile bool handler_locks;

__asm__(".pushsection .text\n"
	"		.globl handler_lock\n"
	"handler_lock:	lock incl (%rdi)\n"
	"		ret\n"
	"		.popsection");

/* The low 2 MiB in small pages, for a #PF: the guest's tables when the host has swapped them. */
#define PTE_FLAGS	0x67	/* present, writable, user, accessed, dirty */
static uint64_t faulting_tables[4][512] __attribute__((aligned(4096)));
static uint64_t *const faulting_pte = &faulting_tables[3][(PAGE_SPLIT + 1) >> 12];

static __guest void handle(struct guest_exception *frame)
{
	(void)frame;
	HANDLED++;
	if (handler_locks)
		handler_lock(HANDLER_OPERAND);
	*faulting_pte |= 1;
	__asm__ volatile("invlpg (%0)" : : "r"(PAGE_SPLIT + 1) : "memory");
}

#define INCW(address)	0x67, 0xff, 0x05, (address) & 0xff, ((address) >> 8) & 0xff, \
			((address) >> 16) & 0xff, (address) >> 24
#define RSM		0x0f, 0xaa

/* In SMM the VM has another address space, with slots of its own. */
#define SMM_ADDRESS_SPACE	(1u << 16)

static void send_smi(struct vcpu *vcpu)
{
	struct kvm_userspace_memory_region smram = {
		.slot = SMM_ADDRESS_SPACE,
		.guest_phys_addr = LOW_MEMORY_BASE,
		.memory_size = LOW_MEMORY_SIZE,
		.userspace_addr = LOW_MEMORY_BASE,
	};

	vm_set_memory_region(vcpu->vm, &smram);
	guest_put_bytes(SMI_ENTRY, INCW((unsigned long)&HANDLED), 0x90);
	if (handler_locks)
		guest_put_bytes(SMI_LOCK, 0xf0, INCW(HANDLER_OPERAND), RSM);
	else
		guest_put_bytes(SMI_LOCK, RSM);
	vcpu_smi(vcpu);
}

/* Another set of tables: a new CR3 leaves nothing of the old ones in a TLB. */
static void take_page_away(struct vcpu *vcpu)
{
	uint64_t (*t)[512] = faulting_tables;
	struct kvm_sregs sregs;

	memcpy(t[0], guest_pml4, sizeof(t[0]));
	memcpy(t[1], (void *)(guest_pml4[0] & ~0xffful), sizeof(t[1]));
	memcpy(t[2], (void *)(t[1][0] & ~0xffful), sizeof(t[2]));
	t[0][0] = (uint64_t)t[1] | PTE_FLAGS;
	t[1][0] = (uint64_t)t[2] | PTE_FLAGS;
	t[2][0] = (uint64_t)t[3] | PTE_FLAGS;
	for (unsigned int i = 0; i < 512; i++)
		t[3][i] = i << 12 | PTE_FLAGS;
	*faulting_pte &= ~1ull;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr3 = (uint64_t)t[0];
	vcpu_set_sregs(vcpu, &sregs);
}

static void inject_interrupt(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events;

	vcpu_get_events(vcpu, &events);
	events.interrupt.injected = 1;
	events.interrupt.nr = VECTOR;
	vcpu_set_events(vcpu, &events);
}

void raise_event(struct vcpu *vcpu, enum event event)
{
	static void (*const raise[])(struct vcpu *vcpu) = {
		[INTERRUPT] = inject_interrupt,
		[NMI] = vcpu_nmi,
		[PAGE_FAULT] = take_page_away,
		[SMI] = send_smi,
	};

	guest_exception_handler = handle;
	raise[event](vcpu);
}
