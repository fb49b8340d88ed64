// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "known.h"
#include "options.h"
#include "reasons.h"

static const char usage[] =
"usage: run_tests.sh [OPTION...] [TEST...]\n"
"       run_tests.sh --report FILE.html [DIR...]\n"
"       run_tests.sh --compare A B\n"
"\n"
"TEST is a directory (x86), a binary (pio_rip, x86/pio_rip), or either with\n"
":CASE behind it; all may be shell patterns. Default: all tests. Names of other\n"
"places work, too: a case alone (pio.out_long.rip_kept_completes), an id of\n"
"LAVA's (x86.pio_rip.pio.out_long.rip_kept_completes) or of a lab that reads TAP\n"
"(kvm-conformance_pio_rip), a source file (x86/pio_rip.c, x86/pio_rip.c:85), an\n"
"entry of kselftest-list.txt, a line of the output (\"# not ok 3 pio.in_long...\").\n"
"\n"
"  --list            print the tests' ids and run nothing; with -v the claim,\n"
"                    its source, class and needs, too\n"
"  --list --by source\n"
"                    the claims by document and section, and what of these is not covered\n"
"  --only abi|implementation\n"
"                    run the claims of that class: a document says so, or only the\n"
"                    kernel's source does\n"
"  --skip PATTERN    leave these tests out; they are reported as skipped\n"
"  --skip-file FILE  the same for each line of FILE; \"#\" begins a comment\n"
"  -j N              run N binaries at once; with --machine, in as many machines (default:\n"
"                    as many as this one has CPUs, up to 4, and 100 cases for each)\n"
"  --repeat N        run each binary N times in a row: each result is the worst of\n"
"                    them, with their number\n"
"  --duration TIME   run all of them in turn for this time: 90s, 30m, 8h\n"
"  --timeout S       time limit for a binary (default: 60 s, more on slow machines)\n"
"  -o DIR            put results there (default: a new directory below results/; of an\n"
"                    installed suite below $XDG_STATE_HOME/kvm-conformance)\n"
"  --keep N          without -o: remove all results but the newest N\n"
"  -s, --summary     one line for each binary; output.tap has all\n"
"  --ktap            KTAP's two-space nesting instead of kselftest's \"# \"\n"
"  --todo            mark a known issue as TODO in place of XFAIL (for openQA)\n"
"  --junit FILE      write the results to FILE as JUnit XML, too\n"
"  --tmt DIR         write them to DIR/results.yaml, too, as tmt reads it\n"
"  --lava            report to LAVA's lava-test-case, too; without that program, to\n"
"                    the file result.txt in the results\n"
"  --print-expected  print what --lava would report, as the \"expected\" list of LAVA's\n"
"                    test definitions, and run nothing\n"
"  --strict          a known issue that passes is a failure: known_issues is stale\n"
"  --require REASON|all|PROFILE[,...]\n"
"                    a skip for this reason is a failure; with a PROFILE, a skip for\n"
"                    lack of a feature of that CPU (profiles/: %s)\n"
"  --require @FILE   the same with a profile of your own\n"
"  --bisect          for \"git bisect run\": exit status 0 good, 1 bad, 125 not tried, 255 a\n"
"                    mistake in the command line; known_issues is ignored\n"
"  --gdb             debug the one case that TEST names, from the begin of its test\n"
"  --reasons         print the reasons for which tests are skipped\n"
"  --known-issues FILE\n"
"                    use FILE in place of the suite's known_issues\n"
"  --reload-modules  allow tests to unload and load the KVM modules\n"
"  --remote COMMAND  run the tests where COMMAND takes a shell command: \"ssh root@board\"\n"
"  --machine NAME    run in an emulated machine: amd, amd-bochs,\n"
"            intel, tdx or tdx-dynamic (see emulator/)\n"
"  --kernel VERSION|DIR\n"
"                    with this kernel (default: newest-cloud): Debian's newest of that\n"
"                    version, such as 6.1 or 7.3-cloud, or what is in a directory;\n"
"                    \"debug\" is built with lockdep and other checks of its own\n"
"  --smp N, --nodes N, --memory MB\n"
"                    number of CPUs (amd only) and of NUMA nodes (amd, tdx), memory\n"
"  --cold            boot it, even if a saved state of a booted one exists\n"
"  --vm-type sev     make SEV guests in place of ordinary ones\n"
"  --module-params \"kvm.NAME=VALUE kvm_amd.NAME=VALUE...\"\n"
"                    with these parameters; each further set is another run of the\n"
"                    tests in the same machine, with results of its own\n"
"  --binaries DIR    run the binaries below DIR in place of the suite's own; the\n"
"                    kernel's log is not watched then\n"
"  --facts FILE      the facts about this machine, KEY TAB VALUE a line\n"
"  --version         print the suite's version\n"
"  -h, --help        this\n"
"\n"
"Without a run:\n"
"\n"
"  --report FILE.html [DIR...]\n"
"                    one page with claims by run, failures, measurements (default:\n"
"                    of results/latest)\n"
"  --compare A B     what changed from A to B; exit status 1 if something was ok and is\n"
"                    not, or passed and is skipped or gone (unless by --skip); 4 if\n"
"                    all of B was skipped. Changed measurements, flake rates and\n"
"                    causes are listed but do not affect the exit status\n"
"  --judge BINARY LOG [OPTION...]\n"
"                    the verdicts of a stored log of BINARY, with their rules;\n"
"                    --facts, --known-issues, --skip, --require and --strict as\n"
"                    in a run\n"
"  --kernel-log FILE\n"
"                    the lines of a kernel's log that report a fault; exit status 1 if\n"
"                    there are any; - for standard input\n"
"  --rules           print the names of all rules of verdicts (runner/rules.c)\n"
"  --kernel-reports  print the patterns of such lines, with their meaning\n"
"\n"
"Environment: KVMCONF_TIMEOUT_SCALE stretches all time limits by that factor;\n"
"KVMCONF_MACHINE is this machine's name in known_issues (default: host).\n"
"\n"
"Exit status: 0 all well, 1 something is not ok, 2 usage, 3 results could not\n"
"be kept, 4 everything was skipped, 129, 130 or 143 stopped by a signal.\n";

