/* SPDX-License-Identifier: GPL-2.0-only */
/* The SEV firmware's commands for guests: from LAUNCH_START to DECOMMISSION, and debugging. */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "exec/hwaddr.h"
#include "fault.h"
#include "firmware.h"

#define BLOCK		16	/* bytes that are encrypted together */
#define VMSA_SIZE	4096
#define UPDATE_MAX	(16 * MiB)
#define NONCE_SIZE	16
#define SECRET_HEADER	52
#define REPORT_SIZE	208

struct QEMU_PACKED with_handle {
	uint32_t handle;
};

/* The guest of a command that wants one in that state, active or not. */
static uint16_t find(const void *buffer, enum guest_state state, struct guest **guest)
{
	*guest = firmware_guest(((const struct with_handle *)buffer)->handle);
	if (!*guest)
		return SEV_INVALID_GUEST;
	if ((*guest)->state != state && !FAULTY(ANY_STATE))
		return SEV_INVALID_GUEST_STATE;
	return SEV_SUCCESS;
}

/* Only a guest with an ASID has its key in the memory controller. */
static uint16_t find_active(const void *buffer, enum guest_state state, struct guest **guest)
{
	uint16_t status = find(buffer, state, guest);

	if (!status && !(*guest)->asid)
		return SEV_INACTIVE;
	return status;
}

static struct guest *new_guest(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(firmware.guests); i++)
		if (!firmware.guests[i].handle)
			return &firmware.guests[i];
	return NULL;
}

uint16_t firmware_launch_start(void *buffer)
{
	struct QEMU_PACKED {
		uint32_t handle, policy;
		uint64_t certificate;
		uint32_t certificate_length, reserved;
		uint64_t session;
		uint32_t session_length;
	} *data = buffer;
	struct guest *guest, *other;

	if (data->policy & POLICY_ES && !firmware.es)
		return SEV_POLICY_FAILURE;
	/* The least firmware that the owner takes: its API's major and minor version. */
	if (data->policy >> 16 & 0xff &&
	    (data->policy >> 16 & 0xff) > FIRMWARE_API_MAJOR)
		return SEV_POLICY_FAILURE;
	if (data->policy >> 24 > FIRMWARE_API_MINOR)
		return SEV_POLICY_FAILURE;
	/* Nobody has a certificate of this platform, and none of an owner's could be good. */
	if (data->certificate_length)
		return SEV_INVALID_CERTIFICATE;
	if (data->session_length)
		return SEV_BAD_MEASUREMENT;
	/* Not a new key, but that of another guest. */
	if (data->handle) {
		other = firmware_guest(data->handle);
		if (!other)
			return SEV_INVALID_GUEST;
		if (other->policy != data->policy || data->policy & POLICY_NO_KEY_SHARING)
			return SEV_POLICY_FAILURE;
	}
	guest = new_guest();
	if (!guest)
		return SEV_RESOURCE_LIMIT;
	guest->handle = data->handle = ++firmware.handles;
	guest->policy = data->policy;
	guest->state = GUEST_LUPDATE;
	guest->loaded = g_checksum_new(G_CHECKSUM_SHA256);
	return SEV_SUCCESS;
}

uint16_t firmware_activate(void *buffer)
{
	const struct QEMU_PACKED {
		uint32_t handle, asid;
	} *data = buffer;
	struct guest *guest = firmware_guest(data->handle);
	struct asid *asid;

	if (!guest)
		return SEV_INVALID_GUEST;
	if (guest->asid)
		return SEV_ACTIVE;
	if (!data->asid || data->asid > SEV_MAX_ASID)
		return SEV_INVALID_ASID;
	if (!!(guest->policy & POLICY_ES) != (data->asid < SEV_MIN_ASID) && !FAULTY(ES_ASID))
		return SEV_INVALID_ASID;
	asid = &firmware.asids[data->asid];
	if (asid->owner && !FAULTY(ASID_TWICE))
		return SEV_ASID_OWNED;
	if (asid->flush && !FAULTY(NO_DF_FLUSH))
		return SEV_DF_FLUSH_REQUIRED;
	asid->owner = guest;
	guest->asid = data->asid;
	return SEV_SUCCESS;
}

