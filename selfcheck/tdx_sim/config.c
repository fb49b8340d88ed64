// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the environment asks for:
 *
 *	KVMCONF_TDX_SIM			static, row or dynamic-no-row
 *	KVMCONF_TDX_SIM_PLACEMENT	contiguous, scattered or adversarial
 *	KVMCONF_TDX_SIM_NODES		1 or 2 NUMA nodes
 *	KVMCONF_TDX_SIM_BREAK		one of breaks[], or without:NAME: the check of that name
 *					is left out, see refuses()
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "breaks.h"

enum profile profile;
enum placement placement;
unsigned int nr_nodes;

static const char *break_wanted, *check_left_out = "";

/* Index of the word in the environment, 0 for none; an unknown word ends the test. */
static int choice(const char *variable, const char * const *words, int nr)
{
	const char *value = getenv(variable);

	if (!value || !*value)
		return 0;
	for (int i = 0; i < nr; i++)
		if (!strcmp(value, words[i]))
			return i;
	fprintf(stderr, "# error: %s: there is no \"%s\"\n", variable, value);
	exit(1);
}

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

void config_read(void)
{
	static const char * const profiles[] = { "static", "row", "dynamic-no-row" };
	static const char * const placements[] = { "contiguous", "scattered", "adversarial" };
	static const char * const nodes[] = { "1", "2" };
	static const char without[] = "without:";
	const char *wanted = getenv("KVMCONF_TDX_SIM_BREAK");

	profile = choice("KVMCONF_TDX_SIM", profiles, COUNT(profiles));
	placement = choice("KVMCONF_TDX_SIM_PLACEMENT", placements, COUNT(placements));
	nr_nodes = 1 + choice("KVMCONF_TDX_SIM_NODES", nodes, COUNT(nodes));
	if (wanted && !strncmp(wanted, without, strlen(without)))
		check_left_out = wanted + strlen(without);
	else
		break_wanted = breaks[choice("KVMCONF_TDX_SIM_BREAK", breaks, COUNT(breaks))];
}

bool broken(const char *name)
{
	return break_wanted && !strcmp(break_wanted, name);
}

bool refuses(const char *name, bool condition)
{
	return condition && strcmp(check_left_out, name);
}
