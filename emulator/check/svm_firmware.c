/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The secure processor: its mailbox, and the books of the SEV firmware. AMD's "Secure Encrypted
 * Virtualization API": a guest's life, and what is refused on the way.
 */
#include <stddef.h>
#include "cpu.h"
#include "pages.h"
#include "svm_claims.h"
#include "svm_sev.h"
#include "tap.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PSP_ID		0x14ca1022
#define PCI_COMMAND	0x04
#define PCI_MEMORY_MASTER 6
#define PCI_BAR_2	0x18

#define REG_INTERRUPT_STATUS 0x10694
#define REG_COMMAND	0x10980
#define REG_BUFFER_LOW	0x109e0
#define REG_BUFFER_HIGH	0x109e4
#define REG_FEATURES	0x109fc
#define COMMAND_DONE	(1u << 31)

enum {
	INIT = 0x01, SHUTDOWN = 0x02, PLATFORM_STATUS = 0x04, DF_FLUSH = 0x0a,
	DECOMMISSION = 0x20, ACTIVATE, DEACTIVATE, GUEST_STATUS,
	LAUNCH_START = 0x30, UPDATE_DATA, UPDATE_VMSA, MEASURE, SECRET, FINISH,
	DBG_DECRYPT = 0x60,
};

#define POLICY_NO_DEBUG	1
#define POLICY_ES	4