uint16_t firmware_deactivate(void *buffer)
{
	struct guest *guest = firmware_guest(((struct with_handle *)buffer)->handle);

	if (!guest)
		return SEV_INVALID_GUEST;
	if (!guest->asid)
		return SEV_INACTIVE;
	firmware.asids[guest->asid] = (struct asid) { .flush = true };
	guest->asid = 0;
	qatomic_or(&firmware.dirty_cpus, qatomic_read(&firmware.guest_cpus));
	return SEV_SUCCESS;
}

uint16_t firmware_decommission(void *buffer)
{
	struct guest *guest = firmware_guest(((struct with_handle *)buffer)->handle);

	if (!guest)
		return SEV_INVALID_GUEST;
	if (guest->asid)
		return SEV_ACTIVE;
	if (!FAULTY(LOST_GUEST))
		firmware_forget(guest);
	return SEV_SUCCESS;
}

uint16_t firmware_guest_status(void *buffer)
{
	struct QEMU_PACKED {
		uint32_t handle, policy, asid;
		uint8_t state;
	} *data = buffer;
	struct guest *guest = firmware_guest(data->handle);

	if (!guest)
		return SEV_INVALID_GUEST;
	data->policy = guest->policy;
	data->asid = guest->asid;
	data->state = guest->state;
	return SEV_SUCCESS;
}

struct QEMU_PACKED with_buffer {
	uint32_t handle, reserved;
	uint64_t addr;
	uint32_t length;
};

/* What is loaded is measured. It would be encrypted where it is; here it stays as it is. */
static uint16_t load(struct guest *guest, const struct with_buffer *data)
{
	g_autofree uint8_t *bytes = NULL;

	if (data->addr % BLOCK)
		return SEV_INVALID_ADDRESS;
	if (!data->length || data->length % BLOCK || data->length > UPDATE_MAX)
		return SEV_INVALID_LENGTH;
	bytes = g_malloc(data->length);
	if (!firmware_read(data->addr, bytes, data->length))
		return SEV_INVALID_ADDRESS;
	g_checksum_update(guest->loaded, bytes, data->length);
	return SEV_SUCCESS;
}

uint16_t firmware_launch_update_data(void *buffer)
{
	struct guest *guest;

	return find_active(buffer, GUEST_LUPDATE, &guest) ?: load(guest, buffer);
}

uint16_t firmware_launch_update_vmsa(void *buffer)
{
	const struct with_buffer *data = buffer;
	struct guest *guest;
	uint16_t status = find_active(buffer, GUEST_LUPDATE, &guest);

	if (status)
		return status;
	if (!(guest->policy & POLICY_ES))
		return SEV_POLICY_FAILURE;
	if (data->addr % VMSA_SIZE)
		return SEV_INVALID_ADDRESS;
	if (data->length != VMSA_SIZE)
		return SEV_INVALID_LENGTH;
	return load(guest, data);
}

uint16_t firmware_launch_measure(void *buffer)
{
	struct with_buffer *data = buffer;
	static uint64_t nonces;
	uint8_t blob[DIGEST_SIZE + NONCE_SIZE] = { 0 };
	const uint8_t prefix[] = { 4, FIRMWARE_API_MAJOR, FIRMWARE_API_MINOR, FIRMWARE_BUILD };
	gsize digest_size = DIGEST_SIZE;
	uint32_t room = data->length;
	struct guest *guest;
	GChecksum *measured;
	uint16_t status = find(buffer, GUEST_LUPDATE, &guest);

	if (status)
		return status;
	if (!FAULTY(NO_LENGTH))
		data->length = sizeof(blob);
	if (room < sizeof(blob))
		return SEV_INVALID_LENGTH;

	g_checksum_get_digest(guest->loaded, guest->digest, &digest_size);
	/* Never the same twice. */
	stq_le_p(blob + DIGEST_SIZE, ++nonces);
	measured = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(measured, prefix, sizeof(prefix));
	g_checksum_update(measured, (void *)&guest->policy, sizeof(guest->policy));
	g_checksum_update(measured, guest->digest, DIGEST_SIZE);
	g_checksum_update(measured, blob + DIGEST_SIZE, NONCE_SIZE);
	g_checksum_get_digest(measured, blob, &digest_size);
	g_checksum_free(measured);
	if (!firmware_write(data->addr, blob, sizeof(blob)))
		return SEV_INVALID_ADDRESS;
	guest->state = GUEST_LSECRET;
	return SEV_SUCCESS;
}

