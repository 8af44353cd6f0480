#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs browser.mjs over a server and a DNS of its own. $NODE_PATH is where its packages are. 77: what it needs is missing."""
import os
import re
import shutil
import subprocess
import sys

from hostiledns import HostileDns
from web import Web

NODE_LEAST = 18

def main():
    chromium, node = shutil.which("chromium"), shutil.which("node")
    if chromium is None or node is None:
        print("web: browser, skipped: chromium and node are needed")
        return 77
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match("v([0-9]+)", version).group(1)) < NODE_LEAST:
        print("web: browser, skipped: playwright-core needs node %d, this is %s" % (NODE_LEAST, version.strip()))
        return 77
    limits = ["--checks-per-client", "1000000", "--checks-in-all", "1000000", "--list", "1000"]
    with HostileDns() as dns, Web(dns.address, "-o", "timeout=30s", *limits) as web:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.mjs")
        return subprocess.run([node, "--test-reporter=spec", script, web.url, chromium], stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
