/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between a test and the simulation. Every simulated file descriptor is one end of a
 * socket pair, the simulation has the other: so the kernel itself says when the last copy
 * is closed, by whatever means, a SIGKILL too. What the test passes by pointer is read from
 * and written to its memory by the simulation, page faults and all.
 *
 * A request comes with a socket for its reply, so that threads may share descriptors.
 */
#ifndef TDX_SIM_PROTOCOL_H
#define TDX_SIM_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum sim_op { SIM_OPEN, SIM_ACCESS, SIM_IOCTL, SIM_MMAP, SIM_FALLOCATE, SIM_PREAD, SIM_PWRITE,
	      SIM_BIND };

struct sim_request {
	enum sim_op op;
	pid_t pid, tid;
	uint64_t blocked;	/* the thread's signal mask */
	uint64_t cmd;		/* ioctl's, fallocate's mode, or pread's and pwrite's size */
	uint64_t arg, arg2;
	char path[128];
};

/* Replies to SIM_OPEN and SIM_ACCESS. */
enum sim_file {
	SIM_REAL,		/* not simulated: ask the kernel */
	SIM_ABSENT,
	SIM_CONNECTION,		/* the connection it was asked on is the file */
	SIM_CONTENT,		/* the file comes with the reply */
};

/* SIM_IOCTL: nothing will happen until a signal comes. */
#define SIM_SLEEPS	(-1000)

/* Negative errno, or success; a descriptor may come with it. */
struct sim_reply {
	int64_t ret;
};

/* Starts the simulation's process; its socket's name is left in @name. */
struct sockaddr_un;
void sim_start(struct sockaddr_un *name, socklen_t *size);

/* On the test's side: a connection for what has no file of its own. */
int sim_connect(void);
/*
 * What the simulation answers @request on @fd; -EINTR after a signal. A descriptor that comes
 * with it, or -1, is in @got, which may be NULL. As in a system call, no handler runs until
 * its end.
 */
int64_t sim_ask(int fd, struct sim_request *request, int *got);

/* The task's memory is to come from @node. */
void sim_bind(unsigned int node);

/* Set in that process, whose own files are the kernel's. */
extern bool sim_is_server;

#endif
