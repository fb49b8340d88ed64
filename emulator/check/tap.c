/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include "tap.h"
#include "cpu.h"

#define COM1		0x3f8
#define COM1_LINE_STATUS (COM1 + 5)
#define TRANSMIT_EMPTY	0x20
#define QEMU_EXIT	0xf4	/* isa-debug-exit: the emulator's status is 2 * value + 1 */
#define QEMU_WELL	16	/* 33, which is none of its own */
#define QEMU_FAILED	17	/* 35 */
#define BOCHS_EXIT	0x8900	/* takes the word Shutdown */

static unsigned long claims, failed;
static unsigned long faults;	/* of the current claim */
static char subject[160];

static void put(char c)
{
	while (!(in8(COM1_LINE_STATUS) & TRANSMIT_EMPTY))
		;
	out8(COM1, c);
}

/* To the serial line, or into a buffer that is large enough for every claim. */
static void emit(char **to, char c)
{
	if (to)
		*(*to)++ = c;
	else
		put(c);
}

static void emit_number(char **to, unsigned long value, unsigned int base)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		emit(to, digits[--n]);
}

static void format_args(char **to, const char *format, va_list args)
{
	for (; *format; format++) {
		const char *string;
		long value;

		if (*format != '%') {
			emit(to, *format);
			continue;
		}
		while (*++format == 'l' || *format == '#')
			;
		switch (*format) {
		case 's':
			for (string = va_arg(args, const char *); *string; string++)
				emit(to, *string);
			break;
		case 'd':
			value = va_arg(args, long);
			if (value < 0)
				emit(to, '-');
			emit_number(to, value < 0 ? -value : value, 10);
			break;
		case 'u':
			emit_number(to, va_arg(args, unsigned long), 10);
			break;
		case 'x':
			emit(to, '0');
			emit(to, 'x');
			emit_number(to, va_arg(args, unsigned long), 16);
			break;
		}
	}
}

static PRINTF void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	format_args(0, format, args);
	va_end(args);
}

static _Noreturn void power_off(bool well)
{
	const char *word;

	while (!(in8(COM1_LINE_STATUS) & TRANSMIT_EMPTY))
		;
	out8(QEMU_EXIT, well ? QEMU_WELL : QEMU_FAILED);
	for (word = "Shutdown"; *word; word++)
		out8(BOCHS_EXIT, *word);
	for (;;)
		asm volatile("hlt");
}

void claim_begin(const char *format, ...)
{
	char *to = subject;
	va_list args;

	va_start(args, format);
	format_args(&to, format, args);
	va_end(args);
	*to = '\0';
	if (!claims)
		print("TAP version 13\n");
	faults = 0;
}

/* The first one says it; a claim that fails in one place usually fails in fifty. */
void claim_fails(const char *format, ...)
{
	va_list args;

	if (faults++)
		return;
	print("# ");
	va_start(args, format);
	format_args(0, format, args);
	va_end(args);
	print("\n");
}

void claim_end(void)
{
	claims++;
	if (faults > 1)
		print("# and %lu more\n", faults - 1);
	failed += faults != 0;
	print("%sok %lu - %s\n", faults ? "not " : "", claims, subject);
}

void tap_end(void)
{
	print("1..%lu\n", claims);
	power_off(!failed);
}

void bail_out(const char *format, ...)
{
	va_list args;

	print("Bail out! ");
	va_start(args, format);
	format_args(0, format, args);
	va_end(args);
	print("\n");
	power_off(false);
}

void trapped(unsigned long vector, unsigned long error, unsigned long rip)
{
	bail_out("%s: exception %lu, error code %#lx, at %#lx", subject, vector, error, rip);
}
