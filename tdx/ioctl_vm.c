// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl of a VM, on a TD that is final: what it refuses because its memory, its
 * interrupt controller or its time are not the host's, and what it takes as any VM does.
 *
 * Known upstream fixes: b3a37bff8daf ("KVM: TDX: Reject fully in-kernel irqchip if EOIs are
 * protected, i.e. for TDX VMs"), dcbe5a466c12 ("KVM: x86: Reject KVM_SET_TSC_KHZ VM ioctl when vCPUs
 * have been created").
 */
#include "ioctl_rows.h"

#define VM(name, nr, ...)	ROW(name, nr, ON_VM, __VA_ARGS__)
#define SLOT			7u
#define FREE			(TD_MEMORY + 0x8000000)

/* Memory. */
VM(set_user_memory_region, KVM_SET_USER_MEMORY_REGION,
   A(kvm_userspace_memory_region, .slot = SLOT, .guest_phys_addr = FREE,
     .memory_size = PAGE_SIZE, .userspace_addr = ANY), 0);
VM(set_user_memory_region2, KVM_SET_USER_MEMORY_REGION2,
   A(kvm_userspace_memory_region2, .slot = SLOT, .guest_phys_addr = FREE,
     .memory_size = PAGE_SIZE, .userspace_addr = ANY), 0);
VM(create_guest_memfd, KVM_CREATE_GUEST_MEMFD, A(kvm_create_guest_memfd, .size = PAGE_SIZE), 0);
VM(set_memory_attributes, KVM_SET_MEMORY_ATTRIBUTES,
   A(kvm_memory_attributes, .address = FREE, .size = PAGE_SIZE,
     .attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE), 0);
VM(get_dirty_log, KVM_GET_DIRTY_LOG, A(kvm_dirty_log, .dirty_bitmap = zeroes), ENOENT);
VM(clear_dirty_log, KVM_CLEAR_DIRTY_LOG,
   A(kvm_clear_dirty_log, .num_pages = 64, .dirty_bitmap = zeroes), ENOENT);
VM(reset_dirty_rings, KVM_RESET_DIRTY_RINGS, NONE, EINVAL);
VM(set_nr_mmu_pages, KVM_SET_NR_MMU_PAGES, 1024, 0);
VM(get_nr_mmu_pages, KVM_GET_NR_MMU_PAGES, NONE, ENOTTY);	/* deprecated, and gone */
VM(set_tss_addr, KVM_SET_TSS_ADDR, 0xfffbd000, 0);
VM(set_identity_map_addr, KVM_SET_IDENTITY_MAP_ADDR, ANY, EINVAL);	/* it has a vCPU */
VM(mem_enc_reg_region, KVM_MEMORY_ENCRYPT_REG_REGION, ANY, ENOTTY);
VM(mem_enc_unreg_region, KVM_MEMORY_ENCRYPT_UNREG_REGION, ANY, ENOTTY);
VM(mem_enc_op, KVM_MEMORY_ENCRYPT_OP, A(kvm_tdx_cmd, .id = KVM_TDX_FINALIZE_VM), EINVAL);

/* vCPUs and what else has a file. */
VM(create_vcpu, KVM_CREATE_VCPU, 0x7fffffff, EINVAL);
VM(set_boot_cpu_id, KVM_SET_BOOT_CPU_ID, 0, EBUSY);
VM(get_stats_fd, KVM_GET_STATS_FD, NONE, 0);
VM(create_device, KVM_CREATE_DEVICE,
   A(kvm_create_device, .type = KVM_DEV_TYPE_VFIO, .flags = KVM_CREATE_DEVICE_TEST), 0);
VM(check_extension, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY, 0);
VM(enable_cap, KVM_ENABLE_CAP,
   A(kvm_enable_cap, .cap = KVM_CAP_EXIT_HYPERCALL), 0);

/* Interrupts: those of a TD go through its APIC, and no controller of KVM's has its EOIs. */
#define CHIP(name, nr, arg, error) ROW_IF(name, nr, ON_VM, arg, error, KVM_CAP_PIT2, ENOTTY)
CHIP(create_irqchip, KVM_CREATE_IRQCHIP, NONE, EEXIST);
CHIP(get_irqchip, KVM_GET_IRQCHIP, ANY, ENXIO);
CHIP(set_irqchip, KVM_SET_IRQCHIP, ANY, ENXIO);
VM(irq_line, KVM_IRQ_LINE, A(kvm_irq_level, .irq = 5, .level = 1), 0);
VM(irq_line_status, KVM_IRQ_LINE_STATUS, A(kvm_irq_level, .irq = 5, .level = 1), 0);
CHIP(create_pit, KVM_CREATE_PIT, NONE, ENOENT);
CHIP(create_pit2, KVM_CREATE_PIT2, ANY, ENOENT);
CHIP(get_pit, KVM_GET_PIT, ANY, ENXIO);
CHIP(set_pit, KVM_SET_PIT, ANY, ENXIO);
CHIP(get_pit2, KVM_GET_PIT2, ANY, ENXIO);
CHIP(set_pit2, KVM_SET_PIT2, ANY, ENXIO);
CHIP(reinject_control, KVM_REINJECT_CONTROL, ANY, ENXIO);
VM(set_gsi_routing, KVM_SET_GSI_ROUTING, ANY, 0);
VM(signal_msi, KVM_SIGNAL_MSI, A(kvm_msi, .address_lo = 0xfee00000, .data = 0x55), 0);
VM(irqfd, KVM_IRQFD, A(kvm_irqfd, .fd = -1, .gsi = 5), EBADF);
VM(ioeventfd, KVM_IOEVENTFD, A(kvm_ioeventfd, .fd = -1, .addr = 0x10, .len = 4,
			       .flags = KVM_IOEVENTFD_FLAG_PIO), EBADF);
VM(register_coalesced_mmio, KVM_REGISTER_COALESCED_MMIO,
   A(kvm_coalesced_mmio_zone, .addr = 0xd0000000, .size = PAGE_SIZE), 0);
VM(unregister_coalesced_mmio, KVM_UNREGISTER_COALESCED_MMIO,
   A(kvm_coalesced_mmio_zone, .addr = 0xd0000000, .size = PAGE_SIZE), 0);

/* Time: the TDX module has the TD's TSC. */
VM(set_clock, KVM_SET_CLOCK, ANY, 0);
VM(get_clock, KVM_GET_CLOCK, ANY, 0);
VM(set_tsc_khz, KVM_SET_TSC_KHZ, 1000000, EINVAL);
VM(get_tsc_khz, KVM_GET_TSC_KHZ, NONE, 0);

/* What depends on what userspace wants to see of the guest. */
VM(set_pmu_event_filter, KVM_SET_PMU_EVENT_FILTER, ANY, 0);
VM(set_msr_filter, KVM_X86_SET_MSR_FILTER, ANY, 0);
ROW_IF(hyperv_eventfd, KVM_HYPERV_EVENTFD, ON_VM, A(kvm_hyperv_eventfd, .fd = -1), EBADF,
       KVM_CAP_HYPERV_EVENTFD, ENOTTY);
ROW_IF(xen_hvm_config, KVM_XEN_HVM_CONFIG, ON_VM, A(kvm_xen_hvm_config, .flags = 1u << 31), EINVAL,
       KVM_CAP_XEN_HVM, ENOTTY);
ROW_IF(xen_hvm_get_attr, KVM_XEN_HVM_GET_ATTR, ON_VM, A(kvm_xen_hvm_attr, .type = 0xffff), ENOENT,
       KVM_CAP_XEN_HVM, ENOTTY);
ROW_IF(xen_hvm_set_attr, KVM_XEN_HVM_SET_ATTR, ON_VM, A(kvm_xen_hvm_attr, .type = 0xffff), ENOENT,
       KVM_CAP_XEN_HVM, ENOTTY);
ROW_IF(xen_hvm_evtchn_send, KVM_XEN_HVM_EVTCHN_SEND, ON_VM, ANY, EINVAL,
       KVM_CAP_XEN_HVM, ENOTTY);

NOT_X86(KVM_CREATE_SPAPR_TCE)
NOT_X86(KVM_CREATE_SPAPR_TCE_64)
NOT_X86(KVM_ALLOCATE_RMA)
GONE(KVM_SET_MEMORY_REGION)
GONE(KVM_SET_MEMORY_ALIAS)
GONE(KVM_ASSIGN_PCI_DEVICE)
GONE(KVM_ASSIGN_DEV_IRQ)
GONE(KVM_DEASSIGN_PCI_DEVICE)
GONE(KVM_DEASSIGN_DEV_IRQ)
GONE(KVM_ASSIGN_SET_MSIX_NR)
GONE(KVM_ASSIGN_SET_MSIX_ENTRY)
GONE(KVM_ASSIGN_SET_INTX_MASK)

/*
 * Each ioctl of a TD's VM has the result of its row in the table.
 *
 * Source: KVM api.rst, each ioctl; intel-tdx.rst; x86.c kvm_arch_vm_ioctl()
 * Needs: no-tdx
 */
TEST_F(ioctl, of_the_vm_has_its_result)
{
	expect_outcome(_metadata, &self->td, variant);
}

/*
 * Whatever the result of an ioctl of its VM, the TD runs afterwards.
 *
 * Source: KVM api.rst, KVM_RUN
 * Needs: no-tdx, not-emulated
 */
TEST_F(ioctl, of_the_vm_leaves_the_td_running)
{
	REQUIRE_EMULATED_TDX();
	outcome_of(&self->td, variant);
	RUN_TO_OUT(self, 0);
}

KVMCONF_MAIN
