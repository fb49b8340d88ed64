// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots, memory attributes, and a TD's private pages. */
#include <errno.h>

#include "sim.h"

bool is_private(struct vm_sim *vm, uint64_t gpa)
{
	uint64_t page = gpa / PAGE;

	return page < GPA_PAGES && vm->private[page / 8] & 1 << page % 8;
}

struct slot *slot_of(struct vm_sim *vm, uint64_t gpa)
{
	for (unsigned int i = 0; i < MAX_SLOTS; i++)
		if (gpa >= vm->slots[i].gpa && gpa - vm->slots[i].gpa < vm->slots[i].size)
			return &vm->slots[i];
	return NULL;
}

int64_t take(struct vm_sim *vm, uint32_t *where)
{
	long page;

	if (*where)
		return 0;
	page = page_take(vm->id);
	if (page < 0)
		return page;
	*where = page + 1;
	return 0;
}

void give(uint32_t *where)
{
	if (*where)
		page_give(*where - 1);
	*where = 0;
}

/*
 * KVM's MMU tries a fault again that the module had no pair for; so often is for ever, until a
 * signal comes.
 */
static int64_t take_for_mmu(struct vm_sim *vm, uint32_t *where)
{
	int64_t ret = -EIO;

	for (int tries = broken("no-second-try") ? 1 : 1000; ret == -EIO && tries; tries--)
		ret = take(vm, where);
	return ret == -EIO && !broken("no-second-try") ? SIM_SLEEPS : ret;
}

static int64_t take_table(struct vm_sim *vm, unsigned int i)
{
	bool is_new = !vm->table[i];
	unsigned int node;
	int64_t ret;

	if (is_new && seamcall_until_done(MEM_SEPT_ADD))
		return vm_bug(vm);
	node = node_bind(0);
	if (!broken("wrong-node-of-tables"))
		node_bind(node);
	ret = take_for_mmu(vm, &vm->table[i]);
	node_bind(node);
	ledger.tables += is_new && !ret;
	return ret;
}

/* The S-EPT's pages below its root, one for 512 GiB, 1 GiB and 2 MiB each, come first. */
int64_t add_private_page(struct vm_sim *vm, uint64_t gpa)
{
	enum leaf leaf = vm->state == TD_RUNNABLE ? MEM_PAGE_AUG : MEM_PAGE_ADD;
	int64_t ret;

	if (vm->page_at[gpa / PAGE])
		return 0;
	ret = take_table(vm, 0) ?: take_table(vm, 1 + (gpa >> 30)) ?: take_table(vm, 5 + (gpa >> 21));
	if (!ret && seamcall_until_done(leaf))
		ret = vm_bug(vm);
	if (!ret)
		ret = take_for_mmu(vm, &vm->page_at[gpa / PAGE]);
	vm->nr_private += !ret;
	ledger.guest += !ret;
	return ret;
}

void remove_private_pages(struct vm_sim *vm, uint64_t gpa, uint64_t size)
{
	for (uint64_t at = gpa; vm->nr_private && at < gpa + size && at / PAGE < GPA_PAGES;
	     at += PAGE) {
		if (!vm->page_at[at / PAGE])
			continue;
		seamcall_until_done(MEM_RANGE_BLOCK);
		if (vm->state == TD_RUNNABLE)
			seamcall_until_done(MEM_TRACK);
		seamcall_until_done(MEM_PAGE_REMOVE);
		vm->nr_private--;
		ledger.guest--;
		give(&vm->page_at[at / PAGE]);
	}
}

void free_tables(struct vm_sim *vm)
{
	if (broken("leak-of-tables"))
		return;
	for (unsigned int i = 0; i < sizeof(vm->table) / sizeof(vm->table[0]); i++) {
		ledger.tables -= vm->table[i] != 0;
		give(&vm->table[i]);
	}
}

static void delete_slot(struct vm_sim *vm, struct slot *slot)
{
	remove_private_pages(vm, slot->gpa, slot->size);
	gmem_put(slot->gmem);
	*slot = (struct slot){ 0 };
}

int64_t set_slot(struct vm_sim *vm, const struct sim_request *r)
{
	struct kvm_userspace_memory_region2 new = { 0 };
	struct gmem *gmem = NULL;
	struct slot *slot;

	if (user_read(r, r->arg, &new, r->cmd == KVM_SET_USER_MEMORY_REGION2 ? sizeof(new) :
				       sizeof(struct kvm_userspace_memory_region)))
		return -EFAULT;
	if (new.slot >= MAX_SLOTS || new.flags & ~KVM_MEM_GUEST_MEMFD ||
	    (new.guest_phys_addr | new.memory_size | new.guest_memfd_offset) % PAGE)
		return -EINVAL;
	slot = &vm->slots[new.slot];
	if (!new.memory_size) {
		if (!slot->size)
			return -EINVAL;
		delete_slot(vm, slot);
		return 0;
	}
	if (slot->size)
		return -EINVAL;
	if (slot_of(vm, new.guest_phys_addr) ||
	    slot_of(vm, new.guest_phys_addr + new.memory_size - 1))
		return -EEXIST;
	if (new.flags & KVM_MEM_GUEST_MEMFD) {
		gmem = gmem_of(r, new.guest_memfd);
		if (!gmem || gmem->vm != vm || new.guest_memfd_offset + new.memory_size > gmem->size)
			return -EINVAL;
		gmem->refs++;
	}
	*slot = (struct slot){
		.gpa = new.guest_phys_addr, .size = new.memory_size,
		.offset = new.guest_memfd_offset, .gmem = gmem,
	};
	return 0;
}

