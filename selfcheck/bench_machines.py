#!/usr/bin/python3 -ISu
# SPDX-License-Identifier: GPL-2.0-only
"""What runs on emulated machines cost, measured in turns, as ratios of medians to the first.

usage: bench_machines.py [-r ROUNDS] [-b DIR] OPTIONS..     (make bench-machines)

OPTIONS are those of one run of run_tests.sh, in one word: "--machine amd --kernel 7.3 x86 svm".
-b DIR: the first is run by the build of the suite in DIR, such as an older one. A first one with
a single small binary is a floor: what a machine costs whatever runs in it.

CPU seconds are those of the emulator and of all that waits for it. They depend less on what else
the host does than wall seconds. "Outside" is what of these no binary has spent: staging, boot,
power-off. Cases that ran there and in the first run are compared by the machine's own clock, which
on Bochs counts instructions: with what their binaries take beside their cases.

Exit status: 0, 1 a run was not all well, 2 usage.
"""
import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def measure(suite, options):
    """A run: CPU and wall seconds, those outside of binaries, and the totals of its results."""
    with tempfile.TemporaryDirectory() as out:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        status = subprocess.run([f"{suite}/run_tests.sh", "-o", out, *options],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, check=False)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if status.returncode:
            sys.exit(f"bench_machines.py: {suite}: {shlex.join(options)}: exit status "
                     f"{status.returncode}\n{status.stderr}")
        with open(f"{out}/results.json", encoding="utf-8") as file:
            results = json.load(file)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    inside = sum(binary.get("seconds", 0) for binary in results["binaries"])
    return (cpu, wall, wall - inside), results


def machine_seconds(results, shared):
    """What the cases of shared took, and their binaries beside all of their cases."""
    binaries = {case.split(":")[0] for case in shared}
    total = sum(binary["seconds"] for binary in results["binaries"] if binary["id"] in binaries)
    return total - sum(case.get("seconds", 0) for case in results["results"]
                       if case["id"] not in shared and case["id"].split(":")[0] in binaries)


def compare_cases(first, other):
    ran = [{case["id"] for case in results["results"] if case["verdict"] != "skip"}
           for results in (first, other)]
    shared = ran[0] & ran[1]
    seconds = [machine_seconds(results, shared) for results in (first, other)]
    return (f"{len(shared)} cases of both in {seconds[1]:.1f} s of the machine's, ratio "
            f"{seconds[1] / seconds[0]:.2f}; {len(ran[1] - shared)} of this one alone")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("   ")[0])
    parser.add_argument("-r", type=int, default=3, dest="rounds")
    parser.add_argument("-b", default=TOP, dest="base")
    parser.add_argument("runs", nargs="+")
    args = parser.parse_args()
    suites = [args.base] + [TOP] * (len(args.runs) - 1)
    runs = list(zip(suites, map(shlex.split, args.runs)))
    for suite, options in runs:		# so that all caches are warm
        measure(suite, options)
    measured = [[measure(*run) for run in runs] for _ in range(args.rounds)]
    first = None
    for n, (suite, options) in enumerate(runs):
        medians = [statistics.median(turn[n][0][what] for turn in measured) for what in range(3)]
        first = first or medians
        totals = measured[-1][n][1]["totals"]
        print(f"{shlex.join(options)}{'' if suite == TOP else f' ({suite})'}")
        print(f"  CPU {medians[0]:.1f} s, ratio {medians[0] / first[0]:.2f}; "
              f"wall {medians[1]:.1f} s, ratio {medians[1] / first[1]:.2f}; "
              f"outside {medians[2]:.1f} s; {totals['pass']} pass, {totals['skip']} skipped")
        if n:
            print(f"  {compare_cases(measured[-1][0][1], measured[-1][n][1])}")


main()
