/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to an agent: a process of our own on this machine, the command of --remote, or
 * an emulated machine. All of them give the same event stream.
 */
#ifndef KVMCONF_LINK_H
#define KVMCONF_LINK_H

#include <sys/types.h>

#include "events.h"

struct link {
	pid_t pid;
	int commands;		/* -1: the agent has all its commands already */
	int events;		/* -1: the stream has ended */
	struct event_reader reader;
	struct work *work;	/* what it runs, or NULL */
	const char *set;	/* prefix of the parameter set that the events belong to */
	double heard;		/* when the last event came */
	bool configured;	/* it has the settings of the run, or brought them along */
	bool done, sent_facts, dead;
	int status;		/* of the process, once dead */
	const char *failed;	/* what "q" says */
};

/* An agent in a process of this program, in @dir. */
void link_local(struct link *link, const char *dir);

/* argv[0] with its arguments; its output is the event stream, its input commands, if wanted. */
void link_command(struct link *link, char *const argv[], bool commands);

/* Sends a command; one that cannot be sent shows as the end of the stream. */
void link_send(struct link *link, const char *fmt, ...) __printf_like(2, 3);

/*
 * Ends the run, so that the agent still reports what it had; @far: the process is not the agent
 * but leads to it. The second time the process ends in any case.
 */
void link_stop(struct link *link, bool far);

/* Reads what has come. False at the end of the stream. */
bool link_read(struct link *link);

/* Why there is nothing more from an agent that is dead. */
const char *link_end(const struct link *link);

#endif