/* Only the guest's owner could wrap a secret for it, with keys that were never exchanged. */
uint16_t firmware_launch_secret(void *buffer)
{
	const struct QEMU_PACKED {
		uint32_t handle, reserved_1;
		uint64_t header;
		uint32_t header_length, reserved_2;
		uint64_t guest;
		uint32_t guest_length, reserved_3;
		uint64_t secret;
		uint32_t secret_length;
	} *data = buffer;
	struct guest *guest;
	uint16_t status = find_active(buffer, GUEST_LSECRET, &guest);

	if (status)
		return status;
	if (data->header_length != SECRET_HEADER || !data->guest_length ||
	    data->guest_length % BLOCK || data->secret_length < data->guest_length)
		return SEV_INVALID_LENGTH;
	if (data->guest % BLOCK)
		return SEV_INVALID_ADDRESS;
	return SEV_BAD_MEASUREMENT;
}

uint16_t firmware_launch_finish(void *buffer)
{
	struct guest *guest;
	uint16_t status = find(buffer, GUEST_LSECRET, &guest);

	if (!status)
		guest->state = GUEST_RUNNING;
	return status;
}

/* Between memory with the guest's key and without: the same bytes here. */
static uint16_t debug(const void *buffer)
{
	const struct QEMU_PACKED {
		uint32_t handle, reserved;
		uint64_t from, to;
		uint32_t length;
	} *data = buffer;
	struct guest *guest = firmware_guest(data->handle);
	g_autofree uint8_t *bytes = NULL;

	if (!guest)
		return SEV_INVALID_GUEST;
	if (!guest->asid)
		return SEV_INACTIVE;
	if (guest->policy & POLICY_NO_DEBUG && !FAULTY(DEBUG_ALLOWED))
		return SEV_POLICY_FAILURE;
	if (data->from % BLOCK || data->to % BLOCK)
		return SEV_INVALID_ADDRESS;
	if (!data->length || data->length % BLOCK || data->length > UPDATE_MAX)
		return SEV_INVALID_LENGTH;
	bytes = g_malloc(data->length);
	if (!firmware_read(data->from, bytes, data->length) ||
	    !firmware_write(data->to, bytes, data->length))
		return SEV_INVALID_ADDRESS;
	return SEV_SUCCESS;
}

uint16_t firmware_dbg_decrypt(void *buffer)
{
	return debug(buffer);
}

uint16_t firmware_dbg_encrypt(void *buffer)
{
	return debug(buffer);
}

/* Signed with a key that nobody knows: the signature is empty. */
uint16_t firmware_attestation_report(void *buffer)
{
	struct QEMU_PACKED {
		uint32_t handle, reserved;
		uint64_t addr;
		uint8_t nonce[NONCE_SIZE];
		uint32_t length;
	} *data = buffer;
	struct QEMU_PACKED {
		uint8_t nonce[NONCE_SIZE], digest[DIGEST_SIZE];
		uint32_t policy, usage, algorithm, reserved;
		uint8_t signature[144];
	} report = { .usage = 0x1002, .algorithm = 0x0002 };
	struct guest *guest = firmware_guest(data->handle);
	uint32_t room = data->length;

	QEMU_BUILD_BUG_ON(sizeof(report) != REPORT_SIZE);
	if (!guest)
		return SEV_INVALID_GUEST;
	if (guest->state != GUEST_LSECRET && guest->state != GUEST_RUNNING)
		return SEV_INVALID_GUEST_STATE;
	data->length = sizeof(report);
	if (room < sizeof(report))
		return SEV_INVALID_LENGTH;
	memcpy(report.nonce, data->nonce, NONCE_SIZE);
	memcpy(report.digest, guest->digest, DIGEST_SIZE);
	report.policy = guest->policy;
	return firmware_write(data->addr, &report, sizeof(report)) ? SEV_SUCCESS
								   : SEV_INVALID_ADDRESS;
}
