/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulation's own parts; protocol.h is what the test's side knows of it. */
#ifndef TDX_SIM_H
#define TDX_SIM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kvm_compat.h"
#include "protocol.h"

/* What uname() says: the kernel whose behaviour is simulated, and that it is. */
#define SIM_RELEASE	"7.3.4-simulated"

#define PAGE		4096ull
#define REGION_PAGES	512		/* of 2 MiB: what one pair is for */

/* --- config.c: what the environment asks for --- */

enum profile { PROFILE_STATIC, PROFILE_ROW, PROFILE_NO_ROW };
enum placement { PLACE_CONTIGUOUS, PLACE_SCATTERED, PLACE_ADVERSARIAL };

extern enum profile profile;
extern enum placement placement;

void config_read(void);

/* true if the simulation is to be wrong in the way that is called @name; see breaks.c. */
bool broken(const char *name);

/*
 * The check that is called @name, of which @condition is the outcome; false, too, if the
 * simulation is to go without it. ../tdx/simulation.bats has the list from the source.
 */
bool refuses(const char *name, bool condition);

/* --- module.c: what the TDX module owns and answers --- */

extern struct ledger {
	unsigned long pages, tables, guest;	/* pages in all, S-EPT's, private ones */
	unsigned long tds, vcpus, keys, pairs;
} ledger;

/* SEAMCALL leaves that can be told what to answer. */
enum leaf {
	MNG_ADDCX = 1, MEM_PAGE_ADD = 2, MEM_SEPT_ADD = 3, VP_ADDCX = 4, MEM_PAGE_AUG = 6,
	MEM_RANGE_BLOCK = 7, MNG_KEY_CONFIG = 8, MNG_CREATE = 9, VP_CREATE = 10,
	MR_EXTEND = 16, MR_FINALIZE = 17, MNG_INIT = 21, VP_INIT = 22, MEM_PAGE_REMOVE = 29,
	MEM_TRACK = 38, PHYMEM_CACHE_WB = 40, PAMT_ADD = 58, PAMT_REMOVE = 59,
};

#define RND_NO_ENTROPY	0x8000020300000000ull
#define OPERAND_BUSY	0x8000020000000000ull
#define INTERRUPTED	0x8000000300000000ull	/* and can be resumed */
#define OPERAND_INVALID	0xc000010000000000ull	/* and the operand, in the low half */
#define STATUS_MASK	0xffffffff00000000ull

/* The status of a SEAMCALL of @leaf, or 0, as the kernel repeats it for want of entropy. */
uint64_t seamcall(enum leaf leaf);
/* The same where KVM goes on until the module is neither busy nor interrupted. */
uint64_t seamcall_until_done(enum leaf leaf);

/* pread() and pwrite() of /dev/cpu/0/msr */
int64_t sim_msr_read(const struct sim_request *r);
int64_t sim_msr_write(const struct sim_request *r);

/* --- pamt.c: physical pages and what they cost in PAMT --- */

/* Takes a page for TDX: its index, or a negative errno; -EIO is the module's refusal. */
long page_take(unsigned int td_id);
void page_give(long page);

/* "TDX:" of /proc/meminfo, in kB. */
unsigned long sim_row_kb(void);
/* "kernel" of the memory cgroup's memory.stat, in bytes. */
unsigned long sim_charge(void);
/* "KB allocated for PAMT" of the kernel log. */
unsigned long sim_boot_kb(void);

/* Of memory, in GiB, from address 0. */
#define SIM_MEMORY_GB	4u

/* --- td.c: a VM, and the life of a TD --- */

#define MAX_SLOTS	8
#define GPA_PAGES	(1u << 20)	/* 4 GiB of GPAs can be memory */
#define MAX_TD_VCPUS	2		/* present CPUs, for a TD */
#define TD_PAGES	10		/* the module's: TDR and TDCS */
#define VCPU_PAGES	7		/* TDVPR and TDCX */

enum td_state { TD_UNINITIALIZED, TD_INITIALIZED, TD_RUNNABLE };

struct gmem {
	struct vm_sim *vm;
	uint64_t size;
	bool closed;
	unsigned int refs;		/* the file, and slots */
};

struct slot {
	uint64_t gpa, size, offset;
	struct gmem *gmem;
};

struct vcpu_sim {
	struct vm_sim *vm;
	unsigned int id;
	struct kvm_run *run;
	int run_fd;
	unsigned int index;		/* in the VM's arrays */
	bool has_cpuid, initialized;
};

struct vm_sim {
	unsigned int id, refs;
	unsigned long type;
	pid_t owner;
	enum td_state state;
	int keyid;			/* 0: none */
	bool split_irqchip;
	unsigned int nr_vcpus;
	unsigned int vcpu_ids[MAX_TD_VCPUS];
	uint32_t control[TD_PAGES];	/* TDR and TDCS: index of each page, plus 1 */
	uint32_t vcpu_pages[MAX_TD_VCPUS][VCPU_PAGES];	/* TDVPR and TDCX, likewise */
	bool was_killed, was_commanded, is_dead, is_charged;
	struct slot slots[MAX_SLOTS];
	uint8_t private[GPA_PAGES / 8];
	unsigned int nr_private;	/* entries of page_at that are not 0 */
	uint32_t page_at[GPA_PAGES];	/* index of the private page there, plus 1 */
	uint32_t table[2 + 4 + GPA_PAGES / REGION_PAGES];	/* S-EPT pages, plus 1 */
};

struct vm_sim *vm_new(unsigned long type, pid_t owner);
void vm_put(struct vm_sim *vm);
/* VMs that there are. */
extern unsigned int nr_vms;

