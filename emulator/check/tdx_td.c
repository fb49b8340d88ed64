/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TD, from TDH.MNG.INIT to the last TD exit: its parameters, vCPUs, secure EPT and pages,
 * each leaf in the order in which the module looks at what it is given.
 */
#include "tap.h"
#include "tdx_call.h"
#include "tdx_emulated.h"

#define SEPT_VE_DISABLE	(1ul << 28)
#define SHARED_BIT	(1ul << 47)
#define SECONDARY_CONTROLS 0x401e
#define BUS_LOCK_DETECTION (1ul << 30)

/* Exit reasons, and the extended qualification of an EPT violation. */
enum { EXTERNAL_INTERRUPT = 1, TRIPLE_FAULT = 2, EPT_VIOLATION = 48, BUS_LOCK = 74, TDCALL = 77 };
enum { PENDING_PAGE = 6 };

/* What is at which GPA. */
#define SCRIPT		(1 * PAGE)
#define TAKEN		(2 * PAGE)	/* accepted by the TD */
#define PENDING		(3 * PAGE)	/* not accepted */
#define SHUTDOWN	(SCRIPT + 32 * sizeof(struct tdx_step))

static struct tdx_step script[64] __attribute__((aligned(4096))) = {
	{ .op = TDX_OP_ACCEPT, .gpa = TAKEN },
	{ .op = TDX_OP_WRITE, .gpa = TAKEN, .r10 = 0x1234 },
	{ .op = TDX_OP_READ, .gpa = TAKEN },
	{ .op = TDX_OP_VMCALL | TDX_OP_ACC, .r11 = 1 },
	{ .op = TDX_OP_VMCALL | TDX_OP_ACC, .r11 = 2 },
	{ .op = TDX_OP_BUS_LOCK },
	{ .op = TDX_OP_READ, .gpa = PENDING },
	[32] = { .op = TDX_OP_SHUTDOWN },
};

/* TD_PARAMS, as the ABI has it; of its fields those that are not zero. */
static struct {
	u64 attributes, xfam;
	u16 max_vcpus, reserved0[3];
	u64 eptp_controls, config_flags;
	u16 tsc_frequency, reserved1[19];
	u64 measurements[18], reserved2[4];
	u32 cpuid[4 * 48];
} params __attribute__((aligned(1024)));

static void write_params(void)
{
	params.attributes = SEPT_VE_DISABLE;
	params.xfam = 3;
	params.max_vcpus = 2;
	params.eptp_controls = 6 | 3 << 3;
	params.tsc_frequency = 40;
	params.cpuid[0] = 0;
}

