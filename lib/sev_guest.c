// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <string.h>
#include <sys/mman.h>

#include "segments.h"
#include "sev_guest.h"

#ifndef KVM_SYSTEM_EVENT_SEV_TERM	/* 5.19 */
#define KVM_SYSTEM_EVENT_SEV_TERM	6
#endif

#define NR_TABLES	6			/* PML4, PDPT, four page directories */
#define LARGE_ENTRIES	2048

static uint64_t encryption_bit(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(0x8000001f, &eax, &ebx, &ecx, &edx) || !(ebx & 0x3f))
		report_error("CPUID 8000_001F does not tell the C-bit");
	return 1ull << (ebx & 0x3f);
}

/* As in guest.S, but elsewhere, and with the C-bit for the tables and for private memory. */
static void put_tables(void)
{
	uint64_t (*tables)[512] = (void *)SEV_TABLES;
	uint64_t *pml4 = tables[0], *pdpt = tables[1], *pd = tables[2];
	uint64_t c_bit = encryption_bit();
	uint64_t table_flags = guest_pml4[0] & 0xfff;
	const uint64_t *their_pdpt = (void *)(guest_pml4[0] & ~0xfffull);

	memset(tables, 0, NR_TABLES * sizeof(*tables));
	memcpy(pd, (void *)(their_pdpt[0] & ~0xfffull), LARGE_ENTRIES * sizeof(*pd));
	pml4[0] = (uint64_t)pdpt | table_flags | c_bit;
	for (unsigned int i = 0; i < 4; i++)
		pdpt[i] = (uint64_t)(pd + i * 512) | table_flags | c_bit;
	pd[0] |= c_bit;
}

void sev_set_handler(unsigned int vector, unsigned long address)
{
	/* APM vol. 2, 4.8.4: a 64-bit interrupt gate, present. */
	uint64_t *gate = (uint64_t *)SEV_IDT + 2 * vector;

	gate[0] = (address & 0xffff) | GDT_CODE64 << 16 | 0x8eull << 40 | (address >> 16) << 48;
	gate[1] = address >> 32;
}

void sev_guest_create(struct sev_guest *g, enum sev_kind kind)
{
	g->kind = kind;
	g->vm = sev_vm_create_inited(kind);
	vm_add_memory(g->vm, SEV_PRIVATE, SEV_PRIVATE_SIZE);
	vm_add_memory(g->vm, SEV_SHARED, SEV_SHARED_SIZE);
	vm_add_image(g->vm);
	put_tables();
}

void sev_guest_share_memory(struct vm *vm)
{
	vm_add_slot(vm, SEV_PRIVATE, SEV_PRIVATE_SIZE);
	vm_add_slot(vm, SEV_SHARED, SEV_SHARED_SIZE);
	vm_add_image(vm);
}

void sev_vcpu_set_up(struct vcpu *vcpu, unsigned long entry)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vcpu_set_mode(vcpu, MODE_LONG, entry, 0);
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr3 = SEV_TABLES | encryption_bit();
	sregs.idt.base = SEV_IDT;
	vcpu_set_sregs(vcpu, &sregs);
	vcpu_get_regs(vcpu, &regs);
	regs.rsp = SEV_STACK_TOP - vcpu->id * 0x1000;
	vcpu_set_regs(vcpu, &regs);
}

struct vcpu *sev_vcpu_create(struct vm *vm, unsigned long entry)
{
	struct vcpu *vcpu = vcpu_create(vm);

	sev_vcpu_set_up(vcpu, entry);
	return vcpu;
}

void sev_guest_launch_update(struct sev_guest *g, __u32 policy)
{
	struct kvm_enc_region region = { .addr = SEV_PRIVATE, .size = SEV_PRIVATE_SIZE };
	struct kvm_sev_launch_update_data data = {
		.uaddr = SEV_PRIVATE, .len = SEV_PRIVATE_SIZE,
	};

	vm_mem_enc_reg_region(g->vm, &region);
	g->handle = sev_launch_start(g->vm, policy);
	vm_sev_update_data(g->vm, &data);
	if (sev_is_es(g->kind))
		vm_sev_update_vmsa(g->vm, NULL);
}

void sev_guest_launch_finish(struct sev_guest *g)
{
	char blob[SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = { .uaddr = (__u64)blob, .len = sizeof(blob) };

	vm_sev_measure(g->vm, &measure);
	vm_sev_finish(g->vm, NULL);
}

void sev_guest_launch(struct sev_guest *g)
{
	sev_guest_launch_update(g, sev_policy(g->kind));
	sev_guest_launch_finish(g);
}

int sev_stop_code(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT)
		return run->io.port;
	if (run->exit_reason != KVM_EXIT_SYSTEM_EVENT ||
	    run->system_event.type != KVM_SYSTEM_EVENT_SEV_TERM ||
	    run->system_event.ndata != 1)
		return -1;
	/* GHCB specification 2.03, 2.3.1: reason code set 0, then the reason code. */
	if ((run->system_event.data[0] & 0xff00ffff) != GHCB_TERM_REQ)
		return -1;
	return run->system_event.data[0] >> 16 & 0xff;
}
