# SPDX-License-Identifier: GPL-2.0-only
"""What changed from one results directory to another, a line each:

regressed     not ok now, and was not so before, or was not there
lost          passed, and is skipped now: nobody knows if it holds still. Not what --skip
              left out, for that was asked for
vanished      passed, and is not there now; --skip would have left a skip
fixed         ok now, and was not, or was a known issue
changed       another verdict otherwise, or another cause: of what fails still, or is known to
skipped, ran  is skipped now, or no longer; "skipped" also for another reason
new, gone     was not there before; did not pass and is not there now
flakes        the same verdict in another share of its runs
measured      another number

An id that has changed (docs/renamed-ids.tsv) is the same id.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

from runs import BadInput, Head, Result, Run, all_ids, is_binary, load, renamed

KINDS = ("regressed", "lost", "vanished", "fixed", "changed", "skipped", "ran", "new", "gone",
         "flakes", "measured")
# What --repeat adds to a cause: how often it was.
HOW_OFTEN = re.compile(r" ?\([0-9]+ of [0-9]+ runs, the first was run [0-9]+\)$")


@dataclass
class Side:
    """What one of the two runs says of an id; nothing, if it does not have it."""

    result: Result | None
    verdict: str = ""
    bad: bool = False

    @staticmethod
    def of(run: Run | None, id: str) -> "Side":
        result = run.results.get(id) if run else None
        if not run or not result:
            return Side(None)
        bad = run.is_failure(result)
        # What a binary's cases make of it is said of them.
        if is_binary(id) and not bad and not result.verdict.startswith("x"):
            return Side(result, "pass")
        return Side(result, result.verdict, bad)

    def told(self) -> str:
        """The verdict with what there is to say about it."""
        if not self.result:
            return "not there"
        known = self.verdict.startswith("x")
        reason = self.result.known_issue.reason if known else \
            self.result.reason if self.verdict == "skip" else ""
        cause = "" if known or self.verdict == "pass" else self.result.cause
        return self.verdict + (f" ({reason})" if reason else "") + (f": {cause}" if cause else "") \
            + (", not ok with --strict" if known and self.bad else "")

    def cause(self) -> str:
        return HOW_OFTEN.sub("", self.result.cause) if self.result else ""


def kind_of(a: Side, b: Side) -> str:
    """One of KINDS, or "" where nothing changed."""
    if b.bad:
        return "regressed" if not a.bad else "" if a.verdict == b.verdict else "changed"
    if not a.result:
        return "new"
    if not b.result:
        return "vanished" if a.verdict in ("pass", "xpass") else "gone"
    if a.bad and b.verdict in ("pass", "xpass"):
        return "fixed"
    if a.verdict == b.verdict:
        return "skipped" if b.verdict == "skip" and a.result.reason != b.result.reason else ""
    if b.verdict == "skip":
        passed = a.verdict in ("pass", "xpass")
        return "lost" if passed and b.result.reason != "deselected" else "skipped"
    if a.verdict == "skip":
        return "ran"
    return "changed" if b.verdict == "xfail" or a.verdict == "xpass" else "fixed"


@dataclass
class Comparison:
    lines: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    nr_common: int = 0

    def note(self, kind: str, what: str, text: str) -> None:
        self.lines[kind].append(f"{kind}: {what}: {text}")

    def compare(self, prefix: str, id: str, a: Side, b: Side) -> None:
        if not a.result and not b.result:
            return
        name = f"{prefix}/{id}" if prefix else id
        if a.result and b.result:
            self.nr_common += not is_binary(id)
            if a.verdict == b.verdict and (b.bad or b.verdict == "xfail"):
                self.same_verdict(name, a, b, a.result, b.result)
            self.measurements(name, a.result, b.result)
        kind = kind_of(a, b)
        # Of a binary that is new or gone its cases tell.
        if not kind or is_binary(id) and kind in ("new", "gone", "vanished", "lost"):
            return
        before = a.verdict or "not there"
        if kind == "skipped" and a.verdict == "skip":
            before = a.told()
        self.note(kind, name, b.told() if kind == "new" else
                  f"was {before}" if not b.result else f"{before} -> {b.told()}")

    def same_verdict(self, name: str, a: Side, b: Side, was: Result, now: Result) -> None:
        if was.times_so * now.times_run != now.times_so * was.times_run:
            self.note("flakes", name, f"{b.verdict} {was.times_so} of {was.times_run} -> "
                                      f"{now.times_so} of {now.times_run}")
        if a.cause() != b.cause():
            self.note("changed", name, f"{b.verdict}: {a.cause()} -> {b.cause()}")

    def measurements(self, name: str, was: Result, now: Result) -> None:
        """Those of the same name and unit; what one has alone cannot be compared."""
        old = {(m.name, m.unit): m.value for m in was.measurements}
        for m in now.measurements:
            before = old.get((m.name, m.unit), m.value)
            if before.text != m.value.text:
                ratio = f" (x {m.value / before:.3g})" if before > 0 and m.value >= 0 else ""
                self.note("measured", name,
                          f"{m.name}: {before.text} -> {m.value.text} {m.unit}{ratio}")

    def problems(self, a: Head, b: Head) -> None:
        """What is wrong with a run as a whole."""
        for p in b.problems:
            if p not in a.problems:
                self.note("regressed", "the run", f"not there -> {p.verdict}: {p.cause}")
        for p in a.problems:
            if p not in b.problems:
                self.note("fixed", "the run", f"was {p.verdict}: {p.cause}")


def new_names() -> dict[str, str]:
    """The new id of each claim and binary that has one, by the old id."""
    text = Path(__file__).resolve().parent.parent.joinpath("docs/renamed-ids.tsv").read_text("ascii")
    return dict(line.split("\t") for line in text.splitlines() if not line.startswith("#"))


def described(name: str, run: Run) -> str:
    parts = run.head.machine, run.head.kernel, run.head.started, f"suite {run.suite}", run.end
    return f"# {name}: {run.directory}: {', '.join(filter(None, parts))}"


def all_skipped(runs: list[Run]) -> bool:
    return not runs[0].head.problems and all(
        result.verdict == "skip" or is_binary(id) and not run.is_bad(result)
        for run in runs for id, result in run.results.items())


def compare(directory_a: str, directory_b: str) -> tuple[int, str]:
    """Exit status and text: 1 something regressed, was lost or vanished, 4 B is all skips."""
    before, after = load(directory_a), load(directory_b)
    old, new = {run.set: run for run in before}, {run.set: run for run in after}
    names = new_names()
    for run in before + after:
        run.results = {renamed(names, id): result for id, result in run.results.items()}
    changes = Comparison()
    changes.problems(before[0].head, after[0].head)
    for id in all_ids(before + after):
        for name in {**old, **new}:
            changes.compare(name, id, Side.of(old.get(name), id), Side.of(new.get(name), id))
    if not changes.nr_common:
        raise BadInput(f"--compare: {directory_a} and {directory_b} have no test in common")
    out = [described("A", before[0]), described("B", after[0])]
    if before[0].suite != after[0].suite:
        out.append(f"# The suite is another one: {before[0].suite} -> {after[0].suite}")
    out += [line for kind in KINDS for line in changes.lines[kind]]
    out.append("# Changes: " + " ".join(f"{kind}:{len(changes.lines[kind])}" for kind in KINDS))
    if changes.lines["regressed"] or changes.lines["vanished"]:
        status = 1
    elif all_skipped(after):
        status = 4
        out.append("# Nothing is compared: B has nothing but skips")
    else:
        status = 1 if changes.lines["lost"] else 0
    return status, "\n".join(out) + "\n"
