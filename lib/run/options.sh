# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run_tests.sh assigns what this reads
#
# The command line of run_tests.sh, for it to source: leaves what was asked for
# in the variables below. Needs warn(), require.sh.

# shellcheck disable=SC2034 # run_tests.sh uses them
{
	selected=''	# TESTs, one a line
	skip=''		# PATTERNs, one a line
	list=''		# "", ids, verbose or expected
	at_once=1
	repeat=1
	timeout=''
	out=''
	dialect=kselftest
	lava=''
	strict=''
	reload=''
	machine_options=''	# OPTION=VALUE, one a line, for emulator/machine.sh
}

usage()
{
	cat <<-EOT
	usage: run_tests.sh [OPTION...] [TEST...]
	       run_tests.sh --report FILE.html [DIR...]
	       run_tests.sh --compare A B

	TEST is a directory (x86), a binary (pio_rip, x86/pio_rip), or either with
	:CASE behind it; all may be shell patterns. Default: all tests.

	  --list            print the tests' ids and run nothing; with -v the
	                    claim, its source and its needs, too
	  --skip PATTERN    leave these tests out; they are reported as skipped
	  -j N              run N binaries at once
	  --repeat N        run each binary N times in a row: each result is the worst of
	                    them, and says how many were so
	  --timeout S       time limit for a binary (default: $base_timeout s, more on slow machines)
	  -o DIR            put results there (default: a new directory below results/)
	  --ktap            KTAP's two-space nesting instead of kselftest's "# "
	  --lava            report to LAVA's lava-test-case and lava-test-set, too, or where
	                    these are not to be had, to the file result.txt with the results
	  --print-expected  print the "expected" list of LAVA's test definitions, of all that
	                    --lava would report, and run nothing
	  --strict          a known issue that passes is a failure: known_issues is stale
	  --require REASON|all|PROFILE[,...]
	                    a skip for this reason is a failure, or for want of what this
	                    silicon claims to have (profiles/: $(profile_names))
	  --require @FILE   the same with a profile of your own
	  --reload-modules  allow tests to unload and load the KVM modules
	  --machine NAME    run in an emulated machine: amd, amd-bochs,
	            intel, tdx or tdx-dynamic (see emulator/);
	            tdx-sim[:PROFILE] runs tdx/ on a simulation (see selfcheck/tdx_sim/)
	  --kernel VERSION|DIR
	                    with this kernel (default: newest-cloud): Debian's newest of that
	                    version, such as 6.1 or 7.3-cloud, or what is in a directory
	  --smp N, --nodes N, --memory MB
	                    with so many CPUs (amd only), NUMA nodes (amd, tdx), so much memory
	  --module-params "kvm.NAME=VALUE kvm_amd.NAME=VALUE..."
	                    with such parameters; each further set means another run of the
	                    tests in the same machine, whose results are kept apart
	  -h, --help        this

	These run nothing, but look at results directories:

	  --report FILE.html [DIR...]
	                    one page with claims by run, failures, measurements (default:
	                    of results/latest)
	  --compare A B     what changed from A to B; exit status 1 if something is not ok
	                    that was, or passed and is now skipped or gone (unless by
	                    --skip); 4 if all of B was skipped. Other numbers, flake rates and causes
	                    are told, and alone are no regression

	Environment: KVMCONF_TIMEOUT_SCALE stretches all time limits by that factor;
	KVMCONF_MACHINE is this machine's name in known_issues (default: host).

	Exit status: 0 all well, 1 something is not ok, 2 usage, 3 results could not
	be kept, 4 everything was skipped, 129, 130 or 143 stopped by a signal.
	EOT
}

die()
{
	warn "$@"
	exit 2
}

# Output that is asked for and does not arrive.
die_unwritten()
{
	warn "$1 could not be written"
	exit 3
}

is_count()
{
	case $1 in
	'' | 0* | *[!0123456789]* | ????????*) return 1 ;;
	esac
}

# add LIST VALUE: the lines of LIST and VALUE as one more.
add()
{
	case $2 in
	'' | *"$newline"*) die "no such test: \"$2\"" ;;
	esac
	printf '%s%s%s' "$1" "${1:+$newline}" "$2"
}

# split_option WORD: --option=VALUE and -jN as the two words that they mean.
split_option()
{
	case $1 in
	--*=*)
		option=${1%%=*}
		value=${1#*=}
		;;
	-[jo]?*)
		value=${1#-?}
		option=${1%"$value"}
		;;
	*) return 1 ;;
	esac
}

parse_options()
{
	verbose=''
	while [ $# -gt 0 ]; do
		joined=''
		if split_option "$1"; then
			shift
			set -- "$option" "$value" "$@"
			joined=yes
		fi
		case $1 in
		--skip | --timeout | --repeat | --require | -o | -j | --machine | --kernel | --smp | \
			--nodes | --memory | --module-params)
			[ $# -gt 1 ] || die "$1 needs a value"
			option=$1
			value=$2
			shift 2
			;;
		*)
			[ -z "$joined" ] || die "$1 takes no value"
			option=$1
			shift
			;;
		esac
		case $option in
		--list | --print-expected)
			[ -z "$list" ] || die "--list and --print-expected: one of them, once"
			list=ids
			[ "$option" = --list ] || list=expected
			;;
		-v) verbose=yes ;;
		--skip) skip=$(add "$skip" "$value") || exit ;;
		-j)
			is_count "$value" || die "-j needs a number, not \"$value\""
			at_once=$value
			;;
		--timeout)
			is_count "$value" || die "--timeout needs a number of seconds, not \"$value\""
			timeout=$value
			;;
		--repeat)
			is_count "$value" || die "--repeat needs a number, not \"$value\""
			repeat=$value
			;;
		-o)
			[ -n "$value" ] || die "-o needs a directory"
			out=$value
			;;
		--ktap) dialect=ktap ;;
		--lava) lava=yes ;;
		--strict) strict=yes ;;
		--require)
			add_require "$value"
			;;
		--reload-modules) reload=yes ;;
		--machine | --kernel | --smp | --nodes | --memory | --module-params)
			case $value in *"$newline"*) die "$option needs a single line" ;; esac
			machine_options=$machine_options${machine_options:+$newline}$option=$value
			;;
		--report | --compare) die "$option must come first, and no test be named" ;;
		--help | -h)
			usage || die_unwritten "the help"
			exit 0
			;;
		--)
			while [ $# -gt 0 ]; do
				selected=$(add "$selected" "$1") || exit
				shift
			done
			;;
		-*) die "unknown option: $option (see --help)" ;;
		*) selected=$(add "$selected" "$option") || exit ;;
		esac
	done
	if [ -n "$verbose" ]; then
		[ "$list" = ids ] || die "-v goes with --list"
		list=verbose
	fi
	settle_require
}
