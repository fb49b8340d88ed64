// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a vCPU's whole life costs (open, create, run to the first exit, tear
 * down) with the library, beside the same by bare ioctls in the same run: the
 * floor. With a path as argument also that program as a process, for instance
 * upstream's userspace_io_test, beside a process that does one vCPU's life.
 *
 * Both sides of a pair are measured in turn, so that what disturbs one disturbs
 * the other; the ratio is that of the medians.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "ioctls.h"
#include "report.h"
#include "segments.h"
#include "vm.h"

#define ROUNDS		200
#define PROCESS_ROUNDS	20

extern char **environ;
extern char __executable_start[], _end[];

static __guest void guest_code(void)
{
	GUEST_SYNC(1);
}

static void life_by_library(void)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create_long(vm, guest_code);

	vcpu_run(vcpu);
	if (vcpu->run->exit_reason != KVM_EXIT_IO)
		report_error("the guest left with %s", exit_name(vcpu->run->exit_reason));
	vm_free(vm);
}

static int must(int ret, const char *what)
{
	return must_succeed(ret, what);
}

/* No more system calls than it takes to run long-mode code to an OUT. */
static void life_by_ioctls(void)
{
	unsigned long start = (unsigned long)__executable_start & ~0xffful;
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = start,
		.userspace_addr = start,
		.memory_size = (((unsigned long)_end + 0xfff) & ~0xffful) - start,
	};
	static char stack[4096];
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = GDT_CODE64, .type = 0xb, .present = 1, .s = 1,
		.l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = GDT_DATA, .type = 0x3, .present = 1, .s = 1,
		.db = 1, .g = 1,
	};
	struct kvm_regs regs = {
		.rip = (uint64_t)guest_code, .rflags = 2, .rsp = (uint64_t)stack + sizeof(stack) - 8,
	};
	union {
		struct kvm_cpuid2 cpuid;
		char space[sizeof(struct kvm_cpuid2) + 256 * sizeof(struct kvm_cpuid_entry2)];
	} host = { .cpuid.nent = 256 };
	struct kvm_sregs sregs;
	struct kvm_run *run;
	int kvm, vm, vcpu, size;

	kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	must(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &host.cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(vcpu, KVM_SET_CPUID2, &host.cpuid), "KVM_SET_CPUID2");
	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = 0x80010033;
	sregs.cr3 = (uint64_t)guest_pml4;
	sregs.cr4 = 0x220;
	sregs.efer = 0x500;
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
	if (run->exit_reason != KVM_EXIT_IO)
		report_error("the guest left with %s", exit_name(run->exit_reason));
	munmap(run, size);
	close(vcpu);
	close(vm);
	close(kvm);
}

static const char *program, *own_path;

static void run_process(const char *path, const char *arg)
{
	char *argv[] = { (char *)path, (char *)arg, NULL };
	posix_spawn_file_actions_t quiet;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, path, &quiet, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid || status)
		report_error("%s did not end well", path);
	posix_spawn_file_actions_destroy(&quiet);
}

static void peer_process(void) { run_process(program, NULL); }
static void own_process(void) { run_process(own_path, "--once"); }

static unsigned long time_one(void (*life)(void))
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	life();
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000000000ul + after.tv_nsec - before.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	unsigned long left = *(const unsigned long *)a, right = *(const unsigned long *)b;

	return left < right ? -1 : left > right;
}

/* Prints both medians and the ratio of @ours to @floor. */
static void compare_lives(const char *what, void (*ours)(void), void (*floor)(void),
			  unsigned int rounds)
{
	static unsigned long mine[ROUNDS], theirs[ROUNDS];

	for (unsigned int i = 0; i < rounds; i++) {
		mine[i] = time_one(ours);
		theirs[i] = time_one(floor);
	}
	qsort(mine, rounds, sizeof(mine[0]), compare);
	qsort(theirs, rounds, sizeof(theirs[0]), compare);
	printf("%s: %lu us against %lu us, ratio %lu.%02lu (medians of %u)\n", what,
	       mine[rounds / 2] / 1000, theirs[rounds / 2] / 1000,
	       mine[rounds / 2] / theirs[rounds / 2],
	       mine[rounds / 2] * 100 / theirs[rounds / 2] % 100, rounds);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--once")) {
		life_by_library();
		return 0;
	}
	compare_lives("a vCPU's life, library against bare ioctls", life_by_library,
		      life_by_ioctls, ROUNDS);
	if (argc == 2) {
		program = argv[1];
		own_path = argv[0];
		compare_lives("as a process, the given program against the library",
			      peer_process, own_process, PROCESS_ROUNDS);
	}
	return 0;
}
