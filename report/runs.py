# SPDX-License-Identifier: GPL-2.0-only
"""Reads results.json, format 2 (docs/results.md), and nothing else of a results directory.

A directory holds one run, or several with --module-params: one for each set of parameters,
whose name stands before the ids. Text comes as printable ASCII, any other character as "?".
"""
import json
import re
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

FORMAT = 2
BAD = "fail", "missing", "error", "timeout", "signal"
WORST_FIRST = *BAD, "xpass", "xfail", "skip", "pass"
# [SET/]dir/binary[:case]
ID = re.compile(r"(([\w-]+/)*)([\w-]+/[\w-]+(:[\w-]+(\.[\w-]+)*)?)", re.ASCII)
SUMMED_UP = re.compile(r"[0-9]+ of [0-9]+ cases not ok, ")


class BadInput(Exception):
    """What is wrong with the command line, or with the results that it names."""


class Number(float):
    """A number that keeps how it was written."""

    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number


# --- what is read of the file, member by member; take() fills it in ---

@dataclass
class KnownIssue:
    reference: str = ""
    reason: str = ""


@dataclass
class Measurement:
    value: Number
    name: str = ""
    unit: str = ""


@dataclass
class Problem:
    verdict: str
    cause: str = ""


@dataclass
class Result:
    """One case, or a binary; Run.results has the id without the set."""

    id: str
    verdict: str
    reason: str = ""
    cause: str = ""
    claim: str = ""
    source: str = ""
    reproduce: str = ""
    claim_class: str = ""  # "class" in the file
    known_issue: KnownIssue = field(default_factory=KnownIssue)
    runs: dict[str, Number] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    kernel_log: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    @property
    def is_own(self) -> bool:
        """Whether a binary's verdict is its own, not the sum of its cases."""
        return not (is_binary(self.id) and SUMMED_UP.match(self.cause))

    @property
    def times_run(self) -> int:
        return int(sum(self.runs.values())) or 1

    @property
    def times_so(self) -> int:
        """How many of the runs had this verdict."""
        return int(self.runs.get(self.verdict, 0)) if self.runs else 1


@dataclass
class Head:
    results: list[Result]
    version: str = "unknown"
    commit: str = "unknown"
    started: str = ""
    machine: str = ""
    kernel: str = ""
    note: str = ""
    required: str = ""
    status: Number = Number("0")
    strict: bool = False
    environment: dict[str, Any] = field(default_factory=dict)
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    binaries: list[Result] = field(default_factory=list)


# --- the runs ---

@dataclass
class Run:
    """The results of one run under one set of module parameters."""

    directory: str
    set: str
    head: Head
    facts: dict[str, str]
    results: dict[str, Result] = field(default_factory=dict)

    def fact(self, key: str) -> str:
        return self.facts.get(key, "")

    @property
    def suite(self) -> str:
        """git describe says the commit, too, unless that has a tag."""
        version, commit = self.head.version, self.head.commit
        told = commit == "unknown" or commit[:7] in version
        return version if told else f"{version} ({commit[:12]})"

    @property
    def end(self) -> str:
        """How the run ended, if out of order."""
        status = self.head.status.text
        return "" if status in ("0", "1", "4") else f"ended with status {status}"

    def is_bad(self, result: Result) -> bool:
        return result.verdict in BAD or result.verdict == "xpass" and self.head.strict

    def is_failure(self, result: Result) -> bool:
        """A case, or a binary for what is wrong with the binary itself."""
        return self.is_bad(result) and result.is_own


def is_binary(id: str) -> bool:
    return ":" not in id


def claim_of(id: str) -> str:
    """The claim that a case is an instance of: its variant left out."""
    binary, colon, case = id.partition(":")
    parts = case.split(".")
    return binary + colon + ".".join(parts[:1] + parts[1:][-1:])


def variant_of(id: str) -> str:
    return ".".join(id.partition(":")[2].split(".")[1:-1])


def renamed(names: dict[str, str], id: str) -> str:
    """The id that a case or a binary has today; @names has the new ones of claims and binaries."""
    binary, colon, case = id.partition(":")
    claim = names.get(claim_of(id))
    if not colon or claim is None:
        return names.get(binary, binary) + colon + case
    binary, _, case = claim.partition(":")
    fixture, _, test = case.partition(".")
    return f"{binary}:" + ".".join([fixture, *filter(None, [variant_of(id)]), test])


def all_ids(runs: list[Run]) -> list[str]:
    return list(dict.fromkeys(id for run in runs for id in run.results))


# --- reading ---