int64_t set_attributes(struct vm_sim *vm, const struct sim_request *r)
{
	struct kvm_memory_attributes new;

	if (user_read(r, r->arg, &new, sizeof(new)))
		return -EFAULT;
	if (new.flags || new.attributes & ~KVM_MEMORY_ATTRIBUTE_PRIVATE ||
	    vm->type != KVM_X86_TDX_VM || !new.size || new.address + new.size < new.address ||
	    (new.address | new.size) % PAGE)
		return -EINVAL;
	for (uint64_t at = new.address / PAGE;
	     at < (new.address + new.size) / PAGE && at < GPA_PAGES; at++)
		if (new.attributes)
			vm->private[at / 8] |= 1 << at % 8;
		else
			vm->private[at / 8] &= ~(1 << at % 8);
	if (!new.attributes && !broken("kept-at-conversion"))
		remove_private_pages(vm, new.address, new.size);
	return 0;
}

int64_t pre_fault(struct vcpu_sim *vcpu, const struct sim_request *r)
{
	struct vm_sim *vm = vcpu->vm;
	struct kvm_pre_fault_memory range;
	uint64_t done = 0;
	int64_t ret = 0;

	if (user_read(r, r->arg, &range, sizeof(range)))
		return -EFAULT;
	if (range.flags || (range.gpa | range.size) % PAGE || range.gpa + range.size <= range.gpa)
		return -EINVAL;
	for (; range.size && !ret; done += !ret) {
		struct slot *slot = slot_of(vm, range.gpa);

		if (user_signal_pending(r))
			ret = -EINTR;
		else if (vm->state != TD_RUNNABLE)
			ret = -EOPNOTSUPP;
		else if (!slot)
			ret = is_private(vm, range.gpa) ? -EFAULT : -ENOENT;
		else if (is_private(vm, range.gpa))
			ret = slot->gmem && !slot->gmem->closed ?
			      add_private_page(vm, range.gpa) : -EFAULT;
		if (!ret) {
			range.gpa += PAGE;
			range.size -= PAGE;
		}
	}
	if (user_write(r, r->arg, &range, sizeof(range)))
		return -EFAULT;
	return done ? 0 : ret;
}

/* A page's 16 chunks. */
static int64_t measure_page(struct vm_sim *vm)
{
	for (unsigned int i = 0; i < PAGE; i += 256)
		if (seamcall(MR_EXTEND))
			return vm_bug(vm);
	return 0;
}

static int64_t populate(struct vm_sim *vm, const struct sim_request *r,
			const struct kvm_tdx_init_mem_region *region, bool measure)
{
	struct slot *slot = slot_of(vm, region->gpa);
	char page[PAGE];
	int64_t ret;

	measure = (measure && !broken("measures-nothing")) || broken("measures-all");
	if (measure && broken("measures-before"))
		measure_page(vm);
	if (refuses("region-slot", !slot) || (slot && refuses("region-guest-memfd", !slot->gmem)))
		return -EINVAL;
	if (slot && slot->gmem && slot->gmem->closed)
		return -EFAULT;
	if (refuses("region-source-mapped", user_read(r, region->source_addr, page, sizeof(page))))
		return -EFAULT;
	if (refuses("region-private", !is_private(vm, region->gpa)))
		return -EINVAL;
	/* Reading the source may have taken long. */
	if (user_signal_pending(r) && !broken("deaf-to-signals"))
		return -EINTR;
	if (refuses("region-not-there", vm->page_at[region->gpa / PAGE]))
		return -EIO;
	ret = add_private_page(vm, region->gpa);
	return !ret && measure && !broken("measures-before") ? measure_page(vm) : ret;
}

/* Whether the region is one at all. */
static bool is_region(const struct kvm_tdx_init_mem_region *region)
{
	const uint64_t shared_bit = 1ull << 47;
	const uint64_t end = region->gpa + region->nr_pages * PAGE;

	return !(refuses("region-source-aligned", region->source_addr % PAGE) ||
		 refuses("region-source", !region->source_addr) ||
		 refuses("region-gpa-aligned", region->gpa % PAGE) ||
		 refuses("region-pages", !region->nr_pages) ||
		 refuses("region-wraps", region->nr_pages && end <= region->gpa) ||
		 refuses("region-shared", (region->gpa | (end - 1)) & shared_bit));
}

int64_t init_mem_region(struct vm_sim *vm, const struct sim_request *r, uint64_t address,
			bool measure)
{
	struct kvm_tdx_init_mem_region region = { 0 }, before;
	int64_t ret = 0;

	if (refuses("region-data", user_read(r, address, &region, sizeof(region))))
		return -EFAULT;
	before = region;
	if (!is_region(&region))
		return -EINVAL;
	while (region.nr_pages) {
		if (user_signal_pending(r) && !broken("deaf-to-signals"))
			ret = -EINTR;
		else
			ret = populate(vm, r, &region, measure);
		if (ret) {
			if (broken("failed-region-counts"))
				ledger.pairs++;
			break;
		}
		region.source_addr += PAGE;
		region.gpa += PAGE;
		region.nr_pages--;
	}
	return user_write(r, address, broken("no-progress") ? &before : &region,
			  sizeof(region)) ?: ret;
}
