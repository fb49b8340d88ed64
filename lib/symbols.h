/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMCONF_SYMBOLS_H
#define KVMCONF_SYMBOLS_H

#include <stdint.h>

/*
 * "0x401a2c (guest_code+0x1c)": an address in the test's own image by the
 * symbol before it, or just the number where the binary has no symbols.
 * Valid until the thread's next call but one, so that two fit in one message.
 */
const char *address_name(uint64_t address);

#endif
