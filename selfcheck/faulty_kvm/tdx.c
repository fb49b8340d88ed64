// SPDX-License-Identifier: GPL-2.0-only
/* Faults of TDs that would damage a real kernel. */
#include "faulty_kvm.h"

int __real_fallocate(int fd, int mode, off_t offset, off_t size);

static long run_unready(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	return ret < 0 && errno == EINVAL ? refuse(EFAULT) : ret;
}

/* What is removed from guest_memfd stays the TD's. */
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
	return fault_active("hole-not-punched") ? 0 : __real_fallocate(fd, mode, offset, size);
}

const struct shim_fault tdx_faults[] = {
	FAULT("run-unready", KVM_RUN, run_unready),
	FAULT("hole-not-punched", NO_IOCTL, 0),
	END_OF_FAULTS
};
