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
	return status;
}

/* RCX must be a private GPA aligned for the level in its bits 2:0, which may be "highest". */
static u64 check_gpa(const struct regs *r, const struct td *td, unsigned highest)
{
	const unsigned level = r->rcx & 7;

	if (td->op_state == UNINITIALIZED)
		return OP_STATE_INCORRECT;
	if (level > highest || (r->rcx & (span(level) - 1) & ~7ull) ||
	    (r->rcx & ~7ull) >= td->shared_bit)
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

/* The page in R8 becomes the TD's, as what the entry of that level points to. */
static u64 map(struct regs *r, struct td *td, unsigned level, sept_state state, page_type type)
{
	const u64 gpa = r->rcx & ~7ull;
	const unsigned reached = walk(td, gpa, level);
	u64 status;

	if (reached != level)
		return refuse(r, EPT_WALK_FAILED | RCX_, sept_find(td, gpa, reached), reached);
	if (sept_find(td, gpa, level))
		return refuse(r, EPT_ENTRY_STATE_INCORRECT | RCX_, sept_find(td, gpa, level), level);
	status = check_free(r->r8, R8_);
	if (status != SUCCESS)
		return status;
	td->sept[key(gpa, level)] = { state, r->r8, 0 };
	give(r->r8, type, td);
	return SUCCESS;
}

u64 sept_add(struct regs *r, struct td *td)
{
	const unsigned level = r->rcx & 7;
	const u64 status = check_gpa(r, td, td->top_level);

	if (status != SUCCESS)
		return status;
	if (level == 0)
		return OPERAND_INVALID | RCX_;
	return map(r, td, level, SEPT_TABLE, EPT_PAGE);
}

/* R9: the page whose contents the TD's page gets; it can be the same one. */
u64 mem_page_add(struct regs *r, struct td *td)
{
	const u64 page = r->r8;
	uint8_t contents[PAGE];
	u64 status = check_gpa(r, td, 0);

	if (status != SUCCESS)
		return status;
	if (td->op_state != INITIALIZED)
		return OP_STATE_INCORRECT;
	if (r->r9 % PAGE || is_private(r->r9) || !memory_read(r->r9, contents, sizeof(contents)))
		return OPERAND_INVALID | R9_;
	status = map(r, td, 0, SEPT_PRESENT, REG);
	if (status == SUCCESS)
		memory_write(page, contents, sizeof(contents));
	return status;
}

/* The TD has yet to accept the page. */
u64 mem_page_aug(struct regs *r, struct td *td)
{
	const u64 status = check_gpa(r, td, 0);

	if (status != SUCCESS)
		return status;
	if (td->op_state != RUNNABLE)
		return OP_STATE_INCORRECT;
	if (FAULTY(TDX_FULL))
		return refuse(r, EPT_ENTRY_STATE_INCORRECT | RCX_, 0, 0);
	return map(r, td, 0, FAULTY(TDX_NO_ACCEPT) ? SEPT_PRESENT : SEPT_PENDING, REG);
}

/* The entry that RCX names, or 0 with *status set. */
static struct sept_entry *named_entry(struct regs *r, struct td *td, unsigned highest, u64 *status)
{
	const u64 gpa = r->rcx & ~7ull;
	const unsigned level = r->rcx & 7;
	struct sept_entry *entry;
	unsigned reached;

	*status = check_gpa(r, td, highest);
	if (*status != SUCCESS)
		return 0;
	reached = walk(td, gpa, level);
	entry = sept_find(td, gpa, level);
	if (reached == level && entry)
		return entry;
	*status = refuse(r, EPT_WALK_FAILED | RCX_, entry, reached);
	return 0;
}

u64 mem_range_block(struct regs *r, struct td *td)
{
	const unsigned level = r->rcx & 7;
	u64 status;
	struct sept_entry *entry = named_entry(r, td, td->top_level, &status);

	if (!entry)
		return status;
	switch (entry->state) {
	case SEPT_PRESENT: entry->state = SEPT_BLOCKED; break;
	case SEPT_PENDING: entry->state = SEPT_PENDING_BLOCKED; break;
	case SEPT_BLOCKED:
	case SEPT_PENDING_BLOCKED: return refuse(r, GPA_RANGE_ALREADY_BLOCKED, entry, level);
	default: return refuse(r, EPT_ENTRY_STATE_INCORRECT | RCX_, entry, level);
	}
	entry->blocked_at = td->epoch;
	return SUCCESS;
}

/* With one CPU none of the TD's vCPUs runs now, so none is in the epoch before. */
u64 mem_track(struct regs *, struct td *td)
{
	if (td->op_state != RUNNABLE)
		return OP_STATE_INCORRECT;
	td->epoch++;
	return SUCCESS;
}

/* Before the TD can run there is no TLB to track. */
u64 mem_page_remove(struct regs *r, struct td *td)
{
	const u64 gpa = r->rcx & ~7ull;
	u64 status;
	struct sept_entry *entry = named_entry(r, td, 0, &status);

	if (!entry)
		return status;
	if (entry->state != SEPT_BLOCKED && entry->state != SEPT_PENDING_BLOCKED)
		return refuse(r, GPA_RANGE_NOT_BLOCKED | RCX_, entry, 0);
	if (td->op_state == RUNNABLE && td->epoch <= entry->blocked_at)
		return refuse(r, TLB_TRACKING_NOT_DONE | RCX_, entry, 0);
	if (!FAULTY(TDX_PAGE_KEPT))
		take(entry->hpa);
	td->sept.erase(key(gpa, 0));
	return SUCCESS;
}

}
