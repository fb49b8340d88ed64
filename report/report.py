# SPDX-License-Identifier: GPL-2.0-only
"""What run_tests.sh --report and --compare do: look at results directories.

usage: report.py report FILE.html [DIR...]
       report.py compare A B
       report.py matrix MACHINE/KERNEL=DIR...
Exit status: 0, 1 (compare) something regressed, was lost or vanished, 2 usage or no results,
3 what was asked for could not be written, 4 (compare) all of B was skipped.
"""
import os
import stat
import sys
import traceback
from pathlib import Path

from compare import compare
from matrix import matrix
from runs import BadInput

SUITE = Path(__file__).resolve().parent.parent


def say(text: str) -> None:
    sys.stderr.write(f"run_tests.sh: {text}\n")


def write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data):]


def print_all(text: str, what: str) -> None:
    try:
        write(1, text.encode())
    except OSError as error:
        say(f"{what} could not be written: {error.strerror}")
        sys.exit(3)


def write_into(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        write(descriptor, data)
    finally:
        os.close(descriptor)


def new_beside(path: str) -> tuple[str, int]:
    """A new file that nobody else has: what has its name already stays."""
    name = f"{path}.{os.getpid()}.tmp"
    while True:
        try:
            return name, os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            name += ".tmp"


def keep(path: str, data: bytes) -> None:
    """Writes a file as a whole or not at all. A link stays one: what it leads to is written.
    What is there and no regular file (a pipe, a device), or open already, is written to."""
    target = os.path.realpath(path)
    if path.startswith(("/dev/std", "/dev/fd/", "/proc/")) or \
            os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
        write_into(path, data)
        return
    new, descriptor = new_beside(target)
    try:
        try:
            write(descriptor, data)
        finally:
            os.close(descriptor)
        os.replace(new, target)
    except BaseException:
        os.unlink(new)
        raise


def results() -> Path:
    """Where runs without -o put their results: as in runner/results_dir.c."""
    if not (SUITE / "installed").exists():
        return SUITE / "results"
    state, home = os.environ.get("XDG_STATE_HOME", ""), os.environ.get("HOME", "")
    if state.startswith("/"):
        return Path(state, "kvm-conformance")
    return Path(home, ".local/state/kvm-conformance") if home.startswith("/") else Path("results")


def report(file: str, directories: list[str]) -> int:
    if not file:
        raise BadInput("--report needs a file")
    if os.path.isdir(file):
        raise BadInput(f"--report needs a file: {file} is a directory")
    from page import page  # needs jinja2, as the others do not
    text = page(directories or [str(results() / "latest")])
    try:
        keep(file, text.encode("ascii", "xmlcharrefreplace"))
    except OSError as error:
        say(f"--report {file}: cannot be written: {error.strerror}")
        return 3
    return 0


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["report", *rest]:
                return report(rest[0] if rest else "", rest[1:])
            case ["compare", a, b]:
                status, text = compare(a, b)
                print_all(text, "the comparison")
                return status
            case ["compare", *_]:
                raise BadInput("--compare needs two results directories")
            case ["matrix", *columns] if columns:
                text, wrong = matrix(columns)
                sys.stderr.write(wrong)
                print_all(text, "the table")
                return 0
        raise BadInput("usage: report.py report FILE.html [DIR...] | compare A B")
    except BadInput as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception:  # an error of ours must not look like a regression
        traceback.print_exc()
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
