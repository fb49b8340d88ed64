/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SEV firmware of the secure processor, after AMD's "Secure Encrypted Virtualization API":
 * the platform and its commands. Those for guests are in firmware_guest.c.
 *
 * Firmware that has no keys: nothing is encrypted, certificates are empty, and nothing that is
 * signed or wrapped by a guest's owner is ever genuine. Not modelled: moving a guest to another
 * machine (SEND_*, RECEIVE_*).
 *
 * KVMCONF_SEV_LEDGER names a file that says, when the machine is switched off, what the firmware
 * still holds, and what no hypervisor should have done.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "fault.h"
#include "firmware.h"

#define INIT_ES			(1u << 0)
#define TMR_SIZE		(1 * MiB)
#define STATUS_CONFIG_ES	(1u << 8)
#define CERTIFICATE_SIZE	0x824
#define ID_SIZE			128	/* of two sockets */

struct firmware firmware;

static enum { PLATFORM_UNINIT, PLATFORM_INIT, PLATFORM_WORKING } platform;
static unsigned long lost_guests, keyless_runs;

bool firmware_read(uint64_t addr, void *to, size_t size)
{
	return address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, to,
				  size) == MEMTX_OK;
}

bool firmware_write(uint64_t addr, const void *from, size_t size)
{
	return address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, from,
				   size) == MEMTX_OK;
}

struct guest *firmware_guest(uint32_t handle)
{
	size_t i;

	for (i = 0; handle && i < ARRAY_SIZE(firmware.guests); i++)
		if (firmware.guests[i].handle == handle)
			return &firmware.guests[i];
	return NULL;
}

unsigned int firmware_guests(void)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(firmware.guests); i++)
		count += !!firmware.guests[i].handle;
	return count;
}

void firmware_forget(struct guest *guest)
{
	if (guest->loaded)
		g_checksum_free(guest->loaded);
	memset(guest, 0, sizeof(*guest));
}

static uint16_t init(bool es, uint64_t tmr, uint32_t tmr_size)
{
	if (platform != PLATFORM_UNINIT)
		return SEV_INVALID_PLATFORM_STATE;
	/* Where the save areas of SEV-ES guests are kept safe. */
	if (es && tmr_size < TMR_SIZE)
		return SEV_INVALID_LENGTH;
	if (es && (!tmr || tmr % TMR_SIZE))
		return SEV_INVALID_ADDRESS;
	firmware.es = es;
	platform = PLATFORM_INIT;
	return SEV_SUCCESS;
}

static uint16_t platform_init(void *buffer)
{
	const struct QEMU_PACKED {
		uint32_t flags, reserved;
		uint64_t tmr;
		uint32_t tmr_size;
	} *data = buffer;

	return init(data->flags & INIT_ES, data->tmr, data->tmr_size);
}

static uint16_t platform_init_ex(void *buffer)
{
	const struct QEMU_PACKED {
		uint32_t length, flags;
		uint64_t tmr;
		uint32_t tmr_size, reserved;
		uint64_t nv;
		uint32_t nv_size;
	} *data = buffer;

	if (data->length < sizeof(*data))
		return SEV_INVALID_LENGTH;
	return init(data->flags & INIT_ES, data->tmr, data->tmr_size);
}

/* Guests that are still there are gone then. */
static uint16_t platform_shutdown(void *buffer)
{
	size_t i;

	lost_guests += firmware_guests();
	for (i = 0; i < ARRAY_SIZE(firmware.guests); i++)
		firmware_forget(&firmware.guests[i]);
	memset(firmware.asids, 0, sizeof(firmware.asids));
	firmware.dirty_cpus = 0;
	firmware.es = false;
	platform = PLATFORM_UNINIT;
	return SEV_SUCCESS;
}

static uint16_t platform_reset(void *buffer)
{
	return platform == PLATFORM_UNINIT ? SEV_SUCCESS : SEV_INVALID_PLATFORM_STATE;
}

static uint16_t platform_status(void *buffer)
{
	struct QEMU_PACKED {
		uint8_t major, minor, state;
		uint32_t flags;
		uint8_t build;
		uint32_t guests;
	} *data = buffer;

	data->major = FIRMWARE_API_MAJOR;
	data->minor = FIRMWARE_API_MINOR;
	data->build = FIRMWARE_BUILD;
	data->state = platform;
	data->flags = firmware.es ? STATUS_CONFIG_ES : 0;
	data->guests = firmware_guests();
	return SEV_SUCCESS;
}

/* New keys, of which nobody sees anything. */
static uint16_t platform_new_key(void *buffer)
{
	return SEV_SUCCESS;
}

/* @size bytes of nothing go to a buffer of @room. How long it must be, callers say in any case. */
static uint16_t export(uint64_t addr, uint32_t room, uint32_t size)
{
	g_autofree void *zeros = g_malloc0(size);

	if (!addr || room < size)
		return SEV_INVALID_LENGTH;
	return firmware_write(addr, zeros, size) ? SEV_SUCCESS : SEV_INVALID_ADDRESS;
}

struct QEMU_PACKED export {
	uint64_t addr;
	uint32_t length;
};

static uint16_t platform_signing_request(void *buffer)
{
	struct export *data = buffer;
	uint32_t room = data->length;

	data->length = CERTIFICATE_SIZE;
	return export(data->addr, room, CERTIFICATE_SIZE);
}

static uint16_t platform_id(void *buffer)
{
	struct export *data = buffer;
	uint32_t room = data->length;

	data->length = ID_SIZE;
	return export(data->addr, room, ID_SIZE);
}

static uint16_t platform_import(void *buffer)
{
	return SEV_INVALID_CERTIFICATE;
}

