/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP on the first serial port, and the end of the machine. A claim is one line:
 *
 *	claim_begin("%s: exits when split", text);
 *	...		claim_fails("at %#lx: exit %#lx", address, code), any number of times
 *	claim_end();
 *
 * Formats know %s, %ld, %lu and %#lx.
 */
#ifndef CHECK_TAP_H
#define CHECK_TAP_H

#include <stdbool.h>

#define PRINTF __attribute__((format(printf, 1, 2)))

PRINTF void claim_begin(const char *format, ...);
PRINTF void claim_fails(const char *format, ...);
void claim_end(void);
_Noreturn void tap_end(void);
PRINTF _Noreturn void bail_out(const char *format, ...);
void trapped(unsigned long vector, unsigned long error, unsigned long rip);

#endif
