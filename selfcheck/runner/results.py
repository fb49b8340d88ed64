# SPDX-License-Identifier: GPL-2.0-only
"""Looks into results.json: "verdicts FILE", or "member FILE ID KEY"."""
import json
import sys


def main():
    what, name, *rest = sys.argv[1:]
    with open(name, encoding="ascii") as file:
        run = json.load(file)
    results = run["results"] + run["binaries"]
    ids = [result["id"] for result in results]
    assert len(ids) == len(set(ids)), "an id is there twice"
    if what == "verdicts":
        for result in results:
            print(result["id"], result["verdict"])
    else:
        wanted, key = rest
        result = results[ids.index(wanted)]
        value = result.get(key, "")
        print(value if isinstance(value, str) else json.dumps(value))


main()
