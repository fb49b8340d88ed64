/* SPDX-License-Identifier: GPL-2.0-only */
/* Within the firmware: its books, and the buffers of its commands. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include "psp.h"
#include "sev_asids.h"

#define FIRMWARE_API_MAJOR	0
#define FIRMWARE_API_MINOR	24
#define FIRMWARE_BUILD		1

enum guest_state {
	GUEST_UNINIT,
	GUEST_LUPDATE,		/* between LAUNCH_START and LAUNCH_MEASURE */
	GUEST_LSECRET,		/* until LAUNCH_FINISH */
	GUEST_RUNNING,
};

#define POLICY_NO_DEBUG		(1u << 0)
#define POLICY_NO_KEY_SHARING	(1u << 1)
#define POLICY_ES		(1u << 2)

#define DIGEST_SIZE	32

struct guest {
	uint32_t handle;	/* 0: there is none */
	uint32_t policy;
	uint32_t asid;		/* 0: not active */
	enum guest_state state;
	GChecksum *loaded;
	uint8_t digest[DIGEST_SIZE];
};

struct firmware {
	bool es;
	uint32_t handles;	/* given out so far; none is given twice */
	struct guest guests[64];
	struct asid {
		struct guest *owner;
		bool flush;	/* was deactivated, and DF_FLUSH has not been given since */
	} asids[SEV_MAX_ASID + 1];
	/* CPUs that have run guests, and of them those that have not written back since. */
	uint64_t guest_cpus, dirty_cpus;
};

extern struct firmware firmware;

struct guest *firmware_guest(uint32_t handle);
void firmware_forget(struct guest *guest);
unsigned int firmware_guests(void);

/* Memory of the CPUs': false if it is not all there. */
bool firmware_read(uint64_t addr, void *to, size_t size);
bool firmware_write(uint64_t addr, const void *from, size_t size);

/* Commands get their buffer, and may change it. */
typedef uint16_t firmware_command(void *buffer);
firmware_command firmware_activate, firmware_deactivate, firmware_decommission,
	firmware_guest_status, firmware_launch_start, firmware_launch_update_data,
	firmware_launch_update_vmsa, firmware_launch_measure, firmware_launch_secret,
	firmware_launch_finish, firmware_dbg_decrypt, firmware_dbg_encrypt,
	firmware_attestation_report;

#endif
