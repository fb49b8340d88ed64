# SPDX-License-Identifier: GPL-2.0-only
"""Reads a run's output as one of its consumers does, and compares what they see
with results.json.

usage: parsers.py linaro|kunit OUTPUT RESULTS
       parsers.py seen OUTPUT

"linaro" is what LAVA and KernelCI jobs do with kselftest's dialect: python3-tap
on every level of "# ", names mangled, and what follows a result line up to the
next one is its log. "kunit" reads what kunit.py printed.
"""
import contextlib
import json
import re
import sys

SEEN = {"pass": "pass", "xfail": "pass", "xpass": "pass", "skip": "skip"}


def mangle(name):
    """An id as labs make it: from letters, digits, "_" and "-" only."""
    name = re.sub(r"\[\d{1,5}\]", "", name)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
    return re.sub(r"_-", "__", re.sub(r"^_|_$", "", name))


def tap_id(result):
    """Without the directory, as the kernel's own runner names a test."""
    return result["id"].split("/", 1)[1]


def uncommented(text):
    return text[1:].strip() if text.startswith("#") else text


def linaro(text, prefix=""):
    """Yields (id, verdict, log) for each result on this level and below."""
    from tap import parser

    below = ""
    mine = []
    for line in parser.Parser().parse_text(text):
        if line.category == "test":
            name = line.description
            if name.startswith("selftests:"):
                name = name[len("selftests:"):]
            reason = line.directive.text
            if line.ok and line.skip:
                # The reason of a skip is taken for a part of the name.
                name += " " + re.sub(r"(?i)^skip", "", reason)
            name = prefix + mangle(name.strip())
            verdict = ("skip" if line.skip else "pass") if line.ok else "fail"
            children = list(linaro(below, name + "_")) if below else []
            mine.append((name, verdict, [reason]))
            yield from children
            below = ""
        elif line.category == "diagnostic":
            below += uncommented(line.text) + "\n"
            if mine:
                mine[-1][2].append(uncommented(line.text))
    for name, verdict, log in mine:
        yield name, verdict, "\n".join(log)


def check_linaro(output, results):
    seen = {}
    for name, verdict, log in linaro(output):
        assert name not in seen, f"{name} is there twice"
        seen[name] = (verdict, log)
    for result in results["results"] + results["binaries"]:
        name = "kvm-conformance_" + mangle(tap_id(result))
        assert name in seen, f"{name} is not seen"
        verdict, log = seen.pop(name)
        assert verdict == SEEN.get(result["verdict"], "fail"), f"{name}: {verdict}"
        # A known issue is ok, as the kernel's own harness has it; the directive keeps it
        # apart from a pass. kunit.py looks at no directive but SKIP.
        known = re.match("X(FAIL|PASS) ", log)
        assert bool(known) == result["verdict"].startswith("x"), f"{name}: {log[:100]}"
        if known:
            assert known[0] == result["verdict"].upper() + " ", f"{name}: {log[:100]}"
        if verdict == "fail":
            cause = result["cause"].replace("#", "\\x23")
            assert cause in log.split("\n")[0], f"{name}: log begins with {log[:100]}"
        if verdict == "fail" and ":" in result["id"]:
            assert f"claim: {result['claim']}" in log, f"{name}: no claim in its log"
    assert not seen, f"seen, but not in results.json: {sorted(seen)}"


def check_kunit(printed, results):
    """kunit.py prints the binaries' results and, at the end, all cases as JSON."""
    tree = json.loads(printed[printed.index("\n{"):printed.rindex("}") + 1])
    assert "[ERROR]" not in printed and "[CRASHED]" not in printed, printed
    seen = {}
    for group in tree["sub_groups"]:
        collection, binary = group["name"].split(": ")[1:]
        assert collection == "kvm-conformance"
        status = re.search(rf"=+ \[([A-Z]+)\] {re.escape(group['name'])} =+\n", printed)
        seen[binary] = status[1].lower()[:4]
        for case in group["test_cases"]:
            seen[f"{binary}:{case['name']}"] = case["status"].lower()
    for result in results["results"] + results["binaries"]:
        verdict = seen.pop(tap_id(result))
        assert verdict == SEEN.get(result["verdict"], "fail"), f"{result['id']}: {verdict}"
    assert not seen, f"seen, but not in results.json: {sorted(seen)}"


def main():
    what, output, *results = sys.argv[1:]
    with open(output, encoding="ascii") as file:
        text = file.read()
    if what == "seen":
        # The parser has warnings of its own for standard output.
        with contextlib.redirect_stdout(sys.stderr):
            results = list(linaro(text))
        for name, verdict, _ in results:
            print(name, verdict)
        return
    results, = results
    with open(results, encoding="ascii") as file:
        results = json.load(file)
    if what == "linaro":
        check_linaro(text, results)
    else:
        check_kunit(text, results)


main()
