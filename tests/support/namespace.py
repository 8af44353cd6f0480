# SPDX-License-Identifier: BSD-2-Clause
"""A test program that runs again in namespaces of its own, where /etc, the low ports and the packets are the test's."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "MXCHECK_TEST_IN_NAMESPACE"


def is_inside():
    return INSIDE in os.environ


def run_again(kinds, probe):
    """Run this program inside, if `probe` succeeds there; gives its status, or 77 to be skipped."""
    enter = [shutil.which("unshare") or "/nonexistent", "--map-root-user", *kinds]
    try:
        is_allowed = subprocess.run(enter + probe, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        is_allowed = False
    if not is_allowed:
        print("skipped: not allowed here, or not installed: unshare", *kinds, *probe)
        return 77
    return subprocess.run(enter + [sys.executable, *sys.argv], env=dict(os.environ, **{INSIDE: "1"}),
                          check=False).returncode


def raise_loopback():
    """ip link set lo up"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


def add_address(index, address):
    """ip address add ADDRESS dev lo, as an interface alias lo:INDEX."""
    request = struct.pack("16sH2s4s8x", b"lo:%d" % index, socket.AF_INET, b"\0\0", socket.inet_aton(address))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8916, request)  # SIOCSIFADDR
