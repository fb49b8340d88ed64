/* SPDX-License-Identifier: GPL-2.0-only */
/* Types by their size, in as few letters as the manuals use. */
#ifndef CHECK_TYPES_H
#define CHECK_TYPES_H

#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#endif
