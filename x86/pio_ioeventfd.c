// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O that the kernel takes on behalf of userspace: an ioeventfd counts it, a coalesced
 * zone writes it down. What either does not take exits.
 */
#include <sys/eventfd.h>

#include "io_insn.h"
#include "test.h"

#define PORT_7E		0x7e		/* see KVM_X86_QUIRK_OUT_7E_INC_RIP */
#define NEXT_PORT	0x15		/* the ioeventfd is one below it */
#define ANY_SIZE	0

FIXTURE(eventfd) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_ioeventfd io;
};

FIXTURE_VARIANT(eventfd) {
	struct io_insn io;
	unsigned int port;
	unsigned int size;		/* that the ioeventfd is for */
	bool match;			/* and whether for a value alone, */
	uint64_t value;			/* which */
	unsigned int counted;		/* elements that it takes; 0: userspace has them */
	bool quirk_off;
};

#define RAX8	(uint8_t)IO_RAX
#define RAX16	(uint16_t)IO_RAX
#define RAX32	(uint32_t)IO_RAX

#define EVENTFD(name, ...) FIXTURE_VARIANT_ADD(eventfd, name) { __VA_ARGS__ }

EVENTFD(out8, IO_OUT8, IO_PORT, 1, false, 0, 1, false);
EVENTFD(out16, IO_OUT16, IO_PORT, 2, false, 0, 1, false);
EVENTFD(out32, IO_OUT32, IO_PORT, 4, false, 0, 1, false);
EVENTFD(out8_of_any_size, IO_OUT8, IO_PORT, ANY_SIZE, false, 0, 1, false);
EVENTFD(out32_of_any_size, IO_OUT32, IO_PORT, ANY_SIZE, false, 0, 1, false);
EVENTFD(out8_of_size_4, IO_OUT8, IO_PORT, 4, false, 0, 0, false);
EVENTFD(out32_of_size_2, IO_OUT32, IO_PORT, 2, false, 0, 0, false);
EVENTFD(out8_next_port, IO_OUT8, NEXT_PORT, 1, false, 0, 0, false);
EVENTFD(out8_match, IO_OUT8, IO_PORT, 1, true, RAX8, 1, false);
EVENTFD(out8_other, IO_OUT8, IO_PORT, 1, true, RAX8 ^ 1, 0, false);
EVENTFD(out16_match, IO_OUT16, IO_PORT, 2, true, RAX16, 1, false);
EVENTFD(out16_other_in_the_upper_byte, IO_OUT16, IO_PORT, 2, true, RAX16 ^ 0x100, 0, false);
EVENTFD(out32_match, IO_OUT32, IO_PORT, 4, true, RAX32, 1, false);
EVENTFD(out32_other_in_the_upper_byte, IO_OUT32, IO_PORT, 4, true, RAX32 ^ 1u << 31, 0, false);
EVENTFD(in8, IO_IN8, IO_PORT, 1, false, 0, 0, false);
EVENTFD(outsw, IO_OUTSW, IO_PORT, 2, false, 0, 1, false);
EVENTFD(rep_outsb, IO_REP_OUTSB, IO_PORT, 1, false, 0, IO_ELEMENTS, false);
EVENTFD(rep_outsd_of_any_size, IO_REP_OUTSD, IO_PORT, ANY_SIZE, false, 0, IO_ELEMENTS, false);
EVENTFD(rep_insb, IO_REP_INSB, IO_PORT, 1, false, 0, 0, false);
EVENTFD(port_7e_out8, IO_OUT8, PORT_7E, 1, false, 0, 1, false);
EVENTFD(port_7e_out32, IO_OUT32, PORT_7E, 4, false, 0, 1, false);
EVENTFD(port_7e_out8_quirk_off, IO_OUT8, PORT_7E, 1, false, 0, 1, true);

