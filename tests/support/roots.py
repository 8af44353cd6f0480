# SPDX-License-Identifier: BSD-2-Clause
"""Root folders of packages.py, mounted so that servers can run in them, in namespaces of their own, as root."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import dnsservers
import namespace

ENTER = ["--mount", "--mount-proc", "--net", "--pid", "--fork", "--kill-child"]
WORK = "MXCHECK_TEST_WORK"
LOG_TAIL = 2000


def run_again(name, prepare):
    """Run this program inside, once prepare() has returned; gives its exit status. Raises Missing where that cannot be."""
    dnsservers.need_dnspython()
    if os.geteuid() != 0:
        raise dnsservers.Missing("only root may mount root folders, and give servers the users that they want")
    unshare = [shutil.which("unshare") or "/nonexistent", *ENTER]
    with tempfile.TemporaryDirectory(prefix="mxcheck-%s-" % name) as work:
        probe = unshare + ["mount", "-t", "tmpfs", "none", work]
        try:
            is_allowed = subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0
        except OSError:
            is_allowed = False
        if not is_allowed:
            raise dnsservers.Missing("not allowed here, or not installed: unshare " + " ".join(ENTER))
        prepare()
        environment = dict(os.environ, **{namespace.INSIDE: "1", WORK: work})
        return subprocess.run(unshare + [sys.executable, *sys.argv], env=environment, check=False).returncode


def settle():
    """Once inside: loopback, and a folder in memory for all that is written. Gives its path."""
    namespace.raise_loopback()
    work = os.environ[WORK]
    mount("-t", "tmpfs", "none", work)
    tempfile.tempdir = work
    return work


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_folder(path, owner=0, group=0, mode=0o755):
    os.makedirs(path, exist_ok=True)
    os.chown(path, owner, group)
    os.chmod(path, mode)


def raise_root(source, path, accounts):
    """Mount it at `path`, read-only but for /etc, /var and the like, which are empty. accounts: {name: number}"""
    os.mkdir(path)
    mount("--bind", source, path)
    mount("-o", "remount,bind,ro", path)
    for folder in ("dev", "etc", "run", "tmp", "var"):
        mount("-t", "tmpfs", "-o", "mode=0755", "none", os.path.join(path, folder))
    mount("-t", "proc", "none", os.path.join(path, "proc"))
    for device in ("null", "urandom"):
        node = os.path.join(path, "dev", device)
        write(node, "")
        mount("--bind", "/dev/" + device, node)
    write(path + "/etc/passwd", "".join("%s:x:%d:%d::/:/bin/false\n" % (name, number, number)
                                        for name, number in accounts.items()))
    write(path + "/etc/group", "".join("%s:x:%d:\n" % pair for pair in accounts.items()))
    return path


def run(root, command, port, log, is_ready):
    """Run a server in its root folder; gives a Daemon once is_ready() says so. It may write to /var/log/LOG itself."""
    from daemons import START_SECONDS, Daemon, find

    path = os.path.join(root, "var", "log", log)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".out", "wb") as output:
        process = subprocess.Popen([find("chroot"), root, *command], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output)
    daemon = Daemon(process, port)
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if is_ready():
            return daemon
        time.sleep(0.05)
    daemon.stop()
    raise RuntimeError("%s does not start:\n%s" % (command[0], read_logs(path)))


def read_logs(path):
    text = ""
    for name in (path + ".out", path):
        if os.path.exists(name):
            with open(name, encoding="utf-8", errors="replace") as file:
                text += file.read()[-LOG_TAIL:]
    return text
