// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of ioctls at the end of a readable page: a whole structure there is as good as
 * anywhere, of half a one KVM reads and writes nothing: EFAULT.
 */
#include <sys/mman.h>

#include "test.h"

#define PAGE 4096ul

enum object { VM, VCPU };

/* The end of memory, two pages of it, behind which nothing is mapped. */
static char *end_of_memory(void)
{
	char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED || munmap(memory + 2 * PAGE, PAGE))
		report_error("no memory: %s", errno_or_success(-1));
	return memory + 2 * PAGE;
}

FIXTURE(argument) {
	struct vm *vm;
	struct vcpu *vcpu;
	char *end;			/* of the page; behind it nothing is mapped */
};

FIXTURE_VARIANT(argument) {
	enum object object;
	unsigned long get, set;		/* the ioctls; 0: there is none */
	size_t size;
};

/* Both directions of a pair with the same structure. */
#define PAIR(name, object, get, set, type) \
	FIXTURE_VARIANT_ADD(argument, name) { object, get, set, sizeof(type) }

PAIR(regs, VCPU, KVM_GET_REGS, KVM_SET_REGS, struct kvm_regs);
PAIR(sregs, VCPU, KVM_GET_SREGS, KVM_SET_SREGS, struct kvm_sregs);
PAIR(sregs2, VCPU, KVM_GET_SREGS2, KVM_SET_SREGS2, struct kvm_sregs2);
PAIR(fpu, VCPU, KVM_GET_FPU, KVM_SET_FPU, struct kvm_fpu);
PAIR(xsave, VCPU, KVM_GET_XSAVE, KVM_SET_XSAVE, struct kvm_xsave);
PAIR(xcrs, VCPU, KVM_GET_XCRS, KVM_SET_XCRS, struct kvm_xcrs);
PAIR(events, VCPU, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events);
PAIR(debugregs, VCPU, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, struct kvm_debugregs);
PAIR(lapic, VCPU, KVM_GET_LAPIC, KVM_SET_LAPIC, struct kvm_lapic_state);
PAIR(mp_state, VCPU, KVM_GET_MP_STATE, KVM_SET_MP_STATE, struct kvm_mp_state);
PAIR(guest_debug, VCPU, 0, KVM_SET_GUEST_DEBUG, struct kvm_guest_debug);
PAIR(clock, VM, KVM_GET_CLOCK, KVM_SET_CLOCK, struct kvm_clock_data);

/* Needs: no-cap */
FIXTURE_SETUP(argument)
{
	REQUIRE_KVM();
	REQUIRE(variant->get != KVM_GET_SREGS2 || kvm_cap(KVM_CAP_SREGS2), "no-cap",
		"KVM_CAP_SREGS2");
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm);
	self->end = end_of_memory();
}

FIXTURE_TEARDOWN(argument)
{
	TEARDOWN_VM(self->vm);
}

static int fd_of(const struct vm *vm, const struct vcpu *vcpu, enum object object)
{
	return object == VM ? vm->fd : vcpu->fd;
}

/* What the pair gets, at @argument, is what it can set. */
#define GET_WHAT_CAN_BE_SET(variant, fd, argument) do {					\
	if ((variant)->get)								\
		EXPECT_SUCCESS(ioctl(fd, (variant)->get, argument));			\
	/* What KVM_GET_CLOCK has in flags is nothing to be set. */			\
	if ((variant)->set == KVM_SET_CLOCK)						\
		((struct kvm_clock_data *)(argument))->flags = 0;			\
} while (0)

/*
 * A structure that ends at the end of a mapped page can be read and written: what GET returns
 * SET takes.
 *
 * Source: KVM api.rst 4, "Parameters" of each: the structure, and no byte more
 */
TEST_F(argument, whole_structure_at_the_end_is_taken)
{
	int fd = fd_of(self->vm, self->vcpu, variant->object);
	void *argument = self->end - variant->size;

	GET_WHAT_CAN_BE_SET(variant, fd, argument);
	EXPECT_SUCCESS(ioctl(fd, variant->set, argument));
}

/*
 * An ioctl with a structure that reaches beyond the mapped page fails with EFAULT and takes
 * nothing, whether one byte is missing, half of it, or all but one byte.
 *
 * Source: KVM api.rst 2: errno; Linux copy_from_user(), copy_to_user()
 */
