#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares what tests may be skipped for with what they say that they need.

usage: needs.py TESTS.TSV REASONS HARNESS_DIR

REASONS is what run_tests.sh --reasons prints.

The reasons are those of each REQUIRE() and SKIP() of a test and of its
fixture's set-up, as the preprocessor leaves them. Prints each reason that is not
one of the closed set, not declared ("Needs:"), or declared and never used.
Exit status: 0 if there is none.
"""
import os
import re
import subprocess
import sys

# Whatever needs a machine may find no KVM and no permission for it.
ALWAYS = {"deselected", "no-kvm", "permission"}

FUNCTION = re.compile(r"\b(\w+)\s*\(\s*struct __test_metadata\b[^;{},]*\*\s*_metadata\b")
SKIP = re.compile(r"_metadata->results->reason\s*\)\s*,\s*((?:\"(?:\\.|[^\"\\])*\"\s*)*)")
LITERAL = re.compile(r"\"((?:\\.|[^\"\\])*)\"")


def skips(binary, harness):
    """The reasons that each function of a test's source has: {function: {reason}}"""
    text = subprocess.run(
        [os.environ.get("CC", "cc"), "-E", "-P", "-D_GNU_SOURCE=", "-Ilib",
         "-isystem", harness, binary + ".c"],
        stdout=subprocess.PIPE, check=True, text=True).stdout
    functions = [(m.start(), m.group(1)) for m in FUNCTION.finditer(text)]
    found = {}
    for skip in SKIP.finditer(text):
        message = "".join(LITERAL.findall(skip.group(1)))
        name = [name for start, name in functions if start < skip.start()][-1]
        found.setdefault(name, set()).add(message.split(":")[0])
    return found


def main():
    tests, reasons, harness = sys.argv[1:]
    with open(reasons, encoding="utf-8") as lines:
        known = {line.split()[0] for line in lines}
    declared = {}
    with open(tests, encoding="utf-8") as lines:
        for line in lines:
            binary, case, _, _, needs, _ = line.rstrip("\n").split("\t")
            fixture, test = case.split(".")[0], case.split(".")[-1]
            declared.setdefault(binary, {})[fixture, test] = set(filter(None, needs.split(", ")))

    wrong = []
    nr_skips = 0
    for binary, cases in declared.items():
        found = skips(binary, harness)
        nr_skips += len(found)
        functions = {fixture + "_setup" for fixture, _ in cases}
        functions |= {test if fixture == "global" else fixture + "_" + test
                      for fixture, test in cases}
        for function, used in found.items():
            wrong += [f"{binary}.c: {function}(): \"{reason}\" is no reason for a skip"
                      for reason in sorted(used - known)]
            if function not in functions:
                wrong.append(f"{binary}.c: {function}() is no test and no set-up, but skips")
        for (fixture, test), needs in cases.items():
            used = found.get(fixture + "_setup", set()) | found.get(
                test if fixture == "global" else fixture + "_" + test, set())
            wrong += [f"{binary}.c: {fixture}.{test} can be skipped for {reason}: no Needs"
                      for reason in sorted((used & known) - needs - ALWAYS)]
            wrong += [f"{binary}.c: {fixture}.{test} is never skipped for {reason}: has Needs"
                      for reason in sorted(needs - used)]
    if not nr_skips:
        wrong.append("no test can be skipped: the harness's SKIP() is not what this looks for")
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


main()