static volatile u8 *registers;
/* Memory that the device reads and writes, too. */
static volatile u32 buffer[16] __attribute__((aligned(16)));
static volatile u8 data[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile u8 copy[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static void out32(u16 port, u32 value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static u32 in32(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static u32 pci_read(u32 device, u32 offset)
{
	out32(PCI_ADDRESS, 1u << 31 | device << 11 | offset);
	return in32(PCI_DATA);
}

static u32 reg_read(u32 offset)
{
	return *(volatile u32 *)(registers + offset);
}

static void reg_write(u32 offset, u32 value)
{
	*(volatile u32 *)(registers + offset) = value;
}

static bool find(void)
{
	u32 device;

	for (device = 0; device < 32; device++)
		if (pci_read(device, 0) == PSP_ID)
			break;
	if (device == 32)
		return false;
	out32(PCI_ADDRESS, 1u << 31 | device << 11 | PCI_COMMAND);
	out32(PCI_DATA, PCI_MEMORY_MASTER);
	registers = (volatile u8 *)(u64)(pci_read(device, PCI_BAR_2) & -16u);
	return registers;
}

static u64 command(u32 number)
{
	reg_write(REG_BUFFER_LOW, (u32)(u64)buffer);
	reg_write(REG_BUFFER_HIGH, 0);
	reg_write(REG_COMMAND, number << 16);
	return reg_read(REG_COMMAND) & ~COMMAND_DONE;
}

static void clear(void)
{
	u64 i;

	for (i = 0; i < sizeof(buffer) / sizeof(*buffer); i++)
		buffer[i] = 0;
}

/* The status of a command with up to two words in its buffer. */
static u64 give(u32 number, u32 first, u32 second)
{
	clear();
	buffer[0] = first;
	buffer[1] = second;
	return command(number);
}

/* ... and of one with a handle, an address and a length. */
static u64 give_memory(u32 number, u32 handle, const volatile void *address, u32 length)
{
	clear();
	buffer[0] = handle;
	buffer[2] = (u32)(u64)address;
	buffer[4] = length;
	return command(number);
}

static u64 debug(u32 handle)
{
	clear();
	buffer[0] = handle;
	buffer[2] = (u32)(u64)data;
	buffer[4] = (u32)(u64)copy;
	buffer[6] = 64;
	return command(DBG_DECRYPT);
}

static u32 start(u32 policy)
{
	return give(LAUNCH_START, 0, policy) ? 0 : buffer[0];
}

static void stop(u32 handle)
{
	give(DEACTIVATE, handle, 0);
	give(DECOMMISSION, handle, 0);
}

static void flush(void)
{
	asm volatile("wbinvd" : : : "memory");
	command(DF_FLUSH);
}

static void expect(const char *what, u64 got, u64 want)
{
	if (got != want)
		claim_fails("%s: %#lx, not %#lx", what, got, want);
}

static u64 state(u32 handle)
{
	return give(GUEST_STATUS, handle, 0) ? 0xff : (u8)buffer[3];
}

static void claim_platform(void)
{
	claim_begin("firmware: commands for guests want INIT, which wants memory for SEV-ES");
	expect("LAUNCH_START", give(LAUNCH_START, 0, 0), 1);
	clear();
	buffer[0] = 1;
	expect("INIT without memory", command(INIT), 4);
	buffer[2] = 0x400000;
	buffer[4] = 0x100000;
	buffer[2] += 4096;
	expect("INIT with memory at no megabyte", command(INIT), 9);
	buffer[2] -= 4096;
	expect("INIT", command(INIT), 0);
	expect("INIT again", command(INIT), 1);
	expect("PLATFORM_STATUS", give(PLATFORM_STATUS, 0, 0), 0);
	expect("the platform's state", (u8)(buffer[0] >> 16), 1);
	expect("no such command", give(0x7f, 0, 0), 0x11);
	claim_end();
}

static void claim_life(void)
{
	u32 other = start(0), handle = start(0);	/* the platform stays in WORKING */

	claim_begin("firmware: a guest's states, from LAUNCH_START to DECOMMISSION");
	if (!handle)
		claim_fails("no handle");
	expect("state", state(handle), 1);
	expect("UPDATE_DATA, inactive", give_memory(UPDATE_DATA, handle, data, 64), 8);
	expect("ACTIVATE", give(ACTIVATE, handle, sev_limits.max_asid), 0);
	expect("ACTIVATE again", give(ACTIVATE, handle, sev_limits.max_asid), 0x12);
	expect("DECOMMISSION, active", give(DECOMMISSION, handle, 0), 0x12);
	expect("FINISH, too early", give(FINISH, handle, 0), 2);
	expect("UPDATE_DATA, not aligned", give_memory(UPDATE_DATA, handle, data + 8, 64), 9);
	expect("UPDATE_DATA, odd length", give_memory(UPDATE_DATA, handle, data, 60), 4);
	expect("UPDATE_DATA", give_memory(UPDATE_DATA, handle, data, 64), 0);
	expect("UPDATE_VMSA", give_memory(UPDATE_VMSA, handle, data, PAGE_SIZE), 7);
	expect("MEASURE, short", give_memory(MEASURE, handle, copy, 8), 4);
	expect("the length it wants", buffer[4], 48);
	expect("MEASURE", give_memory(MEASURE, handle, copy, 64), 0);
	expect("state", state(handle), 2);
	expect("UPDATE_DATA, too late", give_memory(UPDATE_DATA, handle, data, 64), 2);
	expect("FINISH", give(FINISH, handle, 0), 0);
	expect("state", state(handle), 3);
	expect("DEACTIVATE", give(DEACTIVATE, handle, 0), 0);
	expect("DECOMMISSION", give(DECOMMISSION, handle, 0), 0);
	expect("GUEST_STATUS, gone", give(GUEST_STATUS, handle, 0), 0x10);
	expect("DECOMMISSION, never active", give(DECOMMISSION, other, 0), 0);
	flush();
	claim_end();
}

static void claim_asids(void)
{
	u32 one = start(0), two = start(0), es = start(POLICY_ES);

	claim_begin("firmware: an ASID has one guest, of its kind, and is flushed between two");
	expect("ACTIVATE", give(ACTIVATE, one, sev_limits.min_asid), 0);
	expect("the same for another", give(ACTIVATE, two, sev_limits.min_asid), 0xc);
	expect("one of SEV-ES's", give(ACTIVATE, two, sev_limits.min_asid - 1), 0xd);
	expect("too high", give(ACTIVATE, two, sev_limits.max_asid + 1), 0xd);
	expect("0", give(ACTIVATE, two, 0), 0xd);
	expect("not of SEV-ES's", give(ACTIVATE, es, sev_limits.min_asid + 1), 0xd);
	expect("one of SEV-ES's", give(ACTIVATE, es, 1), 0);
	stop(one);
	expect("before DF_FLUSH", give(ACTIVATE, two, sev_limits.min_asid), 0xf);
	expect("DF_FLUSH before WBINVD", give(DF_FLUSH, 0, 0), 0xe);
	flush();
	expect("after DF_FLUSH", give(ACTIVATE, two, sev_limits.min_asid), 0);
	stop(two);
	stop(es);
	flush();
	claim_end();
}

static void claim_policy(void)
{
	u32 open = start(0), closed = start(POLICY_NO_DEBUG);

	claim_begin("firmware: DBG_DECRYPT goes by the policy");
	give(ACTIVATE, open, sev_limits.min_asid);
	give(ACTIVATE, closed, sev_limits.min_asid + 1);
	data[5] = 0x77;
	expect("DBG_DECRYPT", debug(open), 0);
	expect("what is decrypted", copy[5], 0x77);
	expect("DBG_DECRYPT against the policy", debug(closed), 7);
	stop(open);
	stop(closed);
	flush();
	claim_end();
}

void claim_firmware(void)
{
	claim_begin("there is a secure processor with SEV");
	if (!find())
		bail_out("no secure processor");
	expect("features", reg_read(REG_FEATURES) & 1, 1);
	claim_end();
	claim_platform();
	claim_life();
	claim_asids();
	claim_policy();
	claim_begin("firmware: SHUTDOWN, then INIT is taken again");
	expect("SHUTDOWN", give(SHUTDOWN, 0, 0), 0);
	clear();
	expect("INIT without SEV-ES", command(INIT), 0);
	expect("LAUNCH_START for SEV-ES", give(LAUNCH_START, 0, POLICY_ES), 7);
	expect("SHUTDOWN", give(SHUTDOWN, 0, 0), 0);
	claim_end();
}
