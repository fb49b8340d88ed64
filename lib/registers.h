/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMCONF_REGISTERS_H
#define KVMCONF_REGISTERS_H

struct vcpu;

/*
 * Prints the registers and the bytes at RIP to stderr as diagnostics, unless the vCPU runs or KVM
 * does not show them (an encrypted guest).
 */
void registers_print(const struct vcpu *vcpu);

#endif
