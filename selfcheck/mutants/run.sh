#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs tests against the mutants of the catalogue: KVMs, kernels and CPUs that are wrong in one
# way each.
#
# usage: run.sh [-o DIR] [-abe] KIND PLACE [NAME..]
#	KIND	shim	a layer between the test and the kernel, see ../faulty_kvm
#		sim	a simulation of a part of the CPU, see ../pmu_sim
#		kernel	KVM's modules, built from changed sources, see ../faulty_kernel
#		revert	KVM's modules with the fixes of all known issues but one, see
#			../fixed_kernel
#		silicon	an emulated CPU or TDX module, see KVMCONF_FAULT
#		pamt	the kernel's Dynamic PAMT, see ../faulty_pamt
#	PLACE	host, pvm, amd, sev, sev-once, intel, intel-warn, intel-fatal, tdx,
#		tdx-dynamic: which of them; pmu of sim;
#		of kernel amd, sev and intel with a parameter, too: amd,kvm_amd.npt=0
#	NAME	these (default: all of that kind and place)
#	-a	run all tests against each, not only those that must kill it
#	-b	where tests cannot see what the TDX module counts: any claim may kill a mutant
#		then, and none must
#	-e	those of the place host on the emulated machine, whatever this host has
#	-o	results go below DIR (default: results/mutants)
#
# Prints what judge.awk makes of it; verdicts are in DIR/KIND-PLACE.tsv, a line each:
# KIND PLACE MUTANT BINARY CASE VERDICT, MUTANT is "baseline" where there is none.
# Exit status: 0 each was killed by the right tests and no others, 1 not so, 2 usage,
# 3 the run broke.
set -u

here=$(cd "$(dirname "$0")" && pwd -P) || exit 3
root=${here%/selfcheck/mutants}
export LC_ALL=C
# shellcheck source=selfcheck/mutants/suite.sh
. "$here/suite.sh"

usage()
{
	sed -n '/^# usage: /,/^# Prints/s/^# //p' "$0" | sed '$d' >&2
	exit 2
}

out=$root/results/mutants all='' emulate='' whoever=''
while getopts o:abe option; do
	case $option in
	o) out=$OPTARG ;;
	a) all=yes ;;
	b) export KVMCONF_HIDE_MODULE=books; whoever=yes ;;
	e) emulate=yes ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
kind=$1 place=$2 parameter=
shift 2
case $kind,$place in
shim,host) is_pvm || emulate=yes ;;
shim,pvm) is_pvm || { echo "run.sh: the KVM of this host is not kvm_pvm" >&2; exit 2; } ;;
shim,amd | shim,intel | shim,tdx) ;;
kernel,amd | kernel,sev | kernel,sev-once | kernel,tdx) ;;
kernel,intel | kernel,intel-fatal) ;;
kernel,amd,kvm*.*=* | kernel,sev,kvm*.*=* | kernel,intel,kvm*.*=*) parameter=${place#*,} ;;
revert,amd | revert,sev | revert,tdx) ;;
silicon,amd | silicon,intel | silicon,intel-warn | silicon,intel-fatal | silicon,tdx) ;;
pamt,tdx-dynamic) ;;
sim,pmu) ;;
*) usage ;;
esac
case $kind in
shim | sim) how=layer ;;
*) how=$kind ;;
esac

mkdir -p "$out" && out=$(cd "$out" && pwd -P) || exit 3
# Without the "=" of a parameter: of such a path env(1) makes a variable.
results=$out/$kind-$(echo "$place" | tr '=' _)
suite=$results/suite
rm -rf "$results" && mkdir "$results" && : >"$out/$kind-$place.tsv" || exit 3

# The mutants of the run, a line each as in catalogue.
mutants=$(awk -F '\t' -v kind="$kind" -v place="$place" -v names="$*" '
	BEGIN { n = split(names, name, " "); for (i = 1; i <= n; i++) wanted[name[i]] }
	!/^#/ && $1 == kind && $3 == place && (n == 0 || $2 in wanted) { gsub(/~/, ""); print }' \
	"$here/catalogue")
[ -n "$mutants" ] || { echo "run.sh: no such mutant" >&2; exit 2; }

# The binaries that are to be run against the mutant whose tests are $1.
binaries()
{
	if [ -n "$all" ]; then
		cut -f 1 "$root/tests.tsv"
	else
		awk -F '\t' -v tests="$1" -f "$root/lib/glob.awk" -f "$root/lib/claim_id.awk" \
			-f "$here/binaries.awk" "$root/tests.tsv"
	fi | sort -u
}

# shellcheck source=/dev/null
. "$here/$how.sh"
run_mutants || exit 3

awk -F '\t' -f "$root/lib/glob.awk" -f "$root/lib/claim_id.awk" -f "$here/judge.awk" \
	whoever="$whoever" kind="$kind" place="$place" names="$*" "$here/catalogue" "$out/$kind-$place.tsv"