/* What KVM has no answer to: EIO, and the VM answers to nothing any more. */
int64_t vm_bug(struct vm_sim *vm);

int64_t system_ioctl(const struct sim_request *r);
int64_t vm_ioctl(struct vm_sim *vm, const struct sim_request *r);
int64_t vcpu_ioctl(struct vcpu_sim *vcpu, const struct sim_request *r);

/* KVM_CREATE_VCPU on @vm: 0 or a negative errno. */
int64_t vcpu_new(struct vm_sim *vm, uint64_t id, struct vcpu_sim **vcpu);
void vcpu_close(struct vcpu_sim *vcpu);

/* --- command.c: KVM_MEMORY_ENCRYPT_OP --- */

int64_t td_vm_command(struct vm_sim *vm, const struct sim_request *r);
int64_t td_vcpu_command(struct vcpu_sim *vcpu, const struct sim_request *r);
/* At the VM's end. */
void sim_teardown(struct vm_sim *vm);

/* --- cpuid.c: what CPUID the host has, and TDs can have --- */

#define MAX_CPUID	256

/* KVM_GET_SUPPORTED_CPUID */
int64_t supported_cpuid(const struct sim_request *r);
/* KVM_TDX_GET_CPUID */
int64_t td_cpuid(const struct sim_request *r, uint64_t address);
/* A kvm_cpuid2 for @address: the host's, or the bits that are configurable for a TD. */
int64_t write_cpuid(const struct sim_request *r, uint64_t address, bool configurable);
/* 0, -EINVAL, or 1 for what KVM lets through and the module refuses. */
int64_t check_cpuid(const struct kvm_cpuid_entry2 *entries, unsigned int nent);

/* --- memory.c: slots, attributes, private pages --- */

int64_t set_slot(struct vm_sim *vm, const struct sim_request *r);
int64_t set_attributes(struct vm_sim *vm, const struct sim_request *r);
int64_t pre_fault(struct vcpu_sim *vcpu, const struct sim_request *r);
int64_t init_mem_region(struct vm_sim *vm, const struct sim_request *r, uint64_t address,
			bool measure);
/* Takes a page for TDX unless @where has one already; gives it back. */
int64_t take(struct vm_sim *vm, uint32_t *where);
void give(uint32_t *where);
bool is_private(struct vm_sim *vm, uint64_t gpa);
struct slot *slot_of(struct vm_sim *vm, uint64_t gpa);
/* TDH.MEM.PAGE.AUG where there is none yet. */
int64_t add_private_page(struct vm_sim *vm, uint64_t gpa);
void remove_private_pages(struct vm_sim *vm, uint64_t gpa, uint64_t size);
void free_tables(struct vm_sim *vm);

/* --- gmem.c: guest_memfd --- */

int64_t gmem_new(struct vm_sim *vm, const struct sim_request *r, struct gmem **gmem);
int64_t gmem_fallocate(struct gmem *gmem, const struct sim_request *r);
void gmem_put(struct gmem *gmem);
void gmem_close(struct gmem *gmem);

/* --- objects.c: the other ends of the test's descriptors --- */

#define MAX_OBJECTS	1024

/* Objects and what is polled share their index; -1 where there is none. */
extern struct pollfd sim_fds[MAX_OBJECTS];
extern int nr_objects;

void connection_new(int fd);
/* @give: a descriptor for the test, if one comes with the answer. */
int64_t object_serve(int i, const struct sim_request *r, int *give);
/* The test has closed its last copy. */
void object_close(int i);
/* What the test's descriptor @fd is, or NULL. */
struct gmem *gmem_of(const struct sim_request *r, int fd);
void sim_die(const char *what) __attribute__((noreturn));

/* --- fail_nth.c: memory that fails on request --- */

/* What is allocated from now on is for the request. */
void memory_is_for(const struct sim_request *r);
/* For one allocation. */
bool kernel_has_memory(void);
/* pread() and pwrite() of /proc/thread-self/fail-nth */
int64_t fail_nth_read(const struct sim_request *r);
int64_t fail_nth_write(const struct sim_request *r);

/* --- numa.c: which node pages come from --- */

#define SIM_MAX_NODES	2
extern unsigned int nr_nodes;

/* Pages are of this node from now on; returns of which they were until now. */
unsigned int node_bind(unsigned int node);
/* Takes a page of memory; returns its node. */
unsigned int node_take(void);
void node_give(unsigned int node);
/* false if @path is not a node's; @file may be NULL. */
bool node_file(const char *path, FILE *file);

/* --- files.c: what is read of the kernel besides KVM --- */

/* A WARN_ON_ONCE() of that function, for the kernel's log. */
void kernel_warn(const char *function);
/* The file's content in a memfd, or a negative number for one that is not simulated. */
int file_content(const char *path);
enum sim_file file_kind(const char *path);

/* --- cgroup.c: cgroups that tests make --- */

bool is_cgroup(const char *path);
/* What is written to it goes to cgroup_write(). */
bool is_cgroup_control(const char *path);
int64_t cgroup_write(const char *path, const struct sim_request *r);
/* Writes what is to be read of it; NULL: there is no such file. */
void (*cgroup_file(const char *path))(FILE *file);
/* A key id for the VM: 0 or -EBUSY. */
int64_t cgroup_charge(struct vm_sim *vm);
void cgroup_uncharge(struct vm_sim *vm);

/* --- user.c: the test's memory and signals --- */

/* 0 or -EFAULT. */
int user_read(const struct sim_request *r, uint64_t address, void *to, size_t size);
int user_write(const struct sim_request *r, uint64_t address, const void *from, size_t size);
/* A signal that the calling thread does not block waits for it. */
bool user_signal_pending(const struct sim_request *r);

#endif
