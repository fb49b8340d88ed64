/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine's state, saved and gone on from: see state.cc. */
#ifndef KVMCONF_STATE_H
#define KVMCONF_STATE_H

#include <stdio.h>

/* The state is to be saved before the next instruction. */
extern bool state_wanted;

/* A byte has left a serial port. */
void state_sent(unsigned port, Bit8u byte);

/* Saves it, and ends. */
void state_save(void);

/* The memory's part of it: "file" has a guest's memory from its beginning, with holes. */
void state_write_memory(FILE *file, Bit64u address, const Bit8u *from, size_t size);
void state_end_memory(FILE *file, Bit64u size);
void state_map_memory(FILE *file, Bit64u address, Bit8u *to, size_t size);
void state_load_images(void);

#endif
