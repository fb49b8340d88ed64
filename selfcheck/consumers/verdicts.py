# SPDX-License-Identifier: GPL-2.0-only
"""What results.json says, as those see it who make ids of kselftest's TAP: a line
"id pass|fail|skip" for each binary and each case.

usage: verdicts.py RESULTS.json
"""
import json
import re
import sys

SEEN = {"pass": "pass", "xfail": "pass", "xpass": "pass", "skip": "skip"}

with open(sys.argv[1], encoding="ascii") as file:
    results = json.load(file)
for result in results["binaries"] + results["results"]:
    name = result["id"].split("/", 1)[1]
    name = re.sub("_-", "__", re.sub("[^A-Za-z0-9_-]+", "_", name))
    print("kvm-conformance_" + name, SEEN.get(result["verdict"], "fail"))
