// SPDX-License-Identifier: GPL-2.0-only
/* The account that the emulated TDX module keeps of pairs. */
#include <stddef.h>

#include "pamt_meters.h"
#include "tdx.h"

static const char *open_books(void)
{
	return tdx_module_has_books() ? NULL : "the TDX module has no books to look into";
}

static long read_pairs(void)
{
	return tdx_module_read(TDX_MSR_PAMT_PAIRS);
}

const struct pamt_meter pamt_books = { "books", open_books, read_pairs };

long pamt_idle_pairs(void)
{
	return tdx_module_read(TDX_MSR_PAMT_IDLE);
}

long pamt_shared_pairs(void)
{
	return tdx_module_read(TDX_MSR_PAMT_SHARED);
}
