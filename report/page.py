# SPDX-License-Identifier: GPL-2.0-only
"""One page about results directories, whole in itself: no script, no network."""
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Iterator

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from drawings import Picture, plot, timelines
from runs import WORST_FIRST, Result, Run, all_ids, claim_of, is_binary, load, variant_of

SYMBOL = dict(zip(WORST_FIRST, "\u2717\u2298!\u29d6\u2020+\u2248\u2013\u2713"))
# What the harness says of every case is no evidence.
NO_EVIDENCE = re.compile(r"#  +(RUN|OK|FAIL|SKIP) |(not )?ok [0-9]+ |# measure: ")
REGISTERS = re.compile(r" +registers: |vCPU [0-9]+: [0-9]+ exits| +bytes at 0x")
# What is the same in most names of CPUs.
CPU_NOISE = re.compile(r"\((R|TM)\)| @ .*| (with|w/) .*| [0-9]+-Core| Processor$| CPU(?= @|$)", re.I)
LINK = re.compile(r"https?://[^ \"'<>]+")


def plural(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def amount(cases: int, binaries: int) -> str:
    parts = plural(cases, "case") * bool(cases), plural(binaries, "binary", "binaries") * bool(binaries)
    return " and ".join(filter(None, parts))


def breaking(text: str) -> Markup:
    """A name with places where a line may break."""
    return Markup(re.sub(r"([_./:|])", r"\1<wbr>", str(escape(text))))


def anchor(text: str) -> str:
    return re.sub(r"[^\w-]", "_", text, flags=re.ASCII)


def letters(n: int) -> str:
    """0 is A, 26 is AA."""
    return (letters(n // 26 - 1) if n > 25 else "") + chr(ord("A") + n % 26)


class Column:
    """A run, as the page calls it: a letter, and machine, kernel and CPU; where these are
    alike, also what tells one from the other."""

    def __init__(self, run: Run, number: int) -> None:
        self.run, self.letters, self.tie = run, letters(number), ""
        self.simulated = run.fact("machine.emulator").startswith("none: a simulation")
        self.machine = f"{run.head.machine} {run.set}".rstrip()
        cpu = " ".join(CPU_NOISE.sub("", run.fact("cpu.name")).split())
        self.cpu = "no CPU" if self.simulated else cpu
        self.label = [self.machine, run.head.kernel, self.cpu]
        self.counts = Counter(r.verdict for r in run.results.values() if not is_binary(r.id))

    @property
    def stand_in(self) -> str:
        """What stands in for the silicon, or the kernel: such results say nothing of these."""
        emulator = self.run.fact("machine.emulator")
        if note := re.match("[A-Z]+(?=:)", self.run.head.note):
            return note[0]
        if emulator:
            return "SIMULATION" if self.simulated else f"emulated: {emulator}"
        return "in a VM" if self.run.fact("cpu.hypervisor") not in ("", "none") else ""

    @property
    def head(self) -> list[str]:
        return list(filter(None, [*self.label, self.tie]))

    @property
    def name(self) -> str:
        return ", ".join(filter(None, [self.machine, self.run.head.kernel, self.tie]))

    def command(self, result: Result) -> str:
        """What makes it happen again, where the suite is; older results do not say it."""
        if result.reproduce:
            return result.reproduce
        head = self.run.head
        words = ["--machine", head.machine] if self.run.fact("machine.emulator") else []
        words += ["--require", head.required] if head.required else []
        words += ["--repeat", str(result.times_run)] if result.times_run > 1 else []
        words += ["--strict"] if head.strict else []
        return " ".join(map(quote, ["./run_tests.sh", *words, result.id]))

    def card(self) -> list[tuple[str, str]]:
        """Where and how it ran."""
        fact, head = self.run.fact, self.run.head
        cpu = ", ".join(label + fact(f"cpu.{key}") for key, label in (
            ("name", "none; the simulation ran on " if self.simulated else ""),
            ("family", "family "), ("model", "model "), ("stepping", "stepping "),
            ("microcode", "microcode ")) if fact(f"cpu.{key}"))
        if fact("cpu.hypervisor") not in ("", "none"):
            cpu += f"; in a virtual machine ({fact('cpu.hypervisor')})"
        modules = [key.split(".")[1] for key in self.run.facts if re.match(r"modules\.[^.]+\.state$", key)]
        repeat = fact("run.repeat")
        return [("CPU", cpu), ("Board", self.named("vendor", "product", "board_vendor", "board")),
                ("BIOS", self.named("bios", "bios_version", "bios_date")), ("KVM", " ".join(modules)),
                ("Suite", self.run.suite), ("Started", head.started), ("Required", head.required),
                ("Strict", "yes" if head.strict else ""),
                ("Repeated", f"{repeat} times" if repeat not in ("", "0", "1") else ""),
                ("Time limit", fact("run.timeout")), ("Kernel", fact("kernel.version")),
                ("Results", self.run.directory)]

    def named(self, *keys: str) -> str:
        """Facts of the machine, each once: vendors repeat themselves."""
        return " ".join(dict.fromkeys(filter(None, (self.run.fact(f"machine.{key}") for key in keys))))

    def silicon(self) -> list[tuple[str, str]]:
        """What a silicon vendor asks for first."""
        return [(label, text) for label, text in (
            ("Microcode", self.run.fact("cpu.microcode")), *self.card()[1:3]) if text]

    def cpuid(self) -> list[str]:
        """Leaves as the CPU has them: "8000000a:0 EAX EBX ECX EDX"."""
        return [f"{key[10:]} {value}" for key, value in self.run.facts.items()
                if key.startswith("cpu.cpuid.")]

    def parameters(self) -> str:
        """Of the modules: "kvm: ignore_msrs=N; kvm_amd: avic=1 sev=Y"."""
        out: dict[str, str] = defaultdict(str)
        for key, value in self.run.facts.items():
            if found := re.fullmatch(r"modules\.([^.]+)\.parameters\.([^.]+)", key):
                out[found[1]] += f" {found[2]}={value}"
        return "; ".join(f"{module}:{values}" for module, values in out.items())


def name_columns(runs: list[Run]) -> list[Column]:
    columns = [Column(run, number) for number, run in enumerate(runs)]
    for column in columns:
        alike = [c for c in columns if c.label == column.label and c is not column]
        for tie in (lambda c: Path(c.run.directory).name, lambda c: c.run.head.started,
                    lambda c: c.run.directory) if alike else ():
            column.tie = tie(column)
            if column.tie not in map(tie, alike):
                break
    return columns


@dataclass
class Seen:
    """What became of a case, or of a binary itself, in a run."""

    column: Column
    result: Result
    anchor: str = ""  # if nothing before has it

    @cached_property
    def lines(self) -> list[str]:
        return [re.sub("^# ", "", line) for line in self.result.output if not NO_EVIDENCE.match(line)]

    @property
    def registers(self) -> list[str]:
        """Of each vCPU, with the bytes at its RIP."""
        found = [line.strip() for line in self.lines if REGISTERS.match(line)]
        return found if any(line.startswith("registers: ") for line in found) else []

    @property
    def cause(self) -> str:
        return self.result.cause if self.result.verdict != "xpass" else \
            "Passes, though known_issues has it: is the entry out of date?"

    @property
    def is_bare(self) -> bool:
        of_a_binary = is_binary(self.result.id) and self.result.verdict != "error"
        return not (of_a_binary or self.lines or self.result.kernel_log)

    @property
    def how_often(self) -> str:
        times = self.result.times_run
        return f"{plural(self.result.times_so, 'time')} of {times}" if times > 1 else ""

    @property
    def flaky(self) -> str:
        return f", flaky: {self.how_often}" if self.result.times_so < self.result.times_run else ""


class Page:
    def __init__(self, runs: list[Run]) -> None:
        self.columns = name_columns(runs)
        self.ids = all_ids(runs)
        self.claims: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, list[str]] = defaultdict(list)  # the claims of each binary
        for id in self.ids:
            claim = claim_of(id)
            if claim not in self.claims and not is_binary(id):
                self.rows[id.partition(":")[0]].append(claim)
            self.claims[claim].append(id)
        # Of a claim; of a cause, if there is no more to say; of a known issue's reason.
        self.failures: dict[str, list[Seen]] = defaultdict(list)
        self.bare: dict[tuple[str, str], dict[str, list[Seen]]] = {}
        self.issues: dict[tuple[str, str], dict[str, list[Seen]]] = {}
        self.links: dict[tuple[str, str], str] = {}
        for seen in self.each([id for ids in self.claims.values() for id in ids]):
            self.collect(seen)
        # How many lines the head of the matrix takes, at the most.
        self.head_lines = max(1 + sum(len(text) // 12 + 1 for text in [*column.head, column.stand_in])
                              for column in self.columns)

    def each(self, ids: list[str]) -> Iterator[Seen]:
        return (Seen(column, column.run.results[id]) for id in ids
                for column in self.columns if id in column.run.results)

    def collect(self, seen: Seen) -> None:
        result, key = seen.result, (seen.column.letters, seen.result.id)
        if result.verdict in ("xfail", "xpass"):
            issue = result.known_issue.reason, result.known_issue.reference
            self.issues.setdefault(issue, {}).setdefault(result.id, []).append(seen)
            self.links[key] = f"issue-{list(self.issues).index(issue) + 1}"
        if not seen.column.run.is_failure(result):
            return
        name = f"failure-{anchor(result.id)}"
        seen.anchor = "" if name in self.links.values() else name
        self.links[key] = name
        if seen.is_bare:
            cases = self.bare.setdefault((result.verdict, seen.cause), {})
            cases.setdefault(result.id, []).append(seen)
        else:
            self.failures[claim_of(result.id)].append(seen)

    def phrases(self, columns: list[Column]) -> list[tuple[str, str]]:
        """What came of it all, with a verdict for its colour: of each case its worst."""
        worst: dict[str, str] = {}
        broken: dict[bool, set[str]] = {True: set(), False: set()}  # binaries; False: by an error
        for column in columns:
            for id, result in column.run.results.items():
                v = result.verdict
                if is_binary(id):
                    broken[v != "error"] |= {id} if column.run.is_failure(result) else set()
                    continue
                v = "fail" if column.run.is_bad(result) and v not in ("error", "missing") else v
                worst[id] = min(worst.get(id, v), v,
                                key=["fail", "error", "missing", "xpass", "xfail", "pass", "skip"].index)
        n, all = Counter(worst.values()), len(worst)
        lost = amount(n["error"], len(broken[False]))
        problems = sum(len(p) for p in {c.run.directory: c.run.head.problems for c in columns}.values())
        failed = [plural(n["fail"], "case fails", "cases fail")] if n["fail"] else []
        failed += [f"{n['missing']} skipped though required"] if n["missing"] else []
        failed += [amount(0, len(broken[True])) + " as such"] if broken[True] else []
        failed += [lost + " without a result"] if lost else []
        failed += [plural(problems, "problem") + " of the run as a whole"] if problems else []
        text = " and ".join(failed) + (" in one run or more" if len(columns) > 1 else "")
        if not failed:
            text = "nothing was tried" if n["skip"] == all else "no unexpected failures"
        reasons = Counter(r.reason for r in columns[0].run.results.values()
                          if r.verdict == "skip" and not is_binary(r.id) and len(columns) == 1)
        why = ": " * bool(reasons) + ", ".join(f"{times} {r}" for r, times in reasons.most_common())
        only_lost = bool(lost) and len(failed) == 1
        return [("error" if only_lost else "fail" if failed else "skip", text)] * (bool(failed) or n["pass"] < all) + [
            phrase for phrase in (("xfail", plural(n["xfail"], "known failure")),
                                  ("xpass", plural(n["xpass"], "known issue") + " passed"),
                                  ("pass", f"{n['pass']} of {all} passed"),
                                  ("skip", f"{n['skip']} of {all} not tried{why}")) if n[phrase[0]]]

    def classes(self, columns: list[Column]) -> list[tuple[str, str]]:
        """Cases by the class of their claim: what a document promises, and what only the
        kernel's source says. Nothing of results that do not tell them apart."""
        found: dict[str, Counter] = defaultdict(Counter)
        for column in columns:
            for id, result in column.run.results.items():
                if not is_binary(id) and result.claim_class:
                    verdict = "fail" if column.run.is_bad(result) else result.verdict
                    found[result.claim_class][verdict] += 1
        words = {"fail": "not ok", "xfail": "known failures", "xpass": "known issues passed",
                 "pass": "passed", "skip": "not tried"}
        return [(name, ", ".join(f"{counts[v]} {word}" for v, word in words.items() if counts[v])
                 + f", of {counts.total()}") for name, counts in sorted(found.items())]

    def skips(self) -> list[tuple[str, Counter, Counter]]:
        """The most frequent reason first: its cases by run, and its causes."""
        found: dict[str, tuple[Counter, Counter]] = defaultdict(lambda: (Counter(), Counter()))
        for seen in self.each([id for id in self.ids if not is_binary(id)]):
            if seen.result.verdict == "skip":
                found[seen.result.reason][0][seen.column.letters] += 1
                found[seen.result.reason][1][seen.result.cause] += 1
        return sorted(((reason, *counts) for reason, counts in found.items()), key=lambda s: -s[1].total())

    def measurements(self) -> list[tuple[str, str, Picture]]:
        found = defaultdict(list)
        for seen in self.each(self.ids):
            for m in seen.result.measurements:
                found[seen.result.id, m.name, m.unit].append((seen.column.letters, m.value))
        return [(id, name, plot(name, unit, v)) for (id, name, unit), v in found.items()]

    def cell(self, column: Column, claim: str) -> list[tuple[str, str, str]]:
        """What a claim came to in a run: verdicts, the worst first, text and link of each."""
        results, ids, out = column.run.results, self.claims[claim], []
        for verdict in WORST_FIRST:
            found = [Seen(column, results[id]) for id in ids
                     if id in results and results[id].verdict == verdict]
            if not found:
                continue
            reasons = ", ".join(dict.fromkeys(s.result.reason for s in found))
            text = reasons if verdict == "skip" else verdict
            if flaky := "".join(s.flaky for s in found):
                text += ", flaky" if len(ids) > 1 else flaky
            out.append((verdict, f"{len(found)} {text}" if len(ids) > 1 else text,
                        self.links.get((column.letters, found[0].result.id), "")))
        return out

    def same(self, claim: str) -> str:
        """The verdict that all of a claim's cases have in every run, or nothing."""
        found = {c.run.results[id].verdict if id in c.run.results else ""
                 for c in self.columns for id in self.claims[claim]}
        return found.pop() if len(found) == 1 else ""

    def text(self, id: str, member: str) -> str:
        """A claim, or its source, as the first run has it."""
        return next(filter(None, (getattr(s.result, member) for s in self.each([id]))), "")


def page(directories: list[str]) -> str:
    runs = [run for directory in directories for run in load(directory)]
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True,
                            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    templates.filters.update(breaking=breaking, anchor=anchor, variant=variant_of, claim=claim_of)
    templates.tests.update(link=LINK.fullmatch, binary=is_binary)
    templates.globals.update(symbol=SYMBOL, worst_first=WORST_FIRST, plural=plural, amount=amount,
                             timelines=timelines)
    reasons = {reason: text for run in runs for reason, text in run.head.reasons.items()}
    return templates.get_template("page.html.j2").render(page=Page(runs), reasons=reasons) + "\n"
