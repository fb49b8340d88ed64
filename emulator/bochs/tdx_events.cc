/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts and NMIs of TDs. A host posts interrupts to a vCPU and notifies it of them by an
 * interrupt of its own, which then is no exit; an NMI is a field that it writes. No handler
 * runs in a TD: it takes what has come where its steps say so.
 */
#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

enum : u64 {
	NOTIFICATION_VECTOR = 0x0002, DESCRIPTOR = 0x2016, PIN_CONTROLS = 0x4000,
	PENDING_NMI = 32ull << 56 | 11,
};

enum : u64 { PROCESS_POSTED_INTERRUPTS = 1 << 7, NMI_VECTOR = 2 };

/* The descriptor: a bit for each vector, then "outstanding notification". */
enum : u64 { NR_WORDS = 4, CONTROL = NR_WORDS * sizeof(u64), OUTSTANDING = 1 };

/* Whether that is what this interrupt was. Source: SDM vol. 3C, Posted-Interrupt Processing. */
bool take_posted(struct vcpu *vcpu, u64 vector)
{
	const u64 descriptor = field(vcpu, DESCRIPTOR), none = 0;
	u64 word;

	if (!(field(vcpu, PIN_CONTROLS) & PROCESS_POSTED_INTERRUPTS) ||
	    vector != field(vcpu, NOTIFICATION_VECTOR) ||
	    !memory_read(descriptor + CONTROL, &word, sizeof(word)))
		return false;
	word &= ~OUTSTANDING;
	memory_write(descriptor + CONTROL, &word, sizeof(word));
	end_of_interrupt();
	for (u64 n = 0; n < NR_WORDS; n++) {
		memory_read(descriptor + n * sizeof(word), &word, sizeof(word));
		memory_write(descriptor + n * sizeof(word), &none, sizeof(none));
		for (u64 bit = 0; bit < 64; bit++)
			if (word >> bit & 1 && !FAULTY(TDX_INTERRUPT_LOST))
				vcpu->interrupts.insert(64 * n + bit);
	}
	return true;
}

u64 next_event(struct vcpu *vcpu)
{
	u64 vector = 0;

	if (vcpu->fields[PENDING_NMI]) {
		vcpu->fields[PENDING_NMI] = 0;
		vector = NMI_VECTOR;
	} else if (!vcpu->interrupts.empty()) {
		vector = *vcpu->interrupts.rbegin();
		vcpu->interrupts.erase(vector);
	}
	return vector;
}

}
