// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ioctls.h"
#include "smm.h"

#define SMM_ADDRESS_SPACE	(1u << 16)

void smm_install(struct vm *vm, const void *code, size_t length)
{
	struct kvm_userspace_memory_region smram = {
		.slot = SMM_ADDRESS_SPACE,
		.guest_phys_addr = LOW_MEMORY_BASE,
		.memory_size = LOW_MEMORY_SIZE,
		.userspace_addr = LOW_MEMORY_BASE,
	};

	vm_set_memory_region(vm, &smram);
	memcpy((void *)SMI_ENTRY, code, length);
}