def printable(text: str) -> str:
    return re.sub(r"[^ -~]", "?", re.sub(r"[\b\f\n\r\t]", " ", text))


def take(value: Any, kind: Any, where: str) -> Any:
    """A value as the kind that it must be; complains about the place @where."""
    if kind is Any:
        return value
    due = dict if is_dataclass(kind) else get_origin(kind) or kind
    if not isinstance(value, due):
        name = {str: "a string", Number: "a number", bool: "true or false", list: "an array"}
        raise BadInput(f"{where} is not {name.get(due, 'an object')}")
    if is_dataclass(kind):
        value = {**value, **{"claim_class": value["class"]}} if "class" in value else value
        known = [f for f in fields(kind) if f.name in value]
        for f in fields(kind):
            if f.default is f.default_factory is MISSING and f not in known:
                raise BadInput(f"{where} has no {f.name}")
        return kind(**{f.name: take(value[f.name], f.type, f"{where}.{f.name}".lstrip("."))
                       for f in known})
    if due is list:
        return [take(v, get_args(kind)[0], f"{where}[{i}]") for i, v in enumerate(value)]
    if due is dict:
        return {printable(name): take(v, get_args(kind)[1], f"{where}.{printable(name)}")
                for name, v in value.items()}
    return printable(value) if due is str else value


def flat(value: Any, key: str = "") -> dict[str, str]:
    """The environment with dotted keys: {"cpu": {"name": N}} as {"cpu.name": N}."""
    if isinstance(value, dict):
        return {k: v for name, inner in value.items()
                for k, v in flat(inner, f"{key}.{printable(name)}".lstrip(".")).items()}
    return {key: value.text if isinstance(value, Number) else printable(str(value))}


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of a file must not read two things: each name once."""
    if len(dict(pairs)) < len(pairs):
        raise BadInput("not JSON: an object has two members of one name")
    return dict(pairs)


def not_a_number(text: str) -> None:
    raise BadInput(f"not JSON: {text}")


def parse(text: str) -> Head:
    """The file's object, if it is one of this suite's in the format that we know."""
    if not text.strip():
        raise BadInput("is empty")
    try:
        run = json.loads(text, parse_int=Number, parse_float=Number,
                         parse_constant=not_a_number, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            raise BadInput(f"ends in the middle, after line {len(text.splitlines())}") from None
        raise BadInput(f"line {error.lineno}: not JSON") from None
    number = run.get("format") if isinstance(run, dict) else None
    if not isinstance(number, Number) or run.get("suite") != "kvm-conformance":
        raise BadInput("not results of kvm-conformance")
    if number != FORMAT:
        maker = f"kvm-conformance {run['version']}" if "version" in run else \
            f"{'an older' if number < FORMAT else 'a newer'} version of kvm-conformance"
        raise BadInput(f"format {number.text}, of {printable(maker)}; this one reads format {FORMAT}")
    if not run.get("results"):
        raise BadInput("no results in it")
    return take(run, Head, "")


def sort_out(directory: str, head: Head) -> list[Run]:
    """Each result into the run that its set is, checked."""
    runs: dict[str, Run] = {}
    if not {p.verdict for p in head.problems} <= set(BAD):
        raise BadInput("not a problem: its verdict")
    for result in head.results + head.binaries:
        found = ID.fullmatch(result.id)
        if not found or result.verdict not in WORST_FIRST:
            raise BadInput(f'not a result: id "{result.id}", verdict "{result.verdict}"')
        for verdict, times in result.runs.items():
            if verdict not in WORST_FIRST or not re.fullmatch("[0-9]{1,9}", times.text):
                raise BadInput(f"{result.id}: not a number of runs: {verdict} {times.text}")
        name = found[1].rstrip("/")
        if name not in runs:
            facts = flat(head.sets.get(name, head.environment))
            runs[name] = Run(directory, name, head, facts)
        if runs[name].results.setdefault(found[3], result) is not result:
            raise BadInput(f"{result.id} is there twice")
        result.id = found[3]
    return list(runs.values())


def load(directory: str) -> list[Run]:
    """The runs of a results directory, at least one."""
    path = Path(directory, "results.json")
    if directory == "" or not path.parent.is_dir():
        raise BadInput(f'no such directory: "{directory}"')
    if not path.is_file():
        raise BadInput(f"{directory}: no results.json: was the run cut short?")
    try:
        text = path.read_bytes().decode("utf-8", "replace")
        return sort_out(printable(directory), parse(text))
    except RecursionError:
        raise BadInput(f"{path}: objects too deep in each other") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
