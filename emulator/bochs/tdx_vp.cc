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
	*status = check_page(address, operand);
	if (*status == SUCCESS)
		*status = PAGE_METADATA_INCORRECT | operand;
	return 0;
}

u64 check_vcpu(const struct vcpu *vcpu, unsigned states)
{
	if (vcpu->tdcx != TDVPS_PAGES - 1)
		return TDCX_NUM_INCORRECT;
	if (!(states & 1 << vcpu->state))
		return VCPU_STATE_INCORRECT | vcpu->state;
	return SUCCESS;
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
	const u64 status = check_free(r->rcx, RCX_);
	struct vcpu *vcpu;

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
	if (vcpu->state != VCPU_UNINITIALIZED)
		return VCPU_STATE_INCORRECT | vcpu->state;
	if (vcpu->tdcx == TDVPS_PAGES - 1)
		return TDCX_NUM_INCORRECT;
	return add_control_page(r->rcx, vcpu->td, &vcpu->tdcx);
}

static unsigned initialized(struct td *td)
{
	unsigned nr = 0;

	for (auto &vcpu : td->vcpus)
		nr += vcpu.second->state != VCPU_UNINITIALIZED;
	return nr;
}

/* RDX: the initial RCX. R8: the x2APIC id, in version 1 of the leaf alone. */
u64 vp_init(struct regs *r, struct vcpu *vcpu)
{
	const u64 status = check_vcpu(vcpu, 1 << VCPU_UNINITIALIZED);
	const bool with_id = r->rax >> 16;

	if (status != SUCCESS)
		return status;
	if (initialized(vcpu->td) == vcpu->td->max_vcpus)
		return MAX_VCPUS_EXCEEDED;
	if (with_id && r->r8 >> 32)
		return OPERAND_INVALID | R8_;
	for (auto &other : vcpu->td->vcpus)
		if (with_id && other.second->state != VCPU_UNINITIALIZED &&
		    other.second->apic_id == r->r8)
			return X2APIC_ID_NOT_UNIQUE | r->r8;
	vcpu->script = r->rdx;
	vcpu->apic_id = with_id ? r->r8 : 0;
	vcpu->state = VCPU_READY;
	vcpu->associated = true;
	return SUCCESS;
}

u64 vp_flush(struct regs *, struct vcpu *vcpu)
{
	u64 status = check_key(vcpu->td);

	if (status == SUCCESS)
		status = check_vcpu(vcpu, ~0u);
	if (status != SUCCESS)
		return status;
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
	const u64 status = check_vcpu(vcpu, 1 << VCPU_READY | 1 << VCPU_DISABLED);
	u64 mask;

	r->r8 = 0;
	if (status != SUCCESS)
		return status;
	vcpu->associated = true;
	if (r->rdx != VCPU_STATE_DETAILS && !writable(r->rdx, &mask))
		return METADATA_FIELD_NOT_READABLE | RDX_;
	/* Bit 0 of the details: an interrupt waits. */
	r->r8 = r->rdx == VCPU_STATE_DETAILS ? !vcpu->interrupts.empty() : field(vcpu, r->rdx);
	return SUCCESS;
}

/* R8: the value, R9: which bits of it. R8 returns what was there. */
u64 vp_wr(struct regs *r, struct vcpu *vcpu)
{
	const u64 status = check_vcpu(vcpu, 1 << VCPU_READY), value = r->r8;
	u64 mask, old;

	r->r8 = 0;
	if (status != SUCCESS)
		return status;
	vcpu->associated = true;
	if (!writable(r->rdx, &mask) || !(mask & r->r9))
		return METADATA_FIELD_NOT_WRITABLE | RDX_;
	old = field(vcpu, r->rdx);
	if ((old ^ value) & r->r9 & ~mask)
		return METADATA_FIELD_VALUE_NOT_VALID | RDX_;
	vcpu->fields[r->rdx] = (old & ~r->r9) | (value & r->r9);
	r->r8 = old;
	return SUCCESS;
}

}
