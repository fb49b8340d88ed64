// SPDX-License-Identifier: GPL-2.0-only
/* The test's side of the connection: a question, and the thread waits for its answer. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"

static struct sockaddr_un name;
static socklen_t name_size;

__attribute__((constructor)) static void start(void)
{
	sim_start(&name, &name_size);
	/* The kernel that warns ends with the test. */
	setenv("KVMCONF_PROVOKE_WARN", "1", 0);
}

static void lost(const char *what)
{
	fprintf(stderr, "# error: the TDX simulation is lost: %s: %s\n", what, strerror(errno));
	_exit(1);
}

int sim_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&name, name_size))
		lost("connect");
	return fd;
}

static void send_with_reply_to(int fd, const struct sim_request *request, int reply_to)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	struct iovec iov = { (void *)request, sizeof(*request) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &reply_to, sizeof(reply_to));
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) != sizeof(*request))
		lost("request");
}

/* The descriptor that comes with the reply, or -1, is in @got. */
static int64_t receive(int fd, int *got)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct sim_reply reply;
	struct iovec iov = { &reply, sizeof(reply) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	*got = -1;
	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) != sizeof(reply))
		lost("reply");
	if (msg.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(got, CMSG_DATA((struct cmsghdr *)control), sizeof(*got));
	return reply.ret;
}

/* The simulation looks for signals that are pending where the kernel does. */
int64_t sim_ask(int fd, struct sim_request *request, int *got)
{
	sigset_t all, before;
	int pair[2], ignored;
	int64_t ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* Yama lets nobody read another process's memory unasked. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		lost("socketpair");
	request->pid = getpid();
	request->tid = syscall(SYS_gettid);
	memcpy(&request->blocked, &before, sizeof(request->blocked));
	send_with_reply_to(fd, request, pair[1]);
	close(pair[1]);
	ret = receive(pair[0], got ? got : &ignored);
	close(pair[0]);
	if (ret == SIM_SLEEPS) {
		ppoll(NULL, 0, NULL, &before);
		ret = -EINTR;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}
