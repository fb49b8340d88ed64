/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that come when the test gives them: a command that reads one waits until then. */
#ifndef KVMCONF_TDX_UFFD_H
#define KVMCONF_TDX_UFFD_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test.h"

static inline int open_uffd(void)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC);
}

#define REQUIRE_USERFAULTFD() do {							\
	int __fd = open_uffd();								\
											\
	REQUIRE(__fd >= 0 || errno != EPERM, "permission", "userfaultfd: EPERM");	\
	REQUIRE(__fd >= 0 || errno != ENOSYS, "no-userfaultfd",				\
		"the kernel is built without");						\
	ASSERT_LE(0, __fd);								\
	close(__fd);									\
} while (0)

/* @nr such pages; the userfaultfd that tells who reads them. */
static inline int uffd_map(char **pages, unsigned long nr)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = must_succeed(open_uffd(), "userfaultfd");

	must_succeed(ioctl(uffd, UFFDIO_API, &api), "UFFDIO_API");
	*pages = mmap(NULL, nr * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (*pages == MAP_FAILED)
		report_error("mmap: %s", errno_or_success(-1));
	range.range = (struct uffdio_range){ (__u64)*pages, nr * PAGE_SIZE };
	must_succeed(ioctl(uffd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
	return uffd;
}

/* Waits until somebody reads one of them, and gives that page's address. */
static inline unsigned long uffd_wait(int uffd)
{
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		report_error("userfaultfd: %s", errno_or_success(-1));
	return msg.arg.pagefault.address & ~(PAGE_SIZE - 1);
}

/* Gives the page at @address, empty, to who waits for it. */
static inline void uffd_give(int uffd, unsigned long address)
{
	struct uffdio_zeropage page = { .range = { address, PAGE_SIZE } };

	must_succeed(ioctl(uffd, UFFDIO_ZEROPAGE, &page), "UFFDIO_ZEROPAGE");
}

#endif
