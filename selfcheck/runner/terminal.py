# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command on a terminal and says what a user would see.

usage: terminal.py RAW SCREEN INTERRUPT-ON COMMAND...

RAW gets all that was written, SCREEN the lines that remain on an endless
terminal. When the text INTERRUPT-ON has been written, ^C is typed ("": never).
Exit status: the command's.
"""
import os
import pty
import sys


def screen(raw):
    """Carriage return and "erase to the end of the line" are all that is used."""
    lines, line, column = [], "", 0
    while raw:
        if raw.startswith("\033[K"):
            line, raw = line[:column], raw[3:]
            continue
        char, raw = raw[0], raw[1:]
        if char == "\n":
            lines.append(line)
            line, column = "", 0
        elif char == "\r":
            column = 0
        else:
            line = line[:column] + char + line[column + 1:]
            column += 1
    return "\n".join(lines + [line])


def main():
    raw_name, screen_name, interrupt_on, *command = sys.argv[1:]
    raw = ""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        raw += data.decode("ascii")
        if interrupt_on and interrupt_on in raw:
            os.write(terminal, b"\x03")
            interrupt_on = ""
    with open(raw_name, "w", encoding="ascii", newline="") as file:
        file.write(raw)
    with open(screen_name, "w", encoding="ascii", newline="") as file:
        file.write(screen(raw))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xff)


main()
