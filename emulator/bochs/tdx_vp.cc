/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPUs of TDs: a TDVPR page, further pages, and fields of which the host may write few.
 * A vCPU is associated with the CPU that used it last, until it is flushed there.
 */
#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

static std::map<u64, struct vcpu *> vcpus;	/* by TDVPR */

u64 nr_vcpus(void)
{
	return vcpus.size();
}

struct vcpu *find_vcpu(u64 address, u64 operand, u64 *status)
{
	auto it = vcpus.find(address);

	if (it != vcpus.end())
		return it->second;
	if (address % PAGE || address > PHYS_MASK)
		*status = OPERAND_INVALID | operand;
	else
		*status = PAGE_METADATA_INCORRECT | operand;
	return 0;
}

void forget_vcpu(u64 address)
{
	struct vcpu *vcpu = vcpus[address];

	vcpu->td->vcpus.erase(address);
	vcpus.erase(address);
	delete vcpu;
}

u64 vp_create(struct regs *r, struct td *td)
{
	struct vcpu *vcpu;
	u64 status;

	if (td->op_state == UNINITIALIZED)
		return OP_STATE_INCORRECT;
	status = check_free(r->rcx, RCX_);
	if (status != SUCCESS)
		return status;
	vcpu = new struct vcpu();
	vcpu->td = td;
	vcpu->tdvpr = r->rcx;
	vcpus[r->rcx] = td->vcpus[r->rcx] = vcpu;
	give(r->rcx, TDVPR_PAGE, td);
	return SUCCESS;
}

u64 vp_addcx(struct regs *r, struct vcpu *vcpu)
{
	if (vcpu->tdcx == TDVPS_PAGES - 1)
		return TDCX_NUM_INCORRECT;
	return add_control_page(r->rcx, vcpu->td, &vcpu->tdcx);
}

static unsigned initialized(struct td *td)
{
	unsigned nr = 0;

	for (auto &vcpu : td->vcpus)
		nr += vcpu.second->initialized;
	return nr;
}

u64 vp_init(struct regs *r, struct vcpu *vcpu)
{
	if (vcpu->tdcx != TDVPS_PAGES - 1)
		return TDCX_NUM_INCORRECT;
	if (vcpu->initialized)
		return VCPU_STATE_INCORRECT;
	if (initialized(vcpu->td) == vcpu->td->max_vcpus)
		return MAX_VCPUS_EXCEEDED;
	for (auto &other : vcpu->td->vcpus)
		if (other.second->initialized && other.second->apic_id == r->r8)
			return X2APIC_ID_NOT_UNIQUE;
	vcpu->script = r->rdx;
	vcpu->apic_id = r->r8;
	vcpu->initialized = true;
	vcpu->associated = true;
	return SUCCESS;
}

u64 vp_flush(struct regs *, struct vcpu *vcpu)
{
	if (!vcpu->associated)
		return VCPU_NOT_ASSOCIATED;
	if (!FAULTY(TDX_FLUSH_FORGOTTEN))
		vcpu->associated = false;
	return SUCCESS;
}

/* --- fields: VMCS fields are class 0, management is class 32 --- */

static const u64 VCPU_STATE_DETAILS = 1ull << 63 | 17ull << 56 | 0x100;

static const struct {
	u64 id, writable;
} fields[] = {
	{ 0x0002, 0xffff },			/* posted-interrupt notification vector */
	{ 0x2016, PHYS_MASK & ~63ull },		/* posted-interrupt descriptor */
	{ 0x203c, PHYS_MASK & ~(PAGE - 1) },	/* shared EPT pointer */
	{ 0x4000, 1 << 7 },			/* pin-based: process posted interrupts */
	{ 0x401e, 1u << 30 | 1u << 31 },	/* secondary: bus-lock detection, notify window */
	{ 0x4024, ~0ull },			/* notify window */
	{ 32ull << 56 | 11, 1 },		/* pending NMI */
};

u64 field(struct vcpu *vcpu, u64 id)
{
	auto it = vcpu->fields.find(id);

	return it == vcpu->fields.end() ? 0 : it->second;
}

static bool writable(u64 id, u64 *mask)
{
	for (const auto &f : fields) {
		if (f.id == id) {
			*mask = f.writable;
			return true;
		}
	}
	return false;
}

u64 vp_rd(struct regs *r, struct vcpu *vcpu)
{
	u64 mask;

	r->r8 = 0;
	if (!vcpu->initialized)
		return VCPU_STATE_INCORRECT;
	vcpu->associated = true;
	if (r->rdx != VCPU_STATE_DETAILS && !writable(r->rdx, &mask))
		return METADATA_FIELD_NOT_READABLE | RDX_;
	r->r8 = field(vcpu, r->rdx);
	return SUCCESS;
}

/* R8: the value, R9: which bits of it. R8 returns what was there. */
u64 vp_wr(struct regs *r, struct vcpu *vcpu)
{
	u64 mask, old;

	if (!vcpu->initialized)
		return VCPU_STATE_INCORRECT;
	vcpu->associated = true;
	if (!writable(r->rdx, &mask))
		return METADATA_FIELD_NOT_WRITABLE | RDX_;
	old = field(vcpu, r->rdx);
	if (r->r8 & r->r9 & ~mask)
		return OPERAND_INVALID | R8_;
	vcpu->fields[r->rdx] = (old & ~r->r9) | (r->r8 & r->r9);
	r->r8 = old;
	return SUCCESS;
}

}
