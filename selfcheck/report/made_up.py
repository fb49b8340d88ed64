# SPDX-License-Identifier: GPL-2.0-only
"""Makes a results directory of a short description: made_up.py DIR [LINE...]

Each LINE is "ID VERDICT [CAUSE] [{MEMBERS}]", MEMBERS being JSON. VERDICT may be skip/REASON,
xfail/WHY or xpass/WHY; an ID without a colon is a binary itself. A LINE that begins with "{"
has members of the whole. Standard input, unless it is a terminal, is not read.
"""
import json
import os
import sys


def result(line: str) -> dict:
    line, brace, members = line.partition(" {")
    id, verdict, *cause = line.split(" ", 2)
    verdict, *detail = verdict.split("/", 1)
    out = {"id": id, "verdict": verdict, "rule": "made-up", "seconds": 0.001}
    if cause:
        out["cause"] = cause[0]
    if detail and verdict == "skip":
        out["reason"] = detail[0]
    elif detail:
        out["known_issue"] = {"reference": "there", "reason": detail[0]}
    if ":" in id:
        case = id.partition(":")[2]
        out.update(claim=f"claim of {case}", source=f"source of {case}")
    return {**out, **json.loads(brace + members or "{}")}


def main() -> None:
    directory, *lines = sys.argv[1:]
    run = {"suite": "kvm-conformance", "format": 2, "version": "v1.2-3-g0123456",
           "commit": "0123456789abcdef0123456789abcdef01234567", "started": "then",
           "seconds": 1.5, "status": 1, "machine": "host", "kernel": "7.3.4-made-up"}
    results = [result(line) for line in lines if not line.startswith("{")]
    for line in lines:
        run.update(json.loads(line) if line.startswith("{") else {})
    totals: dict[str, int] = {}
    for case in results:
        if ":" in case["id"]:
            totals[case["verdict"]] = totals.get(case["verdict"], 0) + 1
    os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/results.json", "w", encoding="ascii") as file:
        head = json.dumps({**run, "totals": totals})[:-1]
        parts = {"binaries": [r for r in results if ":" not in r["id"]],
                 "results": [r for r in results if ":" in r["id"]]}
        file.write(head)
        for name, part in parts.items():
            file.write(f',\n "{name}": [\n  ' + ",\n  ".join(map(json.dumps, part)) + "\n ]")
        file.write("}\n")


main()