/* Options without a short form; those of emulated machines are kept as text. */
enum {
	LIST = 256, SKIP_OPT, REPEAT, TIMEOUT_OPT, KTAP_OPT, TODO_OPT, JUNIT, TMT, LAVA,
	PRINT_EXPECTED, STRICT, REQUIRE, REASONS, KNOWN_ISSUES, RELOAD_MODULES, REMOTE, MACHINE,
	KERNEL, SMP, NODES, MEMORY, COLD, MODULE_PARAMS, BY, ONLY, SKIP_FILE, DURATION, KEEP,
	BISECT, GDB, BINARIES, FACTS, VM_TYPE, RULES, REPORT, COMPARE, JUDGE, KERNEL_LOG,
	KERNEL_REPORTS,
};

static const struct option long_options[] = {
	{ "list", no_argument, NULL, LIST },
	{ "by", required_argument, NULL, BY },
	{ "only", required_argument, NULL, ONLY },
	{ "skip", required_argument, NULL, SKIP_OPT },
	{ "skip-file", required_argument, NULL, SKIP_FILE },
	{ "duration", required_argument, NULL, DURATION },
	{ "keep", required_argument, NULL, KEEP },
	{ "summary", no_argument, NULL, 's' },
	{ "bisect", no_argument, NULL, BISECT },
	{ "gdb", no_argument, NULL, GDB },
	{ "repeat", required_argument, NULL, REPEAT },
	{ "timeout", required_argument, NULL, TIMEOUT_OPT },
	{ "ktap", no_argument, NULL, KTAP_OPT },
	{ "todo", no_argument, NULL, TODO_OPT },
	{ "junit", required_argument, NULL, JUNIT },
	{ "tmt", required_argument, NULL, TMT },
	{ "lava", no_argument, NULL, LAVA },
	{ "print-expected", no_argument, NULL, PRINT_EXPECTED },
	{ "strict", no_argument, NULL, STRICT },
	{ "require", required_argument, NULL, REQUIRE },
	{ "reasons", no_argument, NULL, REASONS },
	{ "known-issues", required_argument, NULL, KNOWN_ISSUES },
	{ "reload-modules", no_argument, NULL, RELOAD_MODULES },
	{ "remote", required_argument, NULL, REMOTE },
	{ "machine", required_argument, NULL, MACHINE },
	{ "kernel", required_argument, NULL, KERNEL },
	{ "smp", required_argument, NULL, SMP },
	{ "nodes", required_argument, NULL, NODES },
	{ "memory", required_argument, NULL, MEMORY },
	{ "cold", no_argument, NULL, COLD },
	{ "module-params", required_argument, NULL, MODULE_PARAMS },
	{ "binaries", required_argument, NULL, BINARIES },
	{ "vm-type", required_argument, NULL, VM_TYPE },
	{ "facts", required_argument, NULL, FACTS },
	{ "rules", no_argument, NULL, RULES },
	{ "report", no_argument, NULL, REPORT },
	{ "compare", no_argument, NULL, COMPARE },
	{ "judge", no_argument, NULL, JUDGE },
	{ "kernel-log", required_argument, NULL, KERNEL_LOG },
	{ "kernel-reports", no_argument, NULL, KERNEL_REPORTS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char *option_name(int option, const char *word)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == option)
			return arena_printf(NULL, "--%s", o->name);
	return word;
}

