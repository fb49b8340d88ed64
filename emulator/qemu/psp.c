/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD's secure processor as the CPUs see it: a PCI device with a mailbox for the commands of
 * the SEV firmware (firmware.c). A command is done within the write that gives it.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_device.h"
#include "migration/blocker.h"
#include "migration/vmstate.h"
#include "psp.h"

#define TYPE_PSP	"kvmconf-psp"
OBJECT_DECLARE_SIMPLE_TYPE(PspState, PSP)

#define PSP_VENDOR	0x1022
#define PSP_DEVICE	0x14ca
#define PSP_CLASS	0x1080	/* other encryption controller */
#define PSP_BAR		2
#define PSP_BAR_SIZE	(1 * MiB)

#define REG_INTERRUPT_ENABLE	0x10690
#define REG_INTERRUPT_STATUS	0x10694
#define INTERRUPT_COMMAND	(1u << 1)
#define REG_COMMAND		0x10980
#define COMMAND_INTERRUPT	(1u << 0)
#define COMMAND_SHIFT		16
#define COMMAND_MASK		0x7ff
#define COMMAND_DONE		(1u << 31)
#define REG_BUFFER_LOW		0x109e0
#define REG_BUFFER_HIGH		0x109e4
#define REG_FEATURES		0x109fc
#define FEATURE_SEV		(1u << 0)

struct PspState {
	PCIDevice parent_obj;
	MemoryRegion registers;
	uint32_t interrupt_enable, interrupt_status;
	uint32_t answer, buffer_low, buffer_high;
};

static uint64_t psp_read(void *opaque, hwaddr addr, unsigned int size)
{
	PspState *psp = opaque;

	switch (addr) {
	case REG_INTERRUPT_ENABLE:
		return psp->interrupt_enable;
	case REG_INTERRUPT_STATUS:
		return psp->interrupt_status;
	case REG_COMMAND:
		return psp->answer;
	case REG_BUFFER_LOW:
		return psp->buffer_low;
	case REG_BUFFER_HIGH:
		return psp->buffer_high;
	case REG_FEATURES:
		return FEATURE_SEV;
	default:
		return 0;
	}
}

/* A machine is saved before its kernel knows the firmware (state.sh), whose books no state has. */
static void psp_block_saving(void)
{
	static Error *reason;

	if (reason)
		return;
	error_setg(&reason, "the SEV firmware has been used");
	migrate_add_blocker(&reason, NULL);
}

static void psp_do_command(PspState *psp, uint32_t value)
{
	PCIDevice *pci = PCI_DEVICE(psp);
	hwaddr buffer = (uint64_t)psp->buffer_high << 32 | psp->buffer_low;

	if (!(pci_get_word(pci->config + PCI_COMMAND) & PCI_COMMAND_MASTER)) {
		error_report("psp: a command, but the device may not access memory");
		return;
	}
	psp_block_saving();
	psp->answer = COMMAND_DONE | psp_command(value >> COMMAND_SHIFT & COMMAND_MASK, buffer);
	if (!(value & COMMAND_INTERRUPT))
		return;
	psp->interrupt_status |= INTERRUPT_COMMAND;
	if (psp->interrupt_enable & INTERRUPT_COMMAND && msi_enabled(pci))
		msi_notify(pci, 0);
}

static void psp_write(void *opaque, hwaddr addr, uint64_t value, unsigned int size)
{
	PspState *psp = opaque;

	switch (addr) {
	case REG_INTERRUPT_ENABLE:
		psp->interrupt_enable = value;
		break;
	case REG_INTERRUPT_STATUS:
		psp->interrupt_status &= ~value;
		break;
	case REG_COMMAND:
		psp_do_command(psp, value);
		break;
	case REG_BUFFER_LOW:
		psp->buffer_low = value;
		break;
	case REG_BUFFER_HIGH:
		psp->buffer_high = value;
		break;
	}
}

static const MemoryRegionOps psp_ops = {
	.read = psp_read,
	.write = psp_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void psp_realize(PCIDevice *pci, Error **errp)
{
	PspState *psp = PSP(pci);

	if (msi_init(pci, 0, 1, true, false, errp))
		return;
	memory_region_init_io(&psp->registers, OBJECT(psp), &psp_ops, psp, TYPE_PSP, PSP_BAR_SIZE);
	pci_register_bar(pci, PSP_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &psp->registers);
}

static const VMStateDescription psp_state = {
	.name = TYPE_PSP,
	.fields = (const VMStateField[]) {
		VMSTATE_PCI_DEVICE(parent_obj, PspState),
		VMSTATE_END_OF_LIST()
	},
};

static void psp_class_init(ObjectClass *class, void *data)
{
	PCIDeviceClass *pci = PCI_DEVICE_CLASS(class);

	pci->realize = psp_realize;
	pci->exit = msi_uninit;
	pci->vendor_id = PSP_VENDOR;
	pci->device_id = PSP_DEVICE;
	pci->class_id = PSP_CLASS;
	DEVICE_CLASS(class)->vmsd = &psp_state;
	DEVICE_CLASS(class)->desc = "AMD secure processor with the SEV firmware";
}

static const TypeInfo psp_type = {
	.name = TYPE_PSP,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(PspState),
	.class_init = psp_class_init,
	.interfaces = (InterfaceInfo[]) { { INTERFACE_CONVENTIONAL_PCI_DEVICE }, { } },
};

static void psp_register(void)
{
	type_register_static(&psp_type);
}
type_init(psp_register)
