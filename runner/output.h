/* SPDX-License-Identifier: GPL-2.0-only */
/* Standard output and its copy, and the status line on a terminal. */
#ifndef KVMCONF_OUTPUT_H
#define KVMCONF_OUTPUT_H

#include "text.h"

/* @copy is a descriptor for the same bytes; @status: show a status line on a terminal. */
void output_open(int copy, bool status);

/* Prints and empties the text. */
void output_print(struct text *text);

/* The same, for the copy alone, and for standard output alone. */
void output_copy(struct text *text);
void output_show(struct text *text);

/* Shows a line that the next output erases; NULL erases it. */
void output_status(const char *line);

bool output_shows_status(void);

/* Something could not be written, which has been said. */
bool output_lost(void);

#endif
