// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel logs when something is wrong with it or with the machine: a row for each kind of
 * line, from the kernel's own sources (7.3; files that have moved since 6.1 print the same) and
 * from what LAVA, SQUAD and syzkaller look for. A line that tells of a wrong input, of lack of
 * memory or of slowness is none: docs/kernel-log.md has those, with the reasons.
 *
 * Each row has lines in selfcheck/runner/kernel_reports.txt.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"

static const struct {
	const char *pattern;		/* extended regular expression on the text of a line */
	const char *meaning;
	const char *origin;
} reports[] = {
	/* The general ones: most checks of the kernel end in one of these. */
	{ "^WARNING: ", "WARN(), lockdep, RCU's checks", "kernel/panic.c, kernel/locking/lockdep.c" },
	{ "^BUG: ", "a fault in the kernel, KASAN, KFENCE, KCSAN, a bad page, a sleep or a wait that must not be",
		"arch/x86/mm/fault.c, mm/, kernel/sched/core.c, kernel/locking/" },
	{ "^[Kk]ernel BUG at ", "BUG(), BUG_ON()", "lib/bug.c" },
	{ "^Oops: ", "the kernel has died in a task", "arch/x86/kernel/dumpstack.c" },
	{ "^[a-z0-9 -]+: [0-9a-f]+ \\[#[0-9]+\\]", "the same, before 6.10: \"invalid opcode: 0000 [#1]\"",
		"arch/x86/kernel/dumpstack.c" },
	{ "^general protection fault", "#GP in the kernel", "arch/x86/kernel/traps.c" },
	{ "^Kernel panic - not syncing: ", "the end of the machine", "kernel/panic.c" },
	{ "^(traps: )?PANIC: ", "a double fault, an exception before there are handlers",
		"arch/x86/kernel/traps.c, arch/x86/mm/extable.c" },
	{ "^Fixing recursive fault but reboot is needed!", "a fault while a task dies of a fault", "kernel/exit.c" },
	{ "^note: .*\\[[0-9]+\\] exited with (irqs disabled|preempt_count )",
		"a task died in the kernel, and holds what nobody will let go", "kernel/exit.c" },

	/* Locks, interrupts, time */
	{ "^\\[ BUG: ", "lockdep: a wait in a context that must not wait", "kernel/locking/lockdep.c" },
	{ "^INFO: trying to register non-static key", "lockdep: a lock that was never initialised",
		"kernel/locking/lockdep.c" },
	{ "^(NMI )?watchdog: .*(soft lockup|hard LOCKUP)", "a CPU that does nothing else for seconds",
		"kernel/watchdog.c" },
	{ "^(rcu: )?INFO: .*(detected|self-detected).* stall", "RCU: a reader that does not end",
		"kernel/rcu/tree_stall.h, kernel/rcu/tasks.h" },
	{ "^rcu: .* kthread (starved for|timer wakeup didn't happen)", "RCU: its thread gets no time",
		"kernel/rcu/tree_stall.h" },
	{ "^INFO: task .* blocked ", "a task that waits for more than two minutes", "kernel/hung_task.c" },
	{ "^(smp: )?csd: .*non-responsive CSD lock", "a CPU that answers no call of another's", "kernel/smp.c" },
	{ "^huh, entered softirq ", "a handler changed the preemption count", "kernel/softirq.c" },
	{ "^irq [0-9]+: nobody cared", "an interrupt without a handler, now off", "kernel/irq/spurious.c" },
	{ "^Uhhuh\\. NMI received for unknown reason", "an NMI that nobody sent", "arch/x86/kernel/nmi.c" },

	/* Memory */
	{ "^BUG .+ \\((Not tainted|Tainted: ).*\\): ",
		"SLUB: written past its end, after it was freed, freed twice, left at the end of its cache",
		"mm/slub.c slab_bug()" },
	{ "^KASAN: .* in range \\[", "KASAN about a fault: what kind of pointer it was", "mm/kasan/report.c" },
	{ "^kmemleak: [0-9]+ new suspected memory leaks", "memory to which nothing points", "mm/kmemleak.c" },
	{ "^page dumped because: ", "a page in a state that it must not be in", "mm/debug.c" },
	{ "^usercopy: Kernel memory (exposure|overwrite) attempt detected",
		"a copy to or from userspace past an object's end", "mm/usercopy.c" },
	{ ": Corrupted page table at address ", "reserved bits set in a page table", "arch/x86/mm/fault.c" },
	{ "^kernel tried to execute NX-protected page|^unable to execute userspace code \\(SMEP",
		"a jump out of the kernel's code", "arch/x86/mm/fault.c" },
	{ "^Thread overran stack, or stack corrupted", "a kernel stack too deep", "arch/x86/mm/fault.c" },

	/* Lists, counters, objects, arithmetic */
	{ "^list_(add|del) (corruption|double add)", "a list that is broken", "lib/list_debug.c" },
	{ "^refcount_t: .*(use-after-free|leaking memory|imminent)", "a count of references that is wrong",
		"lib/refcount.c" },
	{ "^ODEBUG: (init|activate|deactivate|destroy|free|assert_init) ",
		"a timer, work or callback used before its time or after it", "lib/debugobjects.c" },
	{ "^ODEBUG: object .* annotated", "such an object on a stack, or said to be and not", "lib/debugobjects.c" },
	{ "^(kobject: |kobject ).*tried to init an initialized object", "an object of sysfs made twice",
		"lib/kobject.c" },
	{ "^sysfs: cannot create duplicate filename", "a name in sysfs that is left of something gone",
		"fs/sysfs/dir.c" },
	{ "^UBSAN: ", "an undefined shift, index or value", "lib/ubsan.c" },

	/* The machine */
	{ "^(mce: |\\{[0-9]+\\})?\\[Hardware Error\\]: ", "a machine check, an error that the firmware reports",
		"arch/x86/kernel/cpu/mce/core.c, drivers/acpi/apei/ghes.c" },
	{ "^EDAC .*: [0-9]+ [CU]E ", "a memory error", "drivers/edac/edac_mc.c" },
	{ "^Memory failure: 0x", "a page taken out of use for a memory error", "mm/memory-failure.c" },
	{ "^(mce: |unchecked )MSR access error: ", "an MSR that the CPU does not have, or not with that value",
		"arch/x86/mm/extable.c, arch/x86/kernel/cpu/mce/core.c" },

	/* KVM */
	{ "SEAMCALL ([A-Z_]+|\\(0x[0-9a-f]+\\)) failed: ", "the TDX module refuses what it must not refuse",
		"arch/x86/kvm/vmx/tdx.c TDX_BUG_ON(), arch/x86/virt/vmx/tdx/seamcall_internal.h" },
	{ "TDH_(VP|MNG)_(RD|WR)\\[.*\\].* failed", "the same, of a field of a TD or its vCPU",
		"arch/x86/kvm/vmx/tdx.c, tdx.h" },
	{ "TDH_PHYMEM_PAMT_(ADD|REMOVE) failed", "the same, of a pair of PAMT pages",
		"Dynamic PAMT series, arch/x86/virt/vmx/tdx/tdx.c" },
	{ "HKID [0-9]+ is leaked", "a key that no TD will ever get again", "arch/x86/kvm/vmx/tdx.c" },
	{ "^kvm_intel: TD vp_enter_ret 0x", "TDH.VP.ENTER failed in a way that KVM does not know",
		"arch/x86/kvm/vmx/tdx.c" },
	{ "^virt/tdx: (TDX-Module initialization|TDH\\.SYS\\.DISABLE) failed", "the TDX module did not start or stop",
		"arch/x86/virt/vmx/tdx/tdx.c" },
	{ "^SEV-SNP: (Leaking PFN range|RMPUPDATE failed) ", "a page that stays a guest's", "arch/x86/virt/svm/sev.c" },
	{ "SEV[-A-Z]*: [A-Z_]+ failed,? ret=", "the firmware refuses what it must not refuse",
		"arch/x86/kvm/svm/sev.c" },
	{ "(vmread|vmwrite|vmclear|vmptrld|invvpid|invept) failed: ", "a VMX instruction of KVM's own failed",
		"arch/x86/kvm/vmx/vmx.c vmx_insn_failed()" },
	{ "Missing field from shadow_read_(only|write)_field ", "KVM's tables of VMCS fields contradict each other",
		"arch/x86/kvm/vmx/nested.c" },
	{ "VMCS config on CPU [0-9]+ doesn't match reference config", "CPUs that are not alike",
		"arch/x86/kvm/vmx/vmx.c" },
	{ "reserved bits set on MMU-present spte", "a page table of KVM's that the CPU refuses",
		"arch/x86/kvm/mmu/mmu.c" },
	{ "SPTE [0-9a-f]+ .*shadow-present at free", "a page table of KVM's freed while in use",
		"arch/x86/kvm/mmu/mmu.c, KVM_PROVE_MMU" },
	{ "Invalid SPTE change: |Unexpected SPTE change! ", "an entry of KVM's page tables replaced by what cannot follow it",
		"arch/x86/kvm/mmu/tdp_mmu.c" },
	{ "unexpected emulation request on private memory", "KVM does not know what a guest does to its private memory",
		"arch/x86/kvm/mmu/mmu.c" },
	{ "unexpected exit reason 0x", "a #VMEXIT that KVM does not know", "arch/x86/kvm/x86.c" },
	{ "^kvm: enabling virtualization on CPU[0-9]+ failed", "a CPU without virtualisation among others",
		"virt/kvm/kvm_main.c" },
};

