/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of every process that this one has started, directly or not.
 *
 * A subreaper inherits the orphans among its descendants, so its descendants are exactly what
 * hangs below it in /proc, whatever process groups and sessions they made for themselves.
 */
#ifndef KVMCONF_PROCESS_TREE_H
#define KVMCONF_PROCESS_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A process of this name (comm) puts the host back as it was once its test is gone, such as
 * the parameters of KVM's modules. It gets as long as a binary may run.
 */
#define RESTORER_COMM	"restores_host"

/* Or that long, where that has no limit or is not known. */
#define RESTORE_SECONDS	60

struct process {
	pid_t pid, parent;
	char state;
	char comm[32];
	bool ours;
};

/* Orphaned descendants come to us, and the death of our parent is a SIGTERM. */
void become_subreaper(void);

/* Calls @visit for each living descendant. */
void visit_descendants(void (*visit)(const struct process *process));

/* Reaps children that have ended. Returns false once there are no children left. */
bool reap_children(void (*reaped)(pid_t pid, int status));

/*
 * Kills all descendants, as one by one they become our children, and reaps them. A restorer
 * is let finish for @restore_seconds. Returns false if some would not die.
 */
bool kill_descendants(double restore_seconds, void (*reaped)(pid_t pid, int status));

#endif