static unsigned int count_of(const char *name, const char *what, const char *value)
{
	unsigned int count = parse_count(value);

	if (!count)
		die(STATUS_USAGE, "%s needs a number%s, not \"%s\"", name, what, value);
	return count;
}

static __attribute__((noreturn)) void print_and_exit(bool written, const char *what)
{
	if (!written)
		die(STATUS_LOST, "%s could not be written", what);
	exit(STATUS_PASS);
}

static const char *test_pattern(const char *value)
{
	if (!*value || strchr(value, '\n'))
		die(STATUS_USAGE, "no such test: \"%s\"", value);
	return value;
}

static void set_list(struct options *o, enum list list)
{
	if (o->list)
		die(STATUS_USAGE, "--list and --print-expected: one of them, once");
	o->list = list;
}

/* Seconds: a count with s, m or h behind it, or nothing. */
static unsigned int duration_of(const char *value)
{
	char *number = arena_strdup(NULL, value);
	size_t len = strlen(number);
	unsigned int factor = 1, count;

	if (len && strchr("smh", number[len - 1])) {
		factor = number[len - 1] == 'h' ? 3600 : number[len - 1] == 'm' ? 60 : 1;
		number[len - 1] = '\0';
	}
	count = parse_count(number);
	if (!count || count > 99999999 / factor)
		die(STATUS_USAGE, "--duration needs a time such as 90s, 30m or 8h, not \"%s\"", value);
	return count * factor;
}

static enum claim_class class_of(const char *value)
{
	if (!strcmp(value, "abi"))
		return ABI_CLAIMS;
	if (!strcmp(value, "implementation"))
		return IMPLEMENTATION_CLAIMS;
	die(STATUS_USAGE, "--only: there are abi and implementation, not \"%s\"", value);
}

/* getopt() takes abbreviations; a mistyped option must not become another. */
static void check_spelling(const char *word)
{
	size_t len = strcspn(word, "=");

	if (strncmp(word, "--", 2) || !word[2])
		return;
	for (const struct option *o = long_options; o->name; o++)
		if (strlen(o->name) == len - 2 && !memcmp(o->name, word + 2, len - 2)) {
			if (word[len] && !o->has_arg)
				die(STATUS_USAGE, "--%s takes no value", o->name);
			return;
		}
	die(STATUS_USAGE, "unknown option: %.*s (see --help)", (int)len, word);
}

/* Where the option's value goes, if it is nothing but text. */
static const char **takes_path(struct options *o, int option)
{
	switch (option) {
	case 'o': return &o->out;
	case JUNIT: return &o->junit;
	case TMT: return &o->tmt;
	case REMOTE: return &o->remote;
	case BINARIES: return &o->binaries;
	case KNOWN_ISSUES: return &o->known_issues;
	case FACTS: return &o->facts;
	default: return NULL;
	}
}