enum { NR_REPORTS = sizeof(reports) / sizeof(reports[0]) };

int kernel_report_row(const char *text)
{
	static regex_t compiled[NR_REPORTS];
	static bool ready;

	for (int i = 0; !ready && i < NR_REPORTS; i++)
		if (regcomp(&compiled[i], reports[i].pattern, REG_EXTENDED | REG_NOSUB))
			die(STATUS_LOST, "runner/kernel_reports.c: %s", reports[i].pattern);
	ready = true;
	for (int i = 0; i < NR_REPORTS; i++)
		if (!regexec(&compiled[i], text, 0, NULL, 0))
			return i + 1;
	return 0;
}

bool kernel_reports_print(void)
{
	for (int i = 0; i < NR_REPORTS; i++)
		printf("%d\t%s\t%s\t%s\n", i + 1, reports[i].pattern, reports[i].meaning, reports[i].origin);
	return !fflush(stdout) && !ferror(stdout);
}

/* Without "<LEVEL>", "[time] " and "[Tthread] ". */
const char *kernel_line_text(const char *line)
{
	if (*line == '<' && strchr(line, '>'))
		line = strchr(line, '>') + 1;
	while (*line == ' ')
		line++;
	while (*line == '[' && line[1 + strspn(line + 1, " 0123456789.TC")] == ']') {
		line += strspn(line + 1, " 0123456789.TC") + 2;
		line += *line == ' ';
	}
	return line;
}

int kernel_log_print(const char *path)
{
	char *text = strcmp(path, "-") ? read_file(path, NULL) : read_fd(STDIN_FILENO, NULL), *line;
	bool any = false;

	if (!text)
		die(STATUS_USAGE, "--kernel-log %s: %s", path, strerror(errno));
	while ((line = strsep(&text, "\n"))) {
		const char *message = kernel_line_text(line);
		int row = kernel_report_row(message);

		if (row)
			printf("%d\t%s\n", row, message);
		any |= row;
	}
	if (fflush(stdout) || ferror(stdout))
		die(STATUS_LOST, "the lines could not be written");
	return any ? STATUS_FAIL : STATUS_PASS;
}
