// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "ioctls.h"
#include "report.h"
#include "symbols.h"
#include "vm.h"

/* A signal of our own, so that tests may use all the others. */
#define WATCHDOG_SIGNAL	SIGRTMAX

#define MAX_CPUID_ENTRIES 256

/* What __vcpu_run() of this thread is inside of. */
static __thread struct kvm_run *running;
static __thread volatile sig_atomic_t timed_out;

void vcpu_set_host_cpuid(struct vcpu *vcpu)
{
	/* A union, because kvm_cpuid2 ends in an array without a size. */
	union {
		struct kvm_cpuid2 cpuid;
		char space[sizeof(struct kvm_cpuid2) +
			   MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
	} host = { .cpuid.nent = MAX_CPUID_ENTRIES };

	must_succeed(ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &host.cpuid),
		     "KVM_GET_SUPPORTED_CPUID");
	vcpu_set_cpuid(vcpu, &host.cpuid);
}

struct vcpu *vcpu_create(struct vm *vm)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		report_error("out of memory");
	vcpu->vm = vm;
	while (vm->vcpus[vcpu->id])
		if (++vcpu->id == MAX_VCPUS)
			report_error("more than %u vCPUs", MAX_VCPUS);

	vcpu->fd = vm_create_vcpu(vm, vcpu->id);
	vcpu->run_size = must_succeed(ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0),
				      "KVM_GET_VCPU_MMAP_SIZE");
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		report_error("mmap of kvm_run: %s", errno_or_success(-1));
	if (vm_check_extension(vm, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS) {
		vcpu->sync_regs = true;
		vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	}
	vcpu->has_guest_mode_flag = vm_check_extension(vm, KVM_CAP_X86_GUEST_MODE);
	vcpu_set_host_cpuid(vcpu);
	/* All but the first wait for an INIT and a SIPI, as on hardware. */
	if (vcpu->id)
		vcpu_set_mp_state(vcpu, &runnable);
	vm->vcpus[vcpu->id] = vcpu;
	exits_add_vcpu(vcpu);
	return vcpu;
}

/*
 * The guest has not left for RUN_TIMEOUT_SECONDS. The signal makes KVM_RUN
 * return; immediate_exit does, should the signal come just before KVM_RUN.
 */
static void watchdog(int signal)
{
	(void)signal;
	timed_out = 1;
	if (running)
		running->immediate_exit = 1;
}

/* A thread's timer signals that thread alone. It ends with the thread. */
static __thread timer_t timer;
static __thread bool has_timer;
static pthread_key_t timer_key;

static void delete_timer(void *its_timer)
{
	timer_delete(*(timer_t *)its_timer);
}

/* A child process inherits no timers. */
static void forget_timer(void)
{
	has_timer = false;
	pthread_setspecific(timer_key, NULL);
}

static void init_timers(void)
{
	struct sigaction action = { .sa_handler = watchdog };

	if (pthread_key_create(&timer_key, delete_timer) ||
	    pthread_atfork(NULL, NULL, forget_timer) ||
	    sigaction(WATCHDOG_SIGNAL, &action, NULL))
		report_error("watchdog timer: %s", errno_or_success(-1));
}

static void create_timer(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = WATCHDOG_SIGNAL,
	};

	pthread_once(&once, init_timers);
	event._sigev_un._tid = syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    pthread_setspecific(timer_key, &timer))
		report_error("watchdog timer: %s", errno_or_success(-1));
	has_timer = true;
}

static void arm_watchdog(struct vcpu *vcpu)
{
	struct itimerspec timeout = {
		.it_value.tv_sec = RUN_TIMEOUT_SECONDS * timeout_scale(),
	};

	if (!has_timer)
		create_timer();
	timed_out = 0;
	running = vcpu->run;
	timer_settime(timer, 0, &timeout, NULL);
}

static void disarm_watchdog(void)
{
	struct itimerspec never = { 0 };

	timer_settime(timer, 0, &never, NULL);
	running = NULL;
}

long __vcpu_run(struct vcpu *vcpu)
{
	struct kvm_regs regs;
	long ret;
	int err;

	arm_watchdog(vcpu);
	vcpu->in_run = true;
	ret = trace_ioctl(ioctl(vcpu->fd, KVM_RUN, 0), KVM_RUN, "KVM_RUN", 0);
	vcpu->in_run = false;
	err = ret < 0 ? errno : 0;
	disarm_watchdog();

	exits_record(vcpu, err);
	if (timed_out)
		report_fail("KVM_RUN did not return within %u s: the guest spins at rip %s",
			    RUN_TIMEOUT_SECONDS * timeout_scale(),
			    __vcpu_get_regs(vcpu, &regs) ? "unknown" : address_name(regs.rip));
	errno = err;
	return ret;
}

/* The guest's own complaints end the test here, wherever it waits for its next exit. */
static void judge_guest_report(struct vcpu *vcpu)
{
	const struct guest_exception *exception;
	const struct guest_assert *failed;
	struct kvm_regs regs;

	if (vcpu->run->exit_reason != KVM_EXIT_IO ||
	    (vcpu->run->io.port != GUEST_PORT_ASSERT &&
	     vcpu->run->io.port != GUEST_PORT_EXCEPTION))
		return;

	vcpu_get_regs(vcpu, &regs);
	if (vcpu->run->io.port == GUEST_PORT_ASSERT) {
		failed = (const void *)regs.rdi;
		report_fail("guest assertion %s:%u: %s", failed->file, failed->line,
			    failed->expression);
	}
	exception = (const void *)regs.rdi;
	report_fail("guest exception %llu, error code 0x%llx, at rip %s",
		    (unsigned long long)exception->vector,
		    (unsigned long long)exception->error_code, address_name(exception->rip));
}

void vcpu_run(struct vcpu *vcpu)
{
	if (__vcpu_run(vcpu))
		report_fail("KVM_RUN: %s", errno_name(errno));
	judge_guest_report(vcpu);
}

long vcpu_run_with_pending_signal(struct vcpu *vcpu)
{
	/* No signal blocked, in a sigset_t of the kernel's size. */
	union {
		struct kvm_signal_mask mask;
		char space[sizeof(struct kvm_signal_mask) + sizeof(uint64_t)];
	} none = { .mask.len = sizeof(uint64_t) };
	struct timespec now = { 0 };
	sigset_t usr1;
	long ret;
	int err;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);

	vcpu_set_signal_mask(vcpu, &none.mask);
	ret = __vcpu_run(vcpu);
	err = errno;

	sigtimedwait(&usr1, NULL, &now);
	vcpu_set_signal_mask(vcpu, NULL);
	errno = err;
	return ret;
}

unsigned long vcpu_rip(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	return regs.rip;
}

unsigned long vcpu_rax(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	return regs.rax;
}

void vcpu_set_rip(struct vcpu *vcpu, unsigned long rip)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	regs.rip = rip;
	vcpu_set_regs(vcpu, &regs);
}

void vcpu_set_cs_base(struct vcpu *vcpu, unsigned long base)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.cs.base = base;
	sregs.cs.selector = base >> 4;
	vcpu_set_sregs(vcpu, &sregs);
}
