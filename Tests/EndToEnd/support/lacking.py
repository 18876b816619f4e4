"""A kernel that lacks something, for one program: `lacking.py netfilter COMMAND...` runs COMMAND on one without it.

With `netfilter` it has no sockets for the packet filter: a filter of seccomp(2) answers socket(2) as such a kernel does.
With `veth` it makes no pairs of links: before they are sent, messages of rtnetlink that ask for one ask for a kind that no kernel
has, so that it is the kernel that refuses. That is done by a library, which `build` makes.
"""

import ctypes
import os
import struct
import subprocess
import sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
NUMBER_OF_SOCKET = {"x86_64": 41, "aarch64": 198}
AF_NETLINK, NETLINK_NETFILTER, EPROTONOSUPPORT = 16, 12, 93
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000

LIBRARY = """\
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t send(int socket, const void *message, size_t size, int flags) {
    char *kind = memmem(message, size, "veth", 5);
    if (kind) kind[3] = 'x';
    return syscall(SYS_sendto, socket, message, size, flags, NULL, 0);
}
"""


def build(directory):
    """The library's path, for LD_PRELOAD."""
    source, library = directory / "lacking.c", directory / "lacking.so"
    source.write_text(LIBRARY)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def forbid_netfilter():
    """struct sock_filter: code, steps when it holds, steps when not, value; fields of struct seccomp_data by offset."""
    load, equals, give = 0x20, 0x15, 0x06
    steps = [
        (load, 0, 0, 0), (equals, 0, 5, NUMBER_OF_SOCKET[os.uname().machine]),
        (load, 0, 0, 16), (equals, 0, 3, AF_NETLINK),
        (load, 0, 0, 32), (equals, 0, 1, NETLINK_NETFILTER),
        (give, 0, 0, SECCOMP_RET_ERRNO | EPROTONOSUPPORT), (give, 0, 0, SECCOMP_RET_ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    # As root, so that what is confined further may still gain privileges.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    assert sys.argv[1] == "netfilter"
    forbid_netfilter()
    os.execvp(sys.argv[2], sys.argv[2:])
