#!/usr/bin/python3 -ISu
# SPDX-License-Identifier: GPL-2.0-only
"""What the runner costs beside the bare binaries, measured in turns, as ratios of medians.

usage: bench_runner.py [ROUNDS]      (make bench)

Memory and flood are measured on a made-up suite: 1,000 cases, and a binary that prints 100 MB.
"""
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
RUNNER = f"{TOP}/run_tests.sh"


def measure(argv, cwd=TOP):
    """CPU seconds, wall seconds and peak KiB of a command and all that it waited for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, after.ru_maxrss


def made_up_suite(path):
    """10 binaries with 100 cases each, and one that floods."""
    os.makedirs(f"{path}/x86")
    os.makedirs(f"{path}/runner")
    for file in ("run_tests.sh", "runner/kvm-conformance"):
        os.symlink(f"{TOP}/{file}", f"{path}/{file}") if file == "run_tests.sh" else \
            subprocess.run(["cp", f"{TOP}/{file}", f"{path}/{file}"], check=True)
    plan = [(f"b{b}", [f"c.t{c}" for c in range(100)]) for b in range(10)] + [("flood", ["c.t"])]
    with open(f"{path}/tests.tsv", "w", encoding="ascii") as tests:
        for binary, cases in plan:
            tests.writelines(f"x86/{binary}\t{case}\tclaim\tsource\t\n" for case in cases)
    for file in "known_issues", "coverage":
        open(f"{path}/{file}", "w", encoding="ascii").close()
    for binary, cases in plan:
        with open(f"{path}/x86/{binary}", "w", encoding="ascii") as script:
            script.write(f"#!/bin/sh\necho 'TAP version 13'\necho 1..{len(cases)}\n")
            if binary == "flood":
                script.write("yes 0123456789 | head -c 100000000\n")
            for n, case in enumerate(cases, 1):
                script.write(f"echo '#  RUN           {case} ...'\necho 'ok {n} {case}'\n")
        os.chmod(f"{path}/x86/{binary}", 0o755)


def processes(directory):
    """Processes that the runner starts for its own, beside those of the binaries."""
    log = f"{directory}/strace"
    if subprocess.run(["strace", "-f", "-o", log, "-e", "trace=execve,clone,clone3,fork,vfork",
                       RUNNER, "-o", f"{directory}/out"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, check=False).returncode not in (0, 1, 4):
        return None
    own, started, binaries = set(), 1, 0
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            pid = line.split()[0]
            own = own or {pid}
            child = re.search(r"(?:clone3?|v?fork)\(.*= (\d+)$|resumed>.*= (\d+)$", line)
            if re.search(r'execve\("[^"]*(x86|svm|vmx|tdx)/', line) and pid in own:
                own.discard(pid)
                binaries += 1
            elif child and pid in own and "execve" not in line:
                started += 1
                own.add(child.group(1) or child.group(2))
    return binaries, started - binaries


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with open(f"{TOP}/tests.tsv", encoding="ascii") as tests:
        binaries = sorted({line.split("\t")[0] for line in tests})
    bare = ["/bin/sh", "-c", "for b; do ./$b; done", "sh", *binaries]
    with tempfile.TemporaryDirectory() as directory:
        run = [RUNNER, "-j", "1", "-o", f"{directory}/out"]
        measured = [(measure(bare), measure(run)) for _ in range(rounds)]
        for n, (what, limit) in enumerate((("CPU", 1.15), ("wall time", 1.2))):
            floor = statistics.median(m[0][n] for m in measured)
            ours = statistics.median(m[1][n] for m in measured)
            print(f"{what}: {len(binaries)} binaries bare {floor:.3f} s, run_tests.sh {ours:.3f} s, "
                  f"ratio {ours / floor:.2f} (at most {limit})")
        cpu = statistics.median(measure([RUNNER, "--list"])[0] for _ in range(rounds))
        print(f"--list: {1000 * cpu:.1f} ms of CPU (at most 10)")
        counted = processes(directory)
        print(f"processes: {counted[0]} binaries + {counted[1]} (at most 5)" if counted else
              "processes: not counted, strace cannot be run")
        made_up_suite(f"{directory}/suite")
        peak = subprocess.run(
            [sys.executable, "-ISc", "import resource, subprocess, sys\n"
             "subprocess.run(sys.argv[1:], stdout=-3, stderr=-3)\n"
             "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
             f"{directory}/suite/runner/kvm-conformance", "-o", f"{directory}/out2"],
            capture_output=True, text=True, check=True).stdout
        print(f"memory: {int(peak) / 1024:.1f} MiB at most in one process, with 1,000 cases and "
              "100 MB of output (at most 16)")


main()
