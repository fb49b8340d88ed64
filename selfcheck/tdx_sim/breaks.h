/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which the simulation can be wrong on purpose, one at a time. Which tests find
 * each out, and in which profile, is in ../mutants/catalogue.
 */
#ifndef TDX_SIM_BREAKS_H
#define TDX_SIM_BREAKS_H

static const char * const breaks[] = {
	"none",
	/* accounting */
	"counted-twice",		/* an ADD raises the row by two pairs */
	"lost-on-error",		/* INIT_VM that fails keeps its pages */
	"kept-at-hole-punch",		/* a punched page stays the TD's until its end */
	"kept-at-conversion",		/* one converted to shared does */
	"early-return",			/* a pair goes with the first page of its region */
	"leak-when-shared",		/* the last page of a region two TDs shared keeps the pair */
	"leak-of-tables",		/* S-EPT pages never come back */
	"leak-when-killed",		/* nor does a TD with a vCPU whose process was killed */
	"boot-counted",			/* the row counts a pair that is there from boot on */
	"failed-region-counts",		/* INIT_MEM_REGION that fails raises the row */
	"refused-vcpu-counts",		/* INIT_VCPU that is refused does */
	"finalize-counts",		/* and FINALIZE_VM that succeeds */
	"last-page-keeps-pair",		/* the last page that is punched out of a TD leaves its pair */
	"half-pair",			/* the row counts one page of a pair */
	"ordinary-vm-counts",		/* a VM that is no TD costs a pair */
	"static-as-dynamic",		/* the kernel says dynamic, and has allocated it all */
	/*
	 * The bitmap lacks its last page. One bit less would be none to the kernel, which gives
	 * whole pages: a TDMR is a number of GiB, and the bits of one GiB fill 8 pages exactly.
	 */
	"bitmap-short",
	"refcounts-short",		/* there are counts for less than all of RAM */
	"wrong-node",			/* memory is of node 0, whatever the task is bound to */
	"wrong-node-of-tables",		/* S-EPT pages are */
	"wrong-node-of-pairs",		/* PAMT pages are */
	"node-kept",			/* a node has nothing back */
	/* what fails */
	"no-memory-is-eagain",		/* no page for TDX is */
	"refusal-is-eio",		/* a pair refused for a control page is no ENOMEM */
	"counted-though-refused",	/* it is counted, and the page taken */
	"vcpu-lost-on-error",		/* INIT_VCPU that fails keeps its pages */
	"no-second-try",		/* a pair refused once for memory is not asked for again */
	"kept-pair-forgotten",		/* one that is not given back is not counted any more */
	"kept-pair-spreads",		/* and none is given back any more */
	"lives-on",			/* a VM that KVM gives up goes on */
	"remove-warns",			/* a WARN for each that is */
	"warns-of-nothing",		/* none for one that is not */
	"warned-of-another",		/* nor that, where there is one of a pair refused before */
	/* the uapi */
	"wrong-errno",			/* too few CPUID entries is EINVAL */
	"order-of-checks",		/* flags are looked at before hw_error */
	"keyid-leaked",			/* the first final TD's key id is never free again */
	"cgroup-without-limit",		/* misc.max is not looked at */
	"cgroup-counts-nothing",	/* misc.current is always 0 */
	"no-keyid-is-ebusy",		/* for want of one INIT_VM is EBUSY */
	"spoils-another",		/* a TD that ends makes one that is left unusable */
	"vcpu-before-td",		/* a vCPU before INIT_VM is let in */
	"run-before-finalize",		/* a TD that is not final runs */
	"no-progress",			/* an interrupted INIT_MEM_REGION does not say how far it got */
	"deaf-to-signals",		/* INIT_MEM_REGION is not interrupted at all */
	"gmem-holds-nothing",		/* guest_memfd does not keep the VM alive */
	"run-holds-nothing",		/* nor does a mapping of kvm_run */
	"hw-error-lost",		/* the module's status does not get to the caller */
	"sync-regs",			/* a TD's registers are on offer */
	"idle-vm-counts",		/* KVM's module is for ever in use by a VM given no command */
	"measures-nothing",		/* the flag of INIT_MEM_REGION is taken, and no more */
	"measures-all",			/* memory is measured, whether it is to be or not */
	"measures-before",		/* a page is measured before it is known whether it can be added */
	"module-is-asked",		/* attributes and features are for the module to refuse */
	"keyid-before-params",		/* parameters are looked at once there is a key id */
	"irqchip-before-td",		/* a vCPU is refused for its irqchip before its TD */
};

#endif