TEST_F(argument, part_of_a_structure_is_efault)
{
	int fd = fd_of(self->vm, self->vcpu, variant->object);
	const size_t there[] = { variant->size - 1, variant->size / 2, 1 };
	struct kvm_regs before, after;

	vcpu_get_regs(self->vcpu, &before);
	for (unsigned int i = 0; i < ARRAY_SIZE(there); i++) {
		memset(self->end - there[i], 0, there[i]);
		if (variant->get)
			EXPECT_ERRNO(EFAULT, ioctl(fd, variant->get, self->end - there[i]));
		memset(self->end - there[i], 0, there[i]);
		EXPECT_ERRNO(EFAULT, ioctl(fd, variant->set, self->end - there[i]));
	}
	vcpu_get_regs(self->vcpu, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

/*
 * A read-only structure fails with EFAULT if KVM is to write it, and is taken if KVM is to read
 * it.
 *
 * Source: KVM api.rst 4, "Parameters" of each: (in) and (out)
 */
TEST_F(argument, read_only_structure_can_be_set_alone)
{
	int fd = fd_of(self->vm, self->vcpu, variant->object);
	void *argument = self->end - variant->size;

	GET_WHAT_CAN_BE_SET(variant, fd, argument);
	ASSERT_EQ(0, mprotect(self->end - 2 * PAGE, 2 * PAGE, PROT_READ));
	if (variant->get)
		EXPECT_ERRNO(EFAULT, ioctl(fd, variant->get, argument));
	EXPECT_SUCCESS(ioctl(fd, variant->set, argument));
}

/* Structures that end in an array: what the count says must be there. */
FIXTURE(list) {
	struct vm *vm;
	struct vcpu *vcpu;
	char *end;
};

FIXTURE_VARIANT(list) {
	unsigned long get, set;
	size_t head, entry;
	unsigned int count;
};

FIXTURE_VARIANT_ADD(list, msrs) {
	KVM_GET_MSRS, KVM_SET_MSRS, sizeof(struct kvm_msrs), sizeof(struct kvm_msr_entry), 2
};
FIXTURE_VARIANT_ADD(list, cpuid2) {
	0, KVM_SET_CPUID2, sizeof(struct kvm_cpuid2), sizeof(struct kvm_cpuid_entry2), 2
};
FIXTURE_VARIANT_ADD(list, signal_mask) {
	0, KVM_SET_SIGNAL_MASK, sizeof(struct kvm_signal_mask), 1, 8
};

FIXTURE_SETUP(list)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm);
	self->end = end_of_memory();
}

FIXTURE_TEARDOWN(list)
{
	TEARDOWN_VM(self->vm);
}

#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082

/* A list that KVM takes, of which @there bytes lie before the end; the rest is cut off. */
static void *put_list(char *end, unsigned long set, size_t there, size_t size, unsigned int count)
{
	union {
		uint32_t words[64];
		struct kvm_msrs msrs;
		struct kvm_cpuid2 cpuid;
		char bytes[1];
	} list = { .words = { count } };

	if (set == KVM_SET_MSRS) {
		list.msrs.entries[0].index = MSR_STAR;
		list.msrs.entries[1].index = MSR_LSTAR;
	}
	if (set == KVM_SET_CPUID2) {
		list.cpuid.entries[0].eax = 1;
		list.cpuid.entries[1].function = 1;
	}
	memcpy(end - there, list.bytes, there < size ? there : size);
	return end - there;
}

/*
 * The count decides how much of a list KVM reads: a list that ends with the page is taken, and
 * one that lacks a byte fails with EFAULT.
 *
 * Source: KVM api.rst, KVM_SET_MSRS, KVM_SET_CPUID2, KVM_SET_SIGNAL_MASK; Linux copy_from_user()
 */
TEST_F(list, all_entries_must_be_there)
{
	size_t size = variant->head + variant->count * variant->entry;
	int fd = self->vcpu->fd;
	void *list = put_list(self->end, variant->set, size, size, variant->count);

	if (variant->get)
		EXPECT_EQ((int)variant->count, ioctl(fd, variant->get, list));
	EXPECT_EQ(variant->set == KVM_SET_MSRS ? (int)variant->count : 0,
		  ioctl(fd, variant->set, list));

	for (size_t cut = 1; cut < size; cut += variant->entry) {
		list = put_list(self->end, variant->set, size - cut, size, variant->count);
		if (variant->get)
			EXPECT_ERRNO(EFAULT, ioctl(fd, variant->get, list));
		EXPECT_ERRNO(EFAULT, ioctl(fd, variant->set, list));
	}
}

KVMCONF_MAIN
