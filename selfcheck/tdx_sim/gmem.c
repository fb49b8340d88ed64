// SPDX-License-Identifier: GPL-2.0-only
/* guest_memfd: private memory as a file, which keeps its VM alive. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>

#include "sim.h"

int64_t gmem_new(struct vm_sim *vm, const struct sim_request *r, struct gmem **created)
{
	struct kvm_create_guest_memfd create;
	struct gmem *gmem;

	if (user_read(r, r->arg, &create, sizeof(create)))
		return -EFAULT;
	if (create.flags || !create.size || create.size % PAGE)
		return -EINVAL;
	gmem = calloc(1, sizeof(*gmem));
	if (!gmem)
		return -ENOMEM;
	gmem->size = create.size;
	gmem->refs = 1;
	gmem->vm = vm;
	if (!broken("gmem-holds-nothing"))
		vm->refs++;
	*created = gmem;
	return 0;
}

static void zap(struct gmem *gmem, uint64_t offset, uint64_t size)
{
	for (unsigned int i = 0; i < MAX_SLOTS; i++) {
		const struct slot *slot = &gmem->vm->slots[i];
		uint64_t from = offset > slot->offset ? offset - slot->offset : 0;

		if (slot->gmem == gmem && from < slot->size)
			remove_private_pages(gmem->vm, slot->gpa + from,
					     size < slot->size - from ? size : slot->size - from);
	}
}

int64_t gmem_fallocate(struct gmem *gmem, const struct sim_request *r)
{
	const bool had_pages = gmem->vm->nr_private;

	if (!(r->cmd & FALLOC_FL_KEEP_SIZE) ||
	    r->cmd & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if ((r->arg | r->arg2) % PAGE)
		return -EINVAL;
	if (r->cmd & FALLOC_FL_PUNCH_HOLE && !broken("kept-at-hole-punch"))
		zap(gmem, r->arg, r->arg2);
	if (had_pages && !gmem->vm->nr_private && broken("last-page-keeps-pair"))
		ledger.pairs++;
	return 0;
}

void gmem_put(struct gmem *gmem)
{
	if (gmem && !--gmem->refs)
		free(gmem);
}

void gmem_close(struct gmem *gmem)
{
	struct vm_sim *vm = gmem->vm;

	if (!broken("gmem-holds-nothing"))
		zap(gmem, 0, gmem->size);
	gmem->closed = true;
	gmem_put(gmem);
	if (!broken("gmem-holds-nothing"))
		vm_put(vm);
}
