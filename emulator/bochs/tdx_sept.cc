/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The secure EPT, in which a TD's private memory is mapped. Its entries are kept here and
 * not in the pages that the host gives for them, which are accounted all the same.
 */
#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

static u64 span(unsigned level)
{
	return PAGE << (9 * level);
}

static u64 key(u64 gpa, unsigned level)
{
	return (gpa & ~(span(level) - 1)) | level;
}

struct sept_entry *sept_find(struct td *td, u64 gpa, unsigned level)
{
	auto it = td->sept.find(key(gpa, level));

	return it == td->sept.end() ? 0 : &it->second;
}

/* RCX and RDX of a refusal: the entry, and its level and state. */
static u64 refuse(struct regs *r, u64 status, struct sept_entry *entry, unsigned level)
{
	r->rcx = entry ? entry->hpa : 0;
	r->rdx = level | u64(entry ? entry->state : SEPT_FREE) << 8;
	return status | RCX_;
}

/* What a leaf is to be about. */
struct target {
	u64 gpa;
	unsigned level;
};

/*
 * In RCX is a private GPA, aligned for the level in its bits 2:0. RCX and RDX return nothing
 * unless the entry is to blame.
 */
static u64 take_target(struct regs *r, const struct td *td, unsigned lowest, unsigned highest,
		       struct target *t)
{
	*t = { r->rcx & ~7ull, unsigned(r->rcx & 7) };
	r->rcx = r->rdx = 0;
	if (t->level < lowest || t->level > highest || (t->gpa & (span(t->level) - 1)) ||
	    t->gpa >= td->shared_bit)
		return OPERAND_INVALID | RCX_;
	return SUCCESS;
}

/* Returns the level at which the way down to "level" ends too early, or "level". */
static unsigned walk(struct td *td, u64 gpa, unsigned level)
{
	for (unsigned at = td->top_level; at > level; at--) {
		struct sept_entry *entry = sept_find(td, gpa, at);

		if (!entry || entry->state != SEPT_TABLE)
			return at;
	}
	return level;
}

/* The entry at the end of the walk, which can be a free one: 0. */
static u64 find_entry(struct regs *r, struct td *td, const struct target &t,
		      struct sept_entry **entry)
{
	const unsigned reached = walk(td, t.gpa, t.level);

	*entry = sept_find(td, t.gpa, reached);
	return reached == t.level ? u64(SUCCESS) : refuse(r, EPT_WALK_FAILED, *entry, reached);
}

static u64 find_free_entry(struct regs *r, struct td *td, const struct target &t)
{
	struct sept_entry *entry;
	const u64 status = find_entry(r, td, t, &entry);

	if (status != SUCCESS)
		return status;
	return entry ? refuse(r, EPT_ENTRY_STATE_INCORRECT, entry, t.level) : u64(SUCCESS);
}

/* A page becomes the TD's, as what the target's entry points to. */
static u64 map(u64 page, struct td *td, const struct target &t, sept_state state, page_type type)
{
	const u64 status = check_free(page, R8_);

	if (status != SUCCESS)
		return status;
	td->sept[key(t.gpa, t.level)] = { state, page, 0 };
	give(page, type, td);
	return SUCCESS;
}

/* A table, which stays until the end of the TD: there is no TDH.MEM.SEPT.REMOVE here. */
u64 sept_add(struct regs *r, struct td *td)
{
	struct target t;
	u64 status = take_target(r, td, 1, td->top_level, &t);

	if (status == SUCCESS)
		status = find_free_entry(r, td, t);
	return status == SUCCESS ? map(r->r8, td, t, SEPT_TABLE, EPT_PAGE) : status;
}

/*
 * R9: the page whose contents the TD's page gets; it can be the same one. What is not the
 * host's to read would be a machine check, in place of which it is refused here.
 */
u64 mem_page_add(struct regs *r, struct td *td)
{
	uint8_t contents[PAGE];
	struct target t;
	u64 status = take_target(r, td, 0, 0, &t);

	if (status == SUCCESS)
		status = find_free_entry(r, td, t);
	if (status != SUCCESS)
		return status;
	if (r->r9 % PAGE || is_private(r->r9) || !memory_read(r->r9, contents, sizeof(contents)))
		return OPERAND_INVALID | R9_;
	status = map(r->r8, td, t, SEPT_PRESENT, REG);
	if (status == SUCCESS)
		memory_write(r->r8, contents, sizeof(contents));
	return status;
}

