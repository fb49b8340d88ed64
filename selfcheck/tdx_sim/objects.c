// SPDX-License-Identifier: GPL-2.0-only
/* What the test's descriptors are, and how each of them answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim.h"

enum kind { NOTHING, CONNECTION, CGROUP, MSRS, FAIL_NTH, SYSTEM, VM, VCPU, GMEM };

static struct object {
	enum kind kind;
	ino_t peer;			/* the test's end */
	union {
		struct vm_sim *vm;
		struct vcpu_sim *vcpu;
		struct gmem *gmem;
		char *path;
	};
} objects[MAX_OBJECTS];
struct pollfd sim_fds[MAX_OBJECTS];
int nr_objects;

void sim_die(const char *what)
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
		sim_die("too many files");
	if (i == nr_objects)
		nr_objects++;
	objects[i] = (struct object){ .kind = kind };
	sim_fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return &objects[i];
}

void connection_new(int fd)
{
	object_new(CONNECTION, fd);
}

/* A new file for the test: its end is in @peer. */
static struct object *file_new(enum kind kind, int *peer)
{
	struct object *object;
	struct stat st;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) || fstat(pair[1], &st))
		sim_die("socketpair");
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
			 !strcmp(r->path, "/proc/thread-self/fail-nth") ? FAIL_NTH :
			 is_cgroup_control(r->path) ? CGROUP : NOTHING;

	if (kind != NOTHING) {
		object->kind = kind;
		if (kind == CGROUP)
			object->path = strdup(r->path);
		return SIM_CONNECTION;
	}
	*give = file_content(r->path);
	if (*give >= 0)
		return SIM_CONTENT;
	return file_kind(r->path) == SIM_ABSENT ? SIM_ABSENT : SIM_REAL;
}

static int64_t create_vm(const struct sim_request *r, int *give)
{
	struct vm_sim *vm = NULL;

	if (r->arg != KVM_X86_DEFAULT_VM && r->arg != KVM_X86_TDX_VM)
		return -EINVAL;
	if (kernel_has_memory())
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

	if (r->pid != vm->owner || vm->is_dead)
		return -EIO;
	if (!kernel_has_memory())
		return -ENOMEM;
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

int64_t object_serve(int i, const struct sim_request *r, int *give)
{
	struct object *object = &objects[i];

	memory_is_for(r);
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
		return object->kind == MSRS ? sim_msr_read(r) :
		       object->kind == FAIL_NTH ? fail_nth_read(r) : -ESPIPE;
	case SIM_PWRITE:
		return object->kind == MSRS ? sim_msr_write(r) :
		       object->kind == FAIL_NTH ? fail_nth_write(r) :
		       object->kind == CGROUP ? cgroup_write(object->path, r) : -ESPIPE;
	}
	return -ENOSYS;
}

/* Files are closed before a process becomes a zombie. */
static bool is_running(pid_t pid)
{
	const unsigned int exiting = 4;		/* PF_EXITING */
	unsigned int flags = exiting;
	char path[32], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fgets(line, sizeof(line), file))
		sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
	if (file)
		fclose(file);
	return !(flags & exiting);
}

void object_close(int i)
{
	struct object object = objects[i];

	close(sim_fds[i].fd);
	sim_fds[i].fd = -1;
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
	case CGROUP:
		free(object.path);
		break;
	default:
		break;
	}
}