/* Needs: no-string-io */
FIXTURE_SETUP(eventfd)
{
	struct kvm_regs regs;

	REQUIRE_KVM();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	self->vm = vm_create();
	if (variant->quirk_off)
		vm_enable_cap(self->vm, KVM_CAP_DISABLE_QUIRKS, KVM_X86_QUIRK_OUT_7E_INC_RIP);
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	vcpu_get_regs(self->vcpu, &regs);
	regs.rdx = variant->port;
	vcpu_set_regs(self->vcpu, &regs);

	self->io = (struct kvm_ioeventfd){
		.addr = variant->port == NEXT_PORT ? NEXT_PORT - 1 : variant->port,
		.len = variant->size,
		.datamatch = variant->value,
		.flags = KVM_IOEVENTFD_FLAG_PIO |
			 (variant->match ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0),
		.fd = eventfd(0, EFD_NONBLOCK),
	};
	vm_ioeventfd(self->vm, &self->io);
}

FIXTURE_TEARDOWN(eventfd)
{
	TEARDOWN_VM(self->vm);
}

static uint64_t events_of(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/*
 * An ioeventfd counts each write that matches its port, size and value, and the guest goes on
 * without an exit. Any other write, and any read, exits and counts nothing.
 *
 * Source: KVM api.rst 4.59 KVM_IOEVENTFD; virt/kvm/eventfd.c ioeventfd_in_range()
 */
TEST_F(eventfd, counts_the_writes_that_it_is_for)
{
	const struct kvm_run *run = self->vcpu->run;

	vcpu_run(self->vcpu);
	EXPECT_EQ(variant->counted, events_of(self->io.fd));
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	if (!variant->counted) {
		EXPECT_EQ(variant->port, run->io.port);
		EXPECT_EQ(variant->io.size, run->io.size);
		vcpu_run(self->vcpu);
		EXPECT_EQ(0, events_of(self->io.fd));
	}
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/*
 * An ioeventfd that is set up at the exit does not count the I/O of that exit. It counts what is
 * left of a REP.
 *
 * Source: KVM api.rst 4.59 KVM_IOEVENTFD, KVM_EXIT_IO
 */
TEST_F(eventfd, set_up_at_the_exit_is_for_later_io)
{
	struct kvm_ioeventfd gone = self->io;

	gone.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	vm_ioeventfd(self->vm, &gone);
	vcpu_run(self->vcpu);
	EXPECT_EQ(variant->port, self->vcpu->run->io.port);
	vm_ioeventfd(self->vm, &self->io);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(variant->counted ? variant->counted - 1 : 0, events_of(self->io.fd));
}

/* A coalesced zone. */
#define ZONE		0x40
#define ZONE_SIZE	8

FIXTURE(zone) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_coalesced_mmio_ring *ring;
};

FIXTURE_VARIANT(zone) {
	struct io_insn io;
	unsigned int port;
	unsigned int written;		/* elements that are written down; 0: userspace has them */
};

FIXTURE_VARIANT_ADD(zone, out8) { IO_OUT8, ZONE, 1 };
FIXTURE_VARIANT_ADD(zone, out16_at_the_end) { IO_OUT16, ZONE + ZONE_SIZE - 2, 1 };
FIXTURE_VARIANT_ADD(zone, out32) { IO_OUT32, ZONE + 3, 1 };
FIXTURE_VARIANT_ADD(zone, out32_over_the_end) { IO_OUT32, ZONE + ZONE_SIZE - 2, 0 };
FIXTURE_VARIANT_ADD(zone, out16_over_the_beginning) { IO_OUT16, ZONE - 1, 0 };
FIXTURE_VARIANT_ADD(zone, out8_behind) { IO_OUT8, ZONE + ZONE_SIZE, 0 };
FIXTURE_VARIANT_ADD(zone, in8) { IO_IN8, ZONE, 0 };
FIXTURE_VARIANT_ADD(zone, outsw) { IO_OUTSW, ZONE, 1 };
FIXTURE_VARIANT_ADD(zone, rep_outsb) { IO_REP_OUTSB, ZONE, IO_ELEMENTS };
FIXTURE_VARIANT_ADD(zone, rep_outsd) { IO_REP_OUTSD, ZONE + 4, IO_ELEMENTS };
FIXTURE_VARIANT_ADD(zone, rep_insb) { IO_REP_INSB, ZONE, 0 };

/* Needs: no-cap, no-string-io */
FIXTURE_SETUP(zone)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = ZONE, .size = ZONE_SIZE, .pio = 1 };
	struct kvm_regs regs;
	long page;

	REQUIRE_KVM();
	REQUIRE(kvm_cap(KVM_CAP_COALESCED_PIO), "no-cap", "KVM_CAP_COALESCED_PIO");
	if (variant->io.string)
		REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	vcpu_get_regs(self->vcpu, &regs);
	regs.rdx = variant->port;
	vcpu_set_regs(self->vcpu, &regs);

	page = vm_check_extension(self->vm, KVM_CAP_COALESCED_MMIO);
	self->ring = (void *)((char *)self->vcpu->run + page * 4096);
	must_succeed(ioctl(self->vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone),
		     "KVM_REGISTER_COALESCED_MMIO");
}