/* The TD has yet to accept the page. A real module takes one of 2 MiB as well. */
u64 mem_page_aug(struct regs *r, struct td *td)
{
	const sept_state state = FAULTY(TDX_NO_ACCEPT) ? SEPT_PRESENT : SEPT_PENDING;
	struct target t;
	u64 status = take_target(r, td, 0, 0, &t);

	if (status == SUCCESS)
		status = find_free_entry(r, td, t);
	if (status == SUCCESS && FAULTY(TDX_FULL))
		status = refuse(r, EPT_ENTRY_STATE_INCORRECT, 0, 0);
	return status == SUCCESS ? map(r->r8, td, t, state, REG) : status;
}

/* A chunk of 256 bytes of a page that was added. */
u64 mr_extend(struct regs *r, struct td *td)
{
	const u64 gpa = r->rcx;
	struct sept_entry *entry;

	r->rcx = r->rdx = 0;
	if (gpa % 256 || gpa >= td->shared_bit)
		return OPERAND_INVALID | RCX_;
	if (find_entry(r, td, { gpa & ~(PAGE - 1), 0 }, &entry) != SUCCESS)
		return EPT_ENTRY_NOT_PRESENT | RCX_;
	if (!entry || entry->state != SEPT_PRESENT)
		return refuse(r, EPT_ENTRY_NOT_PRESENT, entry, 0);
	return SUCCESS;
}

/* Pages only: a real module blocks tables as well. */
u64 mem_range_block(struct regs *r, struct td *td)
{
	struct sept_entry *entry = 0;
	struct target t;
	u64 status = take_target(r, td, 0, td->top_level, &t);

	if (status == SUCCESS)
		status = find_entry(r, td, t, &entry);
	if (status != SUCCESS)
		return status;
	switch (entry ? entry->state : SEPT_FREE) {
	case SEPT_PRESENT: entry->state = SEPT_BLOCKED; break;
	case SEPT_PENDING: entry->state = SEPT_PENDING_BLOCKED; break;
	case SEPT_BLOCKED:
	case SEPT_PENDING_BLOCKED: return refuse(r, GPA_RANGE_ALREADY_BLOCKED, entry, t.level);
	default: return refuse(r, EPT_ENTRY_STATE_INCORRECT, entry, t.level);
	}
	entry->blocked_at = td->epoch;
	return SUCCESS;
}

/* With one CPU none of the TD's vCPUs runs now, so none is in the epoch before. */
u64 mem_track(struct regs *, struct td *td)
{
	td->epoch++;
	return SUCCESS;
}

/* Whether no TLB can have it, of which there is none before the TD can run. */
static u64 check_untranslated(struct regs *r, struct td *td, struct sept_entry *entry)
{
	const bool blocked = entry->state == SEPT_BLOCKED || entry->state == SEPT_PENDING_BLOCKED;

	if (td->op_state != RUNNABLE)
		return SUCCESS;
	if (!blocked && !FAULTY(TDX_NO_BLOCK))
		return refuse(r, GPA_RANGE_NOT_BLOCKED, entry, 0);
	if (blocked && td->epoch <= entry->blocked_at && !FAULTY(TDX_NO_TRACK))
		return TLB_TRACKING_NOT_DONE | RCX_;
	return SUCCESS;
}

/* RCX returns the page, and with Dynamic PAMT whether it was the last one of its region. */
u64 mem_page_remove(struct regs *r, struct td *td)
{
	struct sept_entry *entry = 0;
	struct target t;
	u64 status = take_target(r, td, 0, 2, &t), hint = 0;

	if (status == SUCCESS)
		status = find_entry(r, td, t, &entry);
	if (status != SUCCESS)
		return status;
	if (!entry || entry->state == SEPT_TABLE)
		return refuse(r, EPT_ENTRY_STATE_INCORRECT, entry, t.level);
	status = check_untranslated(r, td, entry);
	if (status != SUCCESS)
		return status;
	if (!FAULTY(TDX_PAGE_KEPT))
		hint = take(entry->hpa);
	r->rcx = entry->hpa | hint;
	td->sept.erase(key(t.gpa, 0));
	return SUCCESS;
}

}
