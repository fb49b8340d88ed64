# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command under a seccomp filter.

usage: confine.py container COMMAND..   with what containers are commonly denied: EPERM
       confine.py busy COMMAND..        as if another hypervisor had the CPU: KVM_CREATE_VM
                                        gives EBUSY
"""
import ctypes
import errno
import os
import struct
import sys

# x86-64's numbers.
IOCTL = 16
DENIED = {
    "syslog": 103, "ptrace": 101, "mount": 165, "umount2": 166, "swapon": 167, "reboot": 169,
    "init_module": 175, "delete_module": 176, "add_key": 248, "request_key": 249,
    "keyctl": 250, "mbind": 237, "set_mempolicy": 238, "get_mempolicy": 239,
    "migrate_pages": 256, "unshare": 272, "move_pages": 279, "perf_event_open": 298,
    "fanotify_init": 300, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "bpf": 321,
    "userfaultfd": 323, "iopl": 172, "ioperm": 173, "personality": 135,
}
KVM_CREATE_VM = 0xae01

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def container():
    program = [(LOAD, 0, 0, 0)]
    for number in DENIED.values():
        program += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | errno.EPERM)]
    return program + [(RETURN, 0, 0, ALLOW)]


def busy():
    return [
        (LOAD, 0, 0, 0),
        (JUMP_IF_EQUAL, 0, 3, IOCTL),
        (LOAD, 0, 0, 24),  # the lower half of the second argument
        (JUMP_IF_EQUAL, 0, 1, KVM_CREATE_VM),
        (RETURN, 0, 0, ERRNO | errno.EBUSY),
        (RETURN, 0, 0, ALLOW),
    ]


def confine(program):
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    filters = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                      (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters, 0, 0)):
        if libc.prctl(*arguments):
            sys.exit(f"confine.py: {os.strerror(ctypes.get_errno())}")


confine({"container": container, "busy": busy}[sys.argv[1]]())
os.execvp(sys.argv[2], sys.argv[2:])