FIXTURE_TEARDOWN(zone)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A write that lies in a coalesced zone as a whole goes to the ring, with port, length and data,
 * in order, and the guest goes on. Any other I/O exits, and leaves the ring as it was.
 *
 * Source: KVM api.rst 4.116 KVM_REGISTER_COALESCED_MMIO; virt/kvm/coalesced_mmio.c coalesced_mmio_in_range()
 */
TEST_F(zone, writes_in_it_are_written_down)
{
	const struct kvm_run *run = self->vcpu->run;
	uint64_t rax = IO_RAX;

	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_EQ(0, self->ring->first);
	ASSERT_EQ(variant->written, self->ring->last);
	for (unsigned int i = 0; i < variant->written; i++) {
		const struct kvm_coalesced_mmio *entry = &self->ring->coalesced_mmio[i];
		uint8_t *want = variant->io.string ? (uint8_t *)IO_AT + i * variant->io.size :
						     (uint8_t *)&rax;

		EXPECT_EQ(variant->port, entry->phys_addr);
		EXPECT_EQ(variant->io.size, entry->len);
		EXPECT_EQ(1, entry->pio);
		EXPECT_EQ(0, memcmp(want, entry->data, variant->io.size));
	}
	if (!variant->written) {
		EXPECT_EQ(variant->port, run->io.port);
		vcpu_run(self->vcpu);
		EXPECT_EQ(0, self->ring->last);
	}
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/*
 * When the ring is full but for one entry, a write in a coalesced zone exits, once for each
 * element, and overwrites nothing. Any other I/O exits once, as ever.
 *
 * Source: KVM api.rst 4.116; virt/kvm/coalesced_mmio.c: "Leave one entry free in the ring"
 */
TEST_F(zone, full_ring_makes_writes_exit)
{
	unsigned int free_entry = 5, exits = 0;

	self->ring->last = free_entry;
	self->ring->first = free_entry + 1;
	for (vcpu_run(self->vcpu); self->vcpu->run->io.port == variant->port; exits++)
		vcpu_run(self->vcpu);
	EXPECT_EQ(variant->written ? variant->written : 1, exits);
	EXPECT_EQ(free_entry, self->ring->last);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/*
 * After a coalesced zone is unregistered, writes in it exit.
 *
 * Source: KVM api.rst 4.116 KVM_UNREGISTER_COALESCED_MMIO
 */
TEST_F(zone, unregistered_zone_takes_nothing)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = ZONE, .size = ZONE_SIZE, .pio = 1 };

	must_succeed(ioctl(self->vm->fd, KVM_UNREGISTER_COALESCED_MMIO, &zone),
		     "KVM_UNREGISTER_COALESCED_MMIO");
	vcpu_run(self->vcpu);
	EXPECT_EQ(variant->port, self->vcpu->run->io.port);
	EXPECT_EQ(0, self->ring->last);
}

KVMCONF_MAIN
