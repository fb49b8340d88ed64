/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PSP_H
#define PSP_H

/* The firmware's answer to a command whose buffer is at @buffer: enum sev_status. */
uint16_t psp_command(unsigned int command, hwaddr buffer);

/* A CPU runs a guest with that ASID; has written back its caches. */
void psp_asid_used(uint32_t asid, unsigned int cpu);
void psp_caches_written(unsigned int cpu);

enum sev_status {
	SEV_SUCCESS = 0x00,
	SEV_INVALID_PLATFORM_STATE = 0x01,
	SEV_INVALID_GUEST_STATE = 0x02,
	SEV_INVALID_LENGTH = 0x04,
	SEV_INVALID_CERTIFICATE = 0x06,
	SEV_POLICY_FAILURE = 0x07,
	SEV_INACTIVE = 0x08,
	SEV_INVALID_ADDRESS = 0x09,
	SEV_BAD_MEASUREMENT = 0x0b,
	SEV_ASID_OWNED = 0x0c,
	SEV_INVALID_ASID = 0x0d,
	SEV_WBINVD_REQUIRED = 0x0e,
	SEV_DF_FLUSH_REQUIRED = 0x0f,
	SEV_INVALID_GUEST = 0x10,
	SEV_INVALID_COMMAND = 0x11,
	SEV_ACTIVE = 0x12,
	SEV_UNSUPPORTED = 0x15,
	SEV_INVALID_PARAM = 0x16,
	SEV_RESOURCE_LIMIT = 0x17,
};

#endif