static void set_option(struct options *o, int option, const char *name, char *value,
		       const char *profiles)
{
	switch (option) {
	case LIST: set_list(o, LIST_IDS); break;
	case PRINT_EXPECTED: set_list(o, LIST_EXPECTED); break;
	case SKIP_OPT: lines_add(NULL, &o->selection.skips, test_pattern(value)); break;
	case SKIP_FILE: lines_add(NULL, &o->selection.skip_files, value); break;
	case BY:
		if (strcmp(value, "source"))
			die(STATUS_USAGE, "--by: there is source, not \"%s\"", value);
		o->by_source = true;
		break;
	case ONLY: o->only = class_of(value); break;
	case DURATION: o->duration = duration_of(value); break;
	case KEEP: o->keep = count_of(name, "", value); break;
	case 's': o->summary = true; break;
	case BISECT: o->bisect = true; break;
	case GDB: o->gdb = true; break;
	case 'j': o->at_once = count_of("-j", "", value); break;
	case REPEAT: o->repeat = count_of(name, "", value); break;
	case TIMEOUT_OPT: o->limit = count_of(name, " of seconds", value); break;
	case KTAP_OPT: o->dialect = KTAP; break;
	case TODO_OPT: o->todo = true; break;
	case LAVA: o->lava = true; break;
	case STRICT: o->strict = true; break;
	case RELOAD_MODULES: o->reload_modules = true; break;
	case REQUIRE: require_add(value, profiles); break;
	case VM_TYPE:
		if (strcmp(value, "sev") && strcmp(value, "default"))
			die(STATUS_USAGE, "--vm-type: there are default and sev, not \"%s\"", value);
		o->vm_type = value;
		break;
	case REASONS: print_and_exit(skip_reasons_print(), "the list");
	case RULES: print_and_exit(rules_print(), "the list");
	case KERNEL_REPORTS: print_and_exit(kernel_reports_print(), "the list");
	case KERNEL_LOG: exit(kernel_log_print(value));
	case REPORT:
	case COMPARE:
	case JUDGE: die(STATUS_USAGE, "%s must come first", name);
	case 'h':
		printf(usage, profile_names(profiles));
		print_and_exit(!fflush(stdout) && !ferror(stdout), "the help");
	}
	if (takes_path(o, option)) {
		if (!*value)
			die(STATUS_USAGE, "%s needs a %s", name, option == 'o' || option == BINARIES || option == TMT ?
			    "directory" : option == REMOTE ? "command" : "file");
		*takes_path(o, option) = value;
	}
	if (option >= MACHINE && option <= MODULE_PARAMS) {
		if (value && strchr(value, '\n'))
			die(STATUS_USAGE, "%s needs a single line", name);
		lines_add(NULL, &o->machine, arena_printf(NULL, "%s=%s", name, value ?: ""));
	}
}

void options_parse(struct options *o, int argc, char **argv, const char *root)
{
	const char *profiles = arena_printf(NULL, "%s/profiles", root);
	bool verbose = false;
	int option;

	*o = (struct options){ .repeat = 1 };
	opterr = 0;
	for (;;) {
		const char *word = optind < argc ? argv[optind] : "";

		check_spelling(strcmp(word, "--") ? word : "");
		/* "-" in front: what is no option comes as 1, in its place. */
		option = getopt_long(argc, argv, "-:j:o:svh", long_options, NULL);
		if (option == -1)
			break;
		if (option == ':')
			die(STATUS_USAGE, "%s needs a value", word);
		if (option == '?')
			die(STATUS_USAGE, "unknown option: %s (see --help)", word);
		if (option == 1)
			lines_add(NULL, &o->selection.tests, test_pattern(optarg));
		else if (option == 'v')
			verbose = true;
		else
			set_option(o, option, option_name(option, option == 'o' ? "-o" : "-j"),
				   optarg, profiles);
	}
	for (; optind < argc; optind++)
		lines_add(NULL, &o->selection.tests, test_pattern(argv[optind]));
	if (verbose && o->list != LIST_IDS)
		die(STATUS_USAGE, "-v goes with --list");
	if (o->by_source && (o->list != LIST_IDS || verbose))
		die(STATUS_USAGE, "--by goes with --list, without -v");
	if (verbose)
		o->list = LIST_VERBOSE;
	if (o->by_source)
		o->list = LIST_BY_SOURCE;
	if (o->duration && o->repeat > 1)
		die(STATUS_USAGE, "--duration and --repeat: one of them");
	if (o->gdb && (o->machine.nr || o->remote))
		die(STATUS_USAGE, "--gdb is for this machine");
	/* Modules cannot be unloaded while another test has a virtual machine. */
	if (!o->machine.nr && (!o->at_once || o->reload_modules))
		o->at_once = 1;
	if (o->remote && o->machine.nr)
		die(STATUS_USAGE, "--remote and --machine: one of them");
}