static uint16_t platform_export(void *buffer)
{
	struct QEMU_PACKED {
		uint64_t addr;
		uint32_t length, reserved;
		uint64_t chain;
		uint32_t chain_length;
	} *data = buffer;
	uint16_t status = export(data->addr, data->length, CERTIFICATE_SIZE);
	uint16_t chain_status = export(data->chain, data->chain_length, 3 * CERTIFICATE_SIZE);

	data->length = CERTIFICATE_SIZE;
	data->chain_length = 3 * CERTIFICATE_SIZE;
	return status ?: chain_status;
}

/* What caches still hold of a guest would else go to memory under its successor's key. */
static uint16_t platform_df_flush(void *buffer)
{
	size_t i;

	if (firmware.dirty_cpus)
		return SEV_WBINVD_REQUIRED;
	for (i = 0; i < ARRAY_SIZE(firmware.asids); i++)
		firmware.asids[i].flush = false;
	return SEV_SUCCESS;
}

static uint16_t unsupported(void *buffer)
{
	return SEV_UNSUPPORTED;
}

#define IN_UNINIT	(1u << PLATFORM_UNINIT)
#define IN_INIT		(1u << PLATFORM_INIT)
#define IN_WORKING	(1u << PLATFORM_WORKING)
#define IN_ANY		(IN_UNINIT | IN_INIT | IN_WORKING)

/* Each command's buffer, and the platform states in which it is taken at all. */
static const struct command {
	uint32_t size, states;
	firmware_command *function;
} commands[] = {
	[0x01] = { 20, IN_ANY, platform_init },
	[0x02] = { 0, IN_ANY, platform_shutdown },
	[0x03] = { 0, IN_ANY, platform_reset },
	[0x04] = { 12, IN_ANY, platform_status },
	[0x05] = { 0, IN_INIT, platform_new_key },
	[0x06] = { 12, IN_INIT | IN_WORKING, platform_signing_request },
	[0x07] = { 28, IN_INIT, platform_import },
	[0x08] = { 28, IN_INIT | IN_WORKING, platform_export },
	[0x09] = { 0, IN_INIT | IN_WORKING, platform_new_key },
	[0x0a] = { 0, IN_INIT | IN_WORKING, platform_df_flush },
	[0x0b] = { 12, IN_UNINIT, unsupported },	/* DOWNLOAD_FIRMWARE */
	[0x0c] = { 12, IN_ANY, platform_id },
	[0x0d] = { 36, IN_ANY, platform_init_ex },
	[0x20] = { 4, IN_WORKING, firmware_decommission },
	[0x21] = { 8, IN_WORKING, firmware_activate },
	[0x22] = { 4, IN_WORKING, firmware_deactivate },
	[0x23] = { 13, IN_WORKING, firmware_guest_status },
	[0x30] = { 36, IN_INIT | IN_WORKING, firmware_launch_start },
	[0x31] = { 20, IN_WORKING, firmware_launch_update_data },
	[0x32] = { 20, IN_WORKING, firmware_launch_update_vmsa },
	[0x33] = { 20, IN_WORKING, firmware_launch_measure },
	[0x34] = { 52, IN_WORKING, firmware_launch_secret },
	[0x35] = { 4, IN_WORKING, firmware_launch_finish },
	[0x36] = { 36, IN_WORKING, firmware_attestation_report },
	[0x40 ... 0x44] = { 0, IN_WORKING, unsupported },	/* SEND_* */
	[0x50 ... 0x53] = { 0, IN_INIT | IN_WORKING, unsupported },	/* RECEIVE_* */
	[0x60] = { 28, IN_WORKING, firmware_dbg_decrypt },
	[0x61] = { 28, IN_WORKING, firmware_dbg_encrypt },
};

uint16_t psp_command(unsigned int number, hwaddr buffer)
{
	const struct command *command;
	uint8_t data[64] = { 0 };
	uint16_t status;

	if (number >= ARRAY_SIZE(commands) || !commands[number].function)
		return SEV_INVALID_COMMAND;
	command = &commands[number];
	if (!(command->states & 1u << platform))
		return SEV_INVALID_PLATFORM_STATE;
	if (command->size && !firmware_read(buffer, data, command->size))
		return SEV_INVALID_ADDRESS;
	status = command->function(data);
	if (platform != PLATFORM_UNINIT)
		platform = firmware_guests() ? PLATFORM_WORKING : PLATFORM_INIT;
	if (command->size)
		firmware_write(buffer, data, command->size);
	return status;
}

void psp_asid_used(uint32_t asid, unsigned int cpu)
{
	qatomic_or(&firmware.guest_cpus, 1ull << cpu % 64);
	if (asid <= SEV_MAX_ASID && !firmware.asids[asid].owner)
		qatomic_inc(&keyless_runs);
}

void psp_caches_written(unsigned int cpu)
{
	qatomic_and(&firmware.dirty_cpus, ~(1ull << cpu % 64));
}

static void write_ledger(void)
{
	FILE *file = fopen(getenv("KVMCONF_SEV_LEDGER"), "w");
	unsigned int active = 0;
	size_t i;

	if (!file)
		return;
	for (i = 0; i < ARRAY_SIZE(firmware.asids); i++)
		active += !!firmware.asids[i].owner;
	fprintf(file, "%u\tguests\n", firmware_guests());
	fprintf(file, "%u\tactive ASIDs\n", active);
	fprintf(file, "%lu\tguests that SHUTDOWN has found\n", lost_guests);
	fprintf(file, "%lu\truns of a guest whose ASID has no key\n", keyless_runs);
	fclose(file);
}

static void __attribute__((constructor)) keep_ledger(void)
{
	if (getenv("KVMCONF_SEV_LEDGER"))
		atexit(write_ledger);
}
