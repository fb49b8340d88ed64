# SPDX-License-Identifier: GPL-2.0-only
"""The page's pictures: the last exits of a vCPU (lib/exits.c prints them), and measurements."""
import math
import re
from dataclasses import dataclass, field

from runs import Number

HEAD = re.compile(r"(vCPU [0-9]+: [0-9]+ exits), the last of them:")
# "    3  IO out port 0x3f8  flags 0  L1  rip 0x401f40 (name+0x2)"
EXIT = re.compile(r" +(?P<nr>[0-9]{1,18})  (?P<what>\S.*?)(  flags (?P<flags>\S+))?"
                  r"(  (?P<level>L[12]))?(  rip (?P<rip>(?P<address>0x[0-9a-f]+).*))?")


@dataclass
class Picture:
    caption: str = ""
    label: str = ""
    width: int = 0
    height: int = 0
    lanes: list[str] = field(default_factory=list)
    trail: str = ""
    marks: list[tuple[str, str]] = field(default_factory=list)  # class, path
    bars: list[tuple[str, int, str]] = field(default_factory=list)  # x, y, width
    texts: list[tuple[str, str, int, str]] = field(default_factory=list)  # class, x, y, text


def wrapped(text: str) -> list[str]:
    """In lines of up to 36 letters, as a phone has them, broken at a space or behind a bar;
    what has no such place is longer."""
    lines = [""]
    for piece in re.findall(r" *[^ |]*\|?", text):
        if lines[-1] and len(lines[-1] + piece) > 36:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def mark(what: str, level: str | None, x: str, y: int) -> tuple[str, str]:
    """A shape for the kind of exit; its class says the level."""
    if "KVM_RUN: " in what:
        return "broken", f"M{x} {y}m-5 -5l10 10m0 -10l-10 10"
    shape = "m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z"
    if what.startswith("X86_BUS_LOCK"):
        shape = "m0 -7l7 7l-7 7l-7 -7z"
    elif what.startswith(("IO", "MMIO")):
        shape = "m-5 -5h10v10h-10z"
    return "l2" if level == "L2" else "l1", f"M{x} {y}{shape}"


def timeline(title: str, exits: list[re.Match[str]]) -> Picture:
    """Time goes down, an exit a row; an address has its own lane, so that a RIP that stays is
    a line straight down. An exit whose RIP is not known is beside the lanes: nothing leads
    to it, for nobody knows from where and to where."""
    addresses = sorted({e["address"] for e in exits if e["rip"]}, key=lambda a: int(a, 16))
    gap = 96 / (len(addresses) - 1) if len(addresses) > 7 else 16
    lane = {address: f"{12 + gap * i:g}" for i, address in enumerate(addresses)}
    left = 12 + gap * max(len(addresses), 1)
    picture = Picture(title + (f", the last {len(exits)}" if int(exits[0]["nr"]) > 1 else ""))
    top, before, told = 0, None, []
    for e in exits:
        x, y = lane.get(e["address"] or "", "12"), top + 14
        if e["rip"]:
            picture.trail += f"{'L' if before else 'M'}{x} {y}"
        picture.marks.append(mark(e["what"], e["level"], x, y))
        what = " ".join(filter(None, (e["nr"], e["level"], e["what"])))
        flags = f"flags {e['flags']}" if e["flags"] not in (None, "0") else ""
        where = f"RIP {e['rip']}" if e["rip"] else "RIP not known"
        if e["rip"] and e["address"] == before:
            where += ": unchanged"
        before = e["address"]
        told.append(f"{what} {flags}".rstrip() + f", {where}")
        top = y + 4
        for style, text in (("what", what), ("where", flags), ("where", where)):
            for line in wrapped(text) if text else []:
                picture.texts.append((style, f"{left:g}", top, line))
                top += 15
        top -= 4
    picture.lanes = [f"M{x} 4V{top - 4}" for x in lane.values()]
    picture.width = int(left + 7.5 * max(len(text[3]) for text in picture.texts) + 8)
    picture.height = top
    picture.label = f"{title}: {'; '.join(told)}"
    return picture


def timelines(lines: list[str]) -> list[Picture]:
    """Pictures of all vCPUs' exits in what a test printed."""
    pictures, title, exits = [], "", []
    for line in [*lines, ""]:
        found = EXIT.fullmatch(line) if title else None
        if found:
            exits.append(found)
            continue
        if exits:
            pictures.append(timeline(title, exits))
        head = HEAD.fullmatch(line)
        title, exits = head[1] if head else "", []
    return pictures


def plot(name: str, unit: str, values: list[tuple[str, Number]]) -> Picture:
    """A bar for each run's letters; bars grow from zero, to either side."""
    drawn = [0.0 if math.isnan(v) else max(-1e300, min(1e300, v)) for _, v in values]
    scale = 160 / (max(map(abs, drawn)) or 1)
    zero = 188 if min(drawn) < 0 else 28
    picture = Picture(name, f"{name}: " + "; ".join(f"{a} {v.text} {unit}" for a, v in values),
                      zero + 280, 22 * len(values))
    for row, ((letters, value), v) in enumerate(zip(values, drawn)):
        width, y = abs(v) * scale, 22 * row
        x = zero - (width if v < 0 else 0)
        picture.bars.append((f"{x:.1f}", y + 4, f"{max(width, 1):.1f}"))
        picture.texts += [("", "0", y + 15, letters),
                          ("", f"{x + width + 6:.1f}", y + 15, f"{value.text} {unit}")]
    return picture
