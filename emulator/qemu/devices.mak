# SPDX-License-Identifier: GPL-2.0-only
# The devices of the emulated machine, and nothing else: a PC with serial ports, a port that
# writes to a file, and one that ends the emulator with a status.
CONFIG_I440FX=y
CONFIG_ISA_DEBUG=y
