# SPDX-License-Identifier: GPL-2.0-only
"""A table for the terminal: a row a claim, a column a run. Of a claim's variants the worst
counts; "part" is some passed, the others skipped; "?" is a run without results."""
from runs import BAD, WORST_FIRST, BadInput, Run, claim_of, is_binary, load


def cell(runs: list[Run], claim: str) -> str:
    verdicts = {result.verdict for run in runs for result in run.results.values()
                if not is_binary(result.id) and claim_of(result.id) == claim}
    if not verdicts:
        return "?"
    if verdicts == {"skip", "pass"}:
        return "part"
    worst = min(verdicts, key=WORST_FIRST.index)
    return worst.upper() if worst in BAD else worst


def matrix(columns: list[str]) -> tuple[str, str]:
    """The table, and what was wrong with the runs: of MACHINE/KERNEL=DIR each."""
    runs: list[list[Run]] = []
    wrong = ""
    for column in columns:
        try:
            runs.append(load(column.partition("=")[2]))
        except BadInput as error:
            runs.append([])
            wrong += f"run_tests.sh: {error}\n"
    claims = list(dict.fromkeys(claim_of(id) for column in runs for run in column
                                for id in run.results if not is_binary(id)))
    names = [column.partition("=")[0].split("/", 1) for column in columns]
    rows = [["claim"] + [name[0] for name in names], [""] + [name[-1] for name in names]]
    rows += [[claim] + [cell(column, claim) for column in runs] for claim in claims]
    width = max(len(row[0]) for row in rows)
    return "".join(" ".join([row[0].ljust(width)] + [text[:10].ljust(10) for text in row[1:]])
                   .rstrip() + "\n" for row in rows), wrong
