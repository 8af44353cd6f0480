# SPDX-License-Identifier: BSD-2-Clause
"""Debian's packages with all that they depend on, in root folders of the caller's. Nothing is installed.

apt works on a state of its own below the cache, as if on a machine without any package, so that a root does not depend
on what is installed here. It asks the sources that this machine asks, and trusts whom this machine trusts.
"""
import fcntl
import glob
import os
import shutil
import subprocess

from dnsservers import Missing

APT_SECONDS = 300
OPTIONS = {
    "Dir::State": "{state}",
    "Dir::State::status": "{state}/status",
    "Dir::Cache": "{state}",
    "Dir::Cache::archives": "{archives}",
    "APT::Sandbox::User": "root",
    "APT::Install-Recommends": "false",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "20",
}


def root(cache, name):
    """Where a root folder lies."""
    return os.path.join(cache, name)


def versions(cache, name):
    """{package: version} of those that the root folder was made for."""
    with open(os.path.join(root(cache, name), "versions"), encoding="ascii") as file:
        return dict(line.split() for line in file)


def unpack(cache, roots):
    """Make the root folders that are missing, of {name: packages}. Raises Missing where packages cannot be had."""
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = {name: names for name, names in roots.items() if not is_made(cache, name, names)}
        if missing:
            need_debian_12()
            make_roots(cache, os.path.join(cache, "apt"), missing)


def is_made(cache, name, names):
    try:
        return sorted(versions(cache, name)) == sorted(names)
    except OSError:
        return False


def make_roots(cache, state, roots):
    shutil.rmtree(state, ignore_errors=True)
    os.makedirs(os.path.join(state, "lists", "partial"))
    open(os.path.join(state, "status"), "w", encoding="ascii").close()
    # A source that cannot be reached need not be one that is needed: what is missing, the next command tells.
    apt(state, state, "update")
    for name, names in roots.items():
        make_root(cache, state, name, names)
    shutil.rmtree(state)


def need_debian_12():
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        lines = []
    if "ID=debian" not in lines or 'VERSION_ID="12"' not in lines:
        raise Missing("the packages are those of Debian 12, which this is not")


def apt(state, archives, *arguments):
    command = ["apt-get", "-qq"]
    for name, value in OPTIONS.items():
        command += ["-o", "%s=%s" % (name, value.format(state=state, archives=archives))]
    try:
        done = subprocess.run(command + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=APT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing("apt-get: %s" % error)
    if done.returncode != 0:
        raise Missing("the packages cannot be had: " + done.stdout.decode(errors="replace").strip())


def make_root(cache, state, name, names):
    archives = os.path.join(state, "archives-" + name)
    os.makedirs(os.path.join(archives, "partial"))
    apt(state, archives, "--download-only", "--yes", "install", *names)
    growing = os.path.join(state, "root-" + name)
    # What is written when it runs lies on mounts over these.
    for folder in ("dev", "etc", "proc", "run", "tmp", "var"):
        os.makedirs(os.path.join(growing, folder))
    for archive in sorted(glob.glob(os.path.join(archives, "*.deb"))):
        subprocess.run(["dpkg-deb", "--extract", archive, growing], check=True)
    with open(os.path.join(growing, "versions"), "w", encoding="ascii") as file:
        file.writelines("%s %s\n" % (package, version_of(archives, package)) for package in names)
    shutil.rmtree(root(cache, name), ignore_errors=True)
    os.rename(growing, root(cache, name))


def version_of(archives, package):
    archive = glob.glob(os.path.join(archives, package + "_*.deb"))[0]
    return subprocess.run(["dpkg-deb", "--field", archive, "Version"], stdout=subprocess.PIPE, check=True,
                          encoding="ascii").stdout.strip()
