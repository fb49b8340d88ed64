// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulation's process: one for each test binary, with all that its tests create, so
 * that what one test leaves behind the next can see. Serves one request after the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim.h"

#define MAX_OBJECTS 1024

enum kind { NOTHING, LISTENER, CONNECTION, SINK, MSRS, SYSTEM, VM, VCPU, GMEM };

/* Objects and what is polled share their index. */
static struct object {
	enum kind kind;
	ino_t peer;			/* the test's end */
	union {
		struct vm_sim *vm;
		struct vcpu_sim *vcpu;
		struct gmem *gmem;
	};
} objects[MAX_OBJECTS];
static struct pollfd fds[MAX_OBJECTS];
static int nr_objects;
bool sim_is_server;

static void die(const char *what)
{
	fprintf(stderr, "# error: the TDX simulation: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static struct object *object_new(enum kind kind, int fd)
{
	int i;

	for (i = 0; i < nr_objects && objects[i].kind != NOTHING; i++)
		;
	if (i == MAX_OBJECTS)
		die("too many files");
	if (i == nr_objects)
		nr_objects++;
	objects[i] = (struct object){ .kind = kind };
	fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return &objects[i];
}

/* A new file for the test: its end is in @peer. */
static struct object *file_new(enum kind kind, int *peer)
{
	struct object *object;
	struct stat st;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) || fstat(pair[1], &st))
		die("socketpair");
	object = object_new(kind, pair[0]);
	object->peer = st.st_ino;
	*peer = pair[1];
	return object;
}

struct gmem *gmem_of(const struct sim_request *r, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", r->pid, fd);
	if (!stat(path, &st))
		for (int i = 0; i < nr_objects; i++)
			if (objects[i].kind == GMEM && objects[i].peer == st.st_ino)
				return objects[i].gmem;
	return NULL;
}

static int64_t open_file(struct object *object, const struct sim_request *r, int *give)
{
	enum kind kind = !strcmp(r->path, "/dev/kvm") ? SYSTEM :
			 !strcmp(r->path, "/dev/cpu/0/msr") ? MSRS :
			 file_is_sink(r->path) ? SINK : NOTHING;

	if (kind != NOTHING) {
		object->kind = kind;
		return SIM_CONNECTION;
	}
	*give = file_content(r->path);
	if (*give >= 0)
		return SIM_CONTENT;
	return file_kind(r->path) == SIM_ABSENT ? SIM_ABSENT : SIM_REAL;
}

static int64_t create_vm(const struct sim_request *r, int *give)
{
	struct vm_sim *vm;

	if (r->arg != KVM_X86_DEFAULT_VM && r->arg != KVM_X86_TDX_VM)
		return -EINVAL;
	vm = vm_new(r->arg, r->pid);
	if (!vm)
		return -ENOMEM;
	file_new(VM, give)->vm = vm;
	return 0;
}

static int64_t create_of_vm(struct vm_sim *vm, const struct sim_request *r, int *give)
{
	struct vcpu_sim *vcpu = NULL;
	struct gmem *gmem = NULL;
	int64_t ret;

	if (r->pid != vm->owner)
		return -EIO;
	ret = r->cmd == KVM_CREATE_VCPU ? vcpu_new(vm, r->arg, &vcpu) : gmem_new(vm, r, &gmem);
	if (vcpu)
		file_new(VCPU, give)->vcpu = vcpu;
	if (gmem)
		file_new(GMEM, give)->gmem = gmem;
	return ret;
}

static int64_t do_ioctl(struct object *object, const struct sim_request *r, int *give)
{
	switch (object->kind) {
	case SYSTEM:
		return r->cmd == KVM_CREATE_VM ? create_vm(r, give) : system_ioctl(r);
	case VM:
		if (r->cmd == KVM_CREATE_VCPU || r->cmd == KVM_CREATE_GUEST_MEMFD)
			return create_of_vm(object->vm, r, give);
		return vm_ioctl(object->vm, r);
	case VCPU:
		return vcpu_ioctl(object->vcpu, r);
	default:
		return -ENOTTY;
	}
}

static int64_t serve(struct object *object, const struct sim_request *r, int *give)
{
	switch (r->op) {
	case SIM_OPEN:
		return open_file(object, r, give);
	case SIM_ACCESS:
		return file_kind(r->path);
	case SIM_IOCTL:
		return do_ioctl(object, r, give);
	case SIM_MMAP:
		if (object->kind != VCPU)
			return -ENODEV;
		*give = dup(object->vcpu->run_fd);
		return 0;
	case SIM_FALLOCATE:
		return object->kind == GMEM ? gmem_fallocate(object->gmem, r) : -EOPNOTSUPP;
	case SIM_BIND:
		node_bind(r->arg);
		return 0;
	case SIM_PREAD:
		return object->kind == MSRS ? sim_msr_read(r) : -ESPIPE;
	case SIM_PWRITE:
		return object->kind == MSRS ? sim_msr_write(r) : -ESPIPE;
	}
	return -ENOSYS;
}

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

	if (recvmsg(fds[i].fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof(r))
		return;
	memcpy(&reply_to, CMSG_DATA((struct cmsghdr *)control), sizeof(reply_to));
	ret = serve(&objects[i], &r, &give);
	reply(reply_to, ret, give);
	if (give >= 0)
		close(give);
	close(reply_to);
}

static bool is_running(pid_t pid)
{
	char path[32], line[128];
	char *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fgets(line, sizeof(line), file))
		state = strrchr(line, ')');
	if (file)
		fclose(file);
	return state && state[2] != 'Z' && state[2] != 'X';
}

static void object_close(int i)
{
	struct object object = objects[i];

	close(fds[i].fd);
	fds[i].fd = -1;
	objects[i].kind = NOTHING;
	switch (object.kind) {
	case VM:
		object.vm->was_killed |= !is_running(object.vm->owner);
		vm_put(object.vm);
		break;
	case VCPU:
		vcpu_close(object.vcpu);
		break;
	case GMEM:
		gmem_close(object.gmem);
		break;
	default:
		break;
	}
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
		object_new(CONNECTION, fd);
}

/* What was closed before a request was made is gone when the request is served. */
static void serve_all(int listener)
{
	object_new(LISTENER, listener);
	for (;;) {
		if (poll(fds, nr_objects, -1) < 0)
			die("poll");
		for (int i = 1; i < nr_objects; i++)
			if (fds[i].revents & POLLHUP && at_end(fds[i].fd))
				object_close(i);
		for (int i = 1; i < nr_objects; i++)
			if (objects[i].kind != NOTHING && fds[i].revents & POLLIN)
				request(i);
		if (fds[0].revents)
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
		die("socket");
	child = fork();
	if (child < 0)
		die("fork");
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
