// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulation's process: one for each test binary, with all that its tests create, so
 * that what one test leaves behind the next can see. Serves one request after the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim.h"

bool sim_is_server;

static void reply(int fd, int64_t ret, int give)
{
	struct sim_reply reply = { ret };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	struct iovec iov = { &reply, sizeof(reply) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (give >= 0) {
		memcpy(CMSG_DATA(&control.header), &give, sizeof(give));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	/* The test may be gone by now. */
	sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static void request(int i)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct sim_request r;
	struct iovec iov = { &r, sizeof(r) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int reply_to, give = -1;
	int64_t ret;

	if (recvmsg(sim_fds[i].fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof(r))
		return;
	memcpy(&reply_to, CMSG_DATA((struct cmsghdr *)control), sizeof(reply_to));
	ret = object_serve(i, &r, &give);
	reply(reply_to, ret, give);
	if (give >= 0)
		close(give);
	close(reply_to);
}

/* No request is left to be read of what the test has closed. */
static bool at_end(int fd)
{
	char byte;

	return recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static void accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		connection_new(fd);
}

/* What was closed before a request was made is gone when the request is served. */
static void serve_all(int listener)
{
	connection_new(listener);	/* number 0 */
	for (;;) {
		if (poll(sim_fds, nr_objects, -1) < 0)
			sim_die("poll");
		for (int i = 1; i < nr_objects; i++)
			if (sim_fds[i].revents & POLLHUP && at_end(sim_fds[i].fd))
				object_close(i);
		for (int i = 1; i < nr_objects; i++)
			if (sim_fds[i].fd >= 0 && sim_fds[i].revents & POLLIN)
				request(i);
		if (sim_fds[0].revents)
			accept_one(listener);
	}
}

void sim_start(struct sockaddr_un *name, socklen_t *size)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	pid_t parent = getpid();
	pid_t child;

	config_read();
	*size = sizeof(*name);
	/* A name of the kernel's choice. */
	if (bind(fd, (struct sockaddr *)&(struct sockaddr_un){ .sun_family = AF_UNIX },
		 sizeof(sa_family_t)) ||
	    getsockname(fd, (struct sockaddr *)name, size) || listen(fd, 64))
		sim_die("socket");
	child = fork();
	if (child < 0)
		sim_die("fork");
	if (child) {
		close(fd);
		return;
	}
	sim_is_server = true;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	setsid();
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	serve_all(fd);
}
