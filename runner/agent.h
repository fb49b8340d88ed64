/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent runs test binaries on the machine under test. It reads commands from a descriptor and
 * writes an event stream to another: docs/events.md has both formats.
 */
#ifndef KVMCONF_AGENT_H
#define KVMCONF_AGENT_H

#include "events.h"

/*
 * Until @commands ends, or SIGTERM, SIGINT or SIGHUP comes. If @commands is a pipe or a socket
 * its end stops the binary that runs, too. Returns the exit status: 0, or 3 if the
 * events could not be written.
 */
int agent(int commands, int events);

/* How a binary is run: supervise.c. */
struct supervision {
	double limit;		/* seconds; 0: none */
	bool quiet;		/* do not watch the kernel's log and taint flags */
	int commands;		/* its end stops the binary; -1: nothing to watch */
	int signals;		/* a signalfd */
	int kmsg;		/* the kernel's log, read up to the last binary's end; -1: closed */
};

/*
 * Runs a command and reports from "s" to "c". All that it started is dead then. @label stands
 * in front of the command in the "s" event. Returns the signal that stopped it, or 0.
 */
int supervise(struct event_writer *writer, struct supervision *how, const char *label, char **argv);

/* What is watched while it runs, each with a limit: capture.c. */
struct capture {
	struct event_writer *writer;
	const char *binary;	/* named in the kernel's log at each case's start; NULL: not */
	int output, kmsg;	/* -1: closed */
	size_t output_bytes, kmsg_bytes;
	char half[EVENT_TEXT_MAX];	/* of a line */
	size_t half_len;
};

/* Opens the kernel's log at its end: the descriptor, or -1. */
int open_kmsg(void);

/* What there is for now; false if there is nothing more. */
bool capture_output(struct capture *capture);
bool capture_kmsg(struct capture *capture);

/* All that is left once the binary is dead; the kernel's log stays open. */
void capture_rest(struct capture *capture);

/* The kernel's taint flags; 0 if they cannot be read. */
unsigned long long read_taint(void);

#endif