static void takes_its_parameters(void)
{
	claim_begin("TD_PARAMS are looked at, and a TD without them has nothing");
	ATTEMPT({ OP_STATE_INCORRECT, "no parameters", VP_CREATE, TDVPR(0), TDR },
		{ OP_STATE_INCORRECT, "no parameters", SEPT_ADD, 3, TDR, SEPT(3) },
		{ OP_STATE_INCORRECT, "no parameters", MR_FINALIZE, TDR },
		{ OP_STATE_INCORRECT, "no parameters", MNG_RD, TDR, 0x110000000000000b },
		{ OPERAND_INVALID | RDX, "not aligned", MNG_INIT, TDR, (u64)&params + 8 },
		{ OPERAND_INVALID | RDX, "private", MNG_INIT, TDR, TDR },
		{ OPERAND_INVALID | RDX, "outside memory", MNG_INIT, TDR, ~1023ul });
	write_params();
	params.attributes |= 1 << 1;
	gives(OPERAND_INVALID | ATTRIBUTES, "not on offer", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	params.xfam |= 1 << 9;
	gives(OPERAND_INVALID | XFAM, "not on offer", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	params.max_vcpus = 0;
	gives(OPERAND_INVALID | MAX_VCPUS, "none", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	params.eptp_controls = 6 | 4 << 3;
	gives(OPERAND_INVALID | EPTP_CONTROLS, "5 levels", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	params.tsc_frequency = 3;
	gives(OPERAND_INVALID | TSC_FREQUENCY, "75 MHz", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	params.cpuid[0] = 1u << 31;
	gives(OPERAND_INVALID | CPUID_CONFIG, "not configurable", MNG_INIT, TDR, (u64)&params, 0);
	write_params();
	gives(SUCCESS, "as they should be", MNG_INIT, TDR, (u64)&params, 0);
	gives(OP_STATE_INCORRECT | INITIALIZED, "again", MNG_INIT, TDR, (u64)&params, 0);
	claim_end();
}

static void gets_vcpus(void)
{
	claim_begin("a vCPU is made in its order, of free pages, as many as the TD may have");
	ATTEMPT({ PAGE_METADATA_INCORRECT | RDX, "no TDR", VP_CREATE, TDVPR(0), UNUSED },
		{ PAGE_METADATA_INCORRECT | RCX, "in use", VP_CREATE, TDCX(0), TDR },
		{ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", VP_CREATE, GIB, TDR },
		{ OPERAND_INVALID | RCX, "no page", VP_CREATE, TDVPR(0) + 8, TDR });
	needs_pair(RCX, VP_CREATE, NO_PAIR, TDR, 0, 0);
	ATTEMPT({ SUCCESS, "the first", VP_CREATE, TDVPR(0), TDR },
		{ SUCCESS, "the second", VP_CREATE, TDVPR(1), TDR },
		{ SUCCESS, "the third", VP_CREATE, TDVPR(2), TDR },
		{ TDCX_NUM_INCORRECT, "too few pages", VP_INIT, TDVPR(0), SCRIPT },
		{ TDCX_NUM_INCORRECT, "too few pages", VP_RD, TDVPR(0), SECONDARY_CONTROLS },
		{ TDCX_NUM_INCORRECT, "too few pages", VP_FLUSH, TDVPR(0) },
		{ PAGE_METADATA_INCORRECT | RDX, "no TDVPR", VP_ADDCX, TDVPR(0) + PAGE, TDR },
		{ PAGE_METADATA_INCORRECT | RCX, "in use", VP_ADDCX, TDVPR(0), TDVPR(0) });
	needs_pair(RCX, VP_ADDCX, NO_PAIR, TDVPR(0), 0, 0);
	for (u64 n = 0; n < VCPUS; n++) {
		for (u64 page = 1; page < TDVPS_PAGES; page++)
			gives(SUCCESS, "a page", VP_ADDCX, TDVPR(n) + page * PAGE, TDVPR(n), 0);
	}
	ATTEMPT({ TDCX_NUM_INCORRECT, "one too many", VP_ADDCX, UNUSED, TDVPR(0) },
		{ VCPU_STATE_INCORRECT, "not initialised", VP_RD, TDVPR(0), SECONDARY_CONTROLS },
		{ VCPU_STATE_INCORRECT, "not initialised", VP_WR, TDVPR(0), SECONDARY_CONTROLS },
		{ VCPU_NOT_ASSOCIATED, "not initialised", VP_FLUSH, TDVPR(0) },
		{ OPERAND_INVALID, "no such version", VP_INIT + 2 * VERSION, TDVPR(0), SCRIPT, 7 },
		{ OPERAND_INVALID, "no such version", VP_CREATE + VERSION, UNUSED, TDR },
		{ OPERAND_INVALID, "no such leaf", 1 << 24 | VP_INIT, TDVPR(0), SCRIPT },
		{ SUCCESS, "with an id", VP_INIT + VERSION, TDVPR(0), SCRIPT, 7 },
		{ VCPU_STATE_INCORRECT | VCPU_READY, "again", VP_INIT, TDVPR(0), SCRIPT },
		{ VCPU_STATE_INCORRECT | VCPU_READY, "a page", VP_ADDCX, UNUSED, TDVPR(0) },
		{ X2APIC_ID_NOT_UNIQUE | 7, "its id", VP_INIT + VERSION, TDVPR(1), SHUTDOWN, 7 },
		{ OPERAND_INVALID | R8, "no id", VP_INIT + VERSION, TDVPR(1), SHUTDOWN, 1ul << 32 },
		{ SUCCESS, "without an id", VP_INIT, TDVPR(1), SHUTDOWN, 7 },
		{ MAX_VCPUS_EXCEEDED, "one too many", VP_INIT, TDVPR(2), SHUTDOWN },
		{ OP_STATE_INCORRECT | INITIALIZED, "not final", VP_ENTER, TDVPR(0) });
	claim_end();
}

static void has_fields(void)
{
	claim_begin("few of a vCPU's fields are the host's, and few bits of those");
	ATTEMPT({ METADATA_FIELD_NOT_READABLE, "RIP", VP_RD, TDVPR(0), 0x681e },
		{ METADATA_FIELD_NOT_WRITABLE, "RIP", VP_WR, TDVPR(0), 0x681e, 0, ~0ul },
		{ METADATA_FIELD_NOT_WRITABLE, "EPT", VP_WR, TDVPR(0), SECONDARY_CONTROLS, 0, 2 },
		{ METADATA_FIELD_VALUE_NOT_VALID, "EPT", VP_WR, TDVPR(0), SECONDARY_CONTROLS,
		  BUS_LOCK_DETECTION | 2, BUS_LOCK_DETECTION | 2 },
		{ SUCCESS, "bus-lock detection", VP_WR, TDVPR(0), SECONDARY_CONTROLS, ~0ul,
		  BUS_LOCK_DETECTION },
		{ SUCCESS, "what was written", VP_RD, TDVPR(0), SECONDARY_CONTROLS });
	if (call.r8 != BUS_LOCK_DETECTION)
		claim_fails("the secondary controls are %#lx", call.r8);
	claim_end();
}

/* In RDX is the level at which the walk ended, and the state of the entry there. */
static void details_are(u64 level, u64 state)
{
	if (call.rdx != (level | state << 8))
		claim_fails("level and state are %#lx, not %#lx", call.rdx, level | state << 8);
}

static void gets_memory(void)
{
	claim_begin("private memory is mapped from the top, page by page, and measured");
	gives(EPT_WALK_FAILED | RCX, "no table above", SEPT_ADD, 1, TDR, SEPT(1));
	details_are(3, 0);
	ATTEMPT({ OPERAND_INVALID | RCX, "no table's level", SEPT_ADD, 0, TDR, SEPT(3) },
		{ OPERAND_INVALID | RCX, "the root's level", SEPT_ADD, 4, TDR, SEPT(3) },
		{ OPERAND_INVALID | RCX, "not aligned", SEPT_ADD, PAGE | 3, TDR, SEPT(3) },
		{ OPERAND_INVALID | RCX, "shared", SEPT_ADD, SHARED_BIT | 3, TDR, SEPT(3) },
		{ PAGE_METADATA_INCORRECT | R8, "in use", SEPT_ADD, 3, TDR, TDR });
	needs_pair(R8, SEPT_ADD, 3, TDR, NO_PAIR, 0);
	ATTEMPT({ SUCCESS, "of 1 GiB each", SEPT_ADD, 3, TDR, SEPT(3) },
		{ SUCCESS, "of 2 MiB each", SEPT_ADD, 2, TDR, SEPT(2) },
		{ SUCCESS, "of pages", SEPT_ADD, 1, TDR, SEPT(1) },
		{ EPT_ENTRY_STATE_INCORRECT | RCX, "again", SEPT_ADD, 1, TDR, UNUSED });
	details_are(1, 0x84);
	ATTEMPT({ EPT_WALK_FAILED | RCX, "no table", PAGE_ADD, GIB, TDR, GUEST(1), (u64)script },
		{ OPERAND_INVALID | RCX, "2 MiB", PAGE_ADD, 1, TDR, GUEST(1), (u64)script },
		{ OPERAND_INVALID | R9, "a private source", PAGE_ADD, SCRIPT, TDR, TDR, TDCX(0) },
		{ PAGE_METADATA_INCORRECT | R8, "used", PAGE_ADD, SCRIPT, TDR, TDR, (u64)script });
	needs_pair(R8, PAGE_ADD, SCRIPT, TDR, NO_PAIR, (u64)script);
	ATTEMPT({ SUCCESS, "a page", PAGE_ADD, SCRIPT, TDR, GUEST(1), (u64)script },
		{ EPT_ENTRY_STATE_INCORRECT | RCX, "again", PAGE_ADD, SCRIPT, TDR, UNUSED,
		  (u64)script });
	details_are(0, 4);
	ATTEMPT({ SUCCESS, "another", PAGE_ADD, 5 * PAGE, TDR, GUEST(5), GUEST(5) },
		{ SUCCESS, "is not blocked before the TD is final", PAGE_REMOVE, 5 * PAGE, TDR });
	if (call.rcx != GUEST(5) || call.rdx)
		claim_fails("the removed page is said to be %#lx", call.rcx);
	ATTEMPT({ SUCCESS, "one more", PAGE_AUG, 5 * PAGE, TDR, GUEST(5) },
		{ EPT_ENTRY_NOT_PRESENT | RCX, "pending", MR_EXTEND, 5 * PAGE, TDR },
		{ SUCCESS, "pending", PAGE_REMOVE, 5 * PAGE, TDR },
		{ EPT_ENTRY_STATE_INCORRECT | RCX, "again", PAGE_REMOVE, 5 * PAGE, TDR },
		{ EPT_ENTRY_NOT_PRESENT | RCX, "no page", MR_EXTEND, 5 * PAGE, TDR },
		{ EPT_ENTRY_NOT_PRESENT | RCX, "no table", MR_EXTEND, GIB, TDR },
		{ OPERAND_INVALID | RCX, "no chunk", MR_EXTEND, SCRIPT + 128, TDR },
		{ OPERAND_INVALID | RCX, "shared", MR_EXTEND, SHARED_BIT | SCRIPT, TDR },
		{ SUCCESS, "measured", MR_EXTEND, SCRIPT + 256, TDR },
		{ SUCCESS, "final", MR_FINALIZE, TDR },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", MR_FINALIZE, TDR },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", MR_EXTEND, SCRIPT, TDR },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", PAGE_ADD, 5 * PAGE, TDR, GUEST(5) },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", VP_CREATE, UNUSED, TDR },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", VP_ADDCX, UNUSED, TDVPR(2) },
		{ OP_STATE_INCORRECT | RUNNABLE, "final", VP_INIT, TDVPR(2), SHUTDOWN });
	claim_end();
}

/* Host interrupts come first, as many as there are. */
static void exits(u64 want, const char *what, u64 vcpu, u64 r11)
{
	for (int n = 0; n < 16; n++) {
		call = (struct seamcall){ .rax = VP_ENTER, .rcx = vcpu, .r11 = r11 };
		seamcall(&call);
		if (call.rax != EXTERNAL_INTERRUPT)
			break;
	}
	if (call.rax != want)
		claim_fails("%s: the TD exits with %#lx, not %#lx", what, call.rax, want);
}

static void faults_at(u64 gpa, u64 extended, const char *what)
{
	exits(EPT_VIOLATION, what, TDVPR(0), 0);
	if (call.r8 != gpa || call.rdx != extended)
		claim_fails("%s: EPT violation at %#lx, %#lx", what, call.r8, call.rdx);
}

static void runs(void)
{
	claim_begin("a TD runs, on pages that it has accepted, and hears what the host answers");
	faults_at(TAKEN, 0, "no page");
	gives(SUCCESS, "a page", PAGE_AUG, TAKEN, TDR, GUEST(2));
	gives(EPT_ENTRY_STATE_INCORRECT | RCX, "again", PAGE_AUG, TAKEN, TDR, UNUSED);
	gives(PAGE_METADATA_INCORRECT | R8, "in use", PAGE_AUG, PENDING, TDR, GUEST(2));
	needs_pair(R8, PAGE_AUG, PENDING, TDR, NO_PAIR, 0);
	exits(TDCALL, "what it has read", TDVPR(0), 0);
	if (call.r11 != 1 || call.r15 != 0x1234)
		claim_fails("TDVMCALL %lu has %#lx", call.r11, call.r15);
	exits(TDCALL, "what was answered", TDVPR(0), 0x77);
	if (call.r11 != 2 || call.r15 != 0x77)
		claim_fails("TDVMCALL %lu has %#lx", call.r11, call.r15);
	exits(BUS_LOCK, "with detection on", TDVPR(0), 0);
	gives(SUCCESS, "a page", PAGE_AUG, PENDING, TDR, GUEST(3));
	faults_at(PENDING, PENDING_PAGE, "not accepted");
	exits(NON_RECOVERABLE_VCPU | TRIPLE_FAULT, "the other vCPU", TDVPR(1), 0);
	gives(VCPU_STATE_INCORRECT | VCPU_DISABLED, "that vCPU again", VP_ENTER, TDVPR(1), 0, 0);
	gives(SUCCESS, "that vCPU", VP_RD, TDVPR(1), SECONDARY_CONTROLS, 0);
	claim_end();
}

static void gives_pages_back(void)
{
	claim_begin("a page goes once it is blocked and no TLB can have it");
	gives(GPA_RANGE_NOT_BLOCKED | RCX, "not blocked", PAGE_REMOVE, TAKEN, TDR, 0);
	details_are(0, 4);
	ATTEMPT({ SUCCESS, "blocked", RANGE_BLOCK, TAKEN, TDR },
		{ GPA_RANGE_ALREADY_BLOCKED | RCX, "again", RANGE_BLOCK, TAKEN, TDR },
		{ TLB_TRACKING_NOT_DONE | RCX, "not tracked", PAGE_REMOVE, TAKEN, TDR },
		{ SUCCESS, "tracked", MEM_TRACK, TDR },
		{ SUCCESS, "gone", PAGE_REMOVE, TAKEN, TDR });
	if (call.rcx != GUEST(2))
		claim_fails("the removed page is said to be %#lx", call.rcx);
	host_clears_what_comes_back(GUEST(2));
	ATTEMPT({ EPT_ENTRY_STATE_INCORRECT | RCX, "no page", RANGE_BLOCK, TAKEN, TDR },
		{ SUCCESS, "pending", RANGE_BLOCK, PENDING, TDR },
		{ SUCCESS, "tracked", MEM_TRACK, TDR },
		{ PAGE_METADATA_INCORRECT | RCX, "a TD's", PAGE_WBINVD, GUEST(3) },
		{ SUCCESS, "gone", PAGE_REMOVE, PENDING, TDR },
		{ OPERAND_INVALID | RCX, "no page", PAGE_WBINVD, GUEST(3) + 64 },
		{ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", PAGE_WBINVD, GIB },
		{ PAGE_METADATA_INCORRECT | RCX, "reserved", PAGE_WBINVD, RESERVED },
		{ SUCCESS, "a free one", PAGE_WBINVD, (u64)KEY << 36 | GUEST(3) });
	faults_at(PENDING, 0, "what is gone");
	claim_end();
}

void td_lives(void)
{
	takes_its_parameters();
	gets_vcpus();
	has_fields();
	gets_memory();
	runs();
	gives_pages_back();
}
