/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine's state, saved and gone on from (emulator/state.sh). Bochs can do both, but asks its
 * user when to save, and copies all of memory several times.
 *
 * KVMCONF_STATE=DIR in the environment has the state saved in DIR, which is made, and the machine
 * ended, when its second serial port has sent the line "waiting". None is saved, and the exit status
 * is 0 all the same, where the TDX module has been called, whose books are in no state, or where not
 * all of memory needs to be in memory.
 *
 * A machine that goes on (bochs -r DIR) has its memory mapped from the state's file, and the RAM
 * images of DIR/config loaded over it.
 */
#include "bochs.h"
#include "cpu.h"
#include "memory/memory-bochs.h"
#include "param_names.h"
#include "gui/siminterface.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"
#include "tdx_module.h"
#include "tdx_emulated.h"

enum { SECOND_PORT = 1, PAGE_BYTES = 4096 };

bool state_wanted;

static void die(const char *what)
{
	fprintf(stderr, "the machine's state: %s\n", what);
	exit(1);
}

static const char *directory(void)
{
	static const char *const path = getenv("KVMCONF_STATE");

	return path;
}

/* A port sends while a timer or an instruction is not over yet. */
void state_sent(unsigned port, Bit8u byte)
{
	static const char word[] = "waiting\n";
	static size_t seen;

	if (!directory() || port != SECOND_PORT)
		return;
	seen = byte == word[seen] ? seen + 1 : byte == word[0];
	if (word[seen])
		return;
	seen = 0;
	state_wanted = true;
	BX_CPU(0)->async_event = 1;
}

void state_save(void)
{
	tdx::u64 calls = 0;

	tdx::read_msr(TDX_MSR_SEAMCALLS, &calls);
	if (calls)
		fprintf(stderr, "the machine's state: none, the TDX module has been called\n");
	else if (SIM->get_param_num(BXPN_MEM_SIZE)->get64() >
		 SIM->get_param_num(BXPN_HOST_MEM_SIZE)->get64())
		fprintf(stderr, "the machine's state: none, some of memory can be in a file\n");
	else if (mkdir(directory(), 0777) || !SIM->save_state(directory()))
		die("cannot be written");
	exit(0);
}

/* Pages of zeros are holes. */
void state_write_memory(FILE *file, Bit64u address, const Bit8u *from, size_t size)
{
	static const Bit8u zeros[PAGE_BYTES] = { 0 };

	for (size_t n = 0; n < size; n += PAGE_BYTES)
		if (memcmp(from + n, zeros, PAGE_BYTES) &&
		    (fseeko(file, address + n, SEEK_SET) ||
		     fwrite(from + n, PAGE_BYTES, 1, file) != 1))
			die("memory cannot be written");
}

void state_end_memory(FILE *file, Bit64u size)
{
	if (fflush(file) || ftruncate(fileno(file), size))
		die("memory cannot be written");
}

void state_map_memory(FILE *file, Bit64u address, Bit8u *to, size_t size)
{
	if (mmap(to, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fileno(file),
		 address) != to)
		die("memory cannot be mapped");
}

void state_load_images(void)
{
	char name[32];

	for (int i = 0; i < BX_N_OPTRAM_IMAGES; i++) {
		snprintf(name, sizeof(name), "%s.%d", BXPN_OPTRAM_BASE, i + 1);
		bx_list_c *base = (bx_list_c *)SIM->get_param(name);
		bx_param_string_c *path = SIM->get_param_string("file", base);

		if (!path->isempty())
			BX_MEM(0)->load_RAM(path->getptr(),
					    SIM->get_param_num("address", base)->get());
	}
}
