# SPDX-License-Identifier: BSD-2-Clause
"""Roundcube on loopback: Dovecot, PHP's own web server, SQLite, and Chromium with a person before it."""
import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess

import clients
from clients import CACHE, LOGS, PASSWORD, Failed, Missing, write

from daemons import start

HERE = os.path.dirname(os.path.abspath(__file__))
LOG = os.path.join(LOGS, "browser.log")
PUBLIC, SCHEMA = "/var/lib/roundcube/public_html", "/usr/share/roundcube/SQL/sqlite.initial.sql"
NPM_SECONDS, END_SECONDS = 300, 20

# Whoever has the password is a user, with a mailbox in memory of this test alone.
DOVECOT = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""

CONFIG = """\
<?php
$config = [
    'db_dsnw' => 'sqlite:///%(folder)s/roundcube.db?mode=0600',
    'imap_host' => '127.0.0.1:%(imap)d',
    'smtp_host' => '127.0.0.1:%(smtp)d',
    'smtp_user' => '%(account)s',
    'smtp_pass' => '%(password)s',
    'des_key' => 'four and twenty octets..',
    'temp_dir' => '%(folder)s',
    'log_dir' => '%(folder)s',
    'language' => 'en_US',
    'skin' => 'elastic',
    'enable_spellcheck' => false,
    'create_default_folders' => true,
    'draft_autosave' => 0,
    'plugins' => [],
];
"""


def greets(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def start_dovecot(folder):
    if os.geteuid() == 0:
        users = {"internal": "dovecot", "internal_group": "dovecot", "login": "dovenull"}
        owner = pwd.getpwnam("dovecot")[2:4]
    else:
        users = {"internal": getpass.getuser(), "internal_group": "", "login": getpass.getuser()}
        owner = os.getuid(), os.getgid()
    os.mkdir(os.path.join(folder, "mail"))
    os.chown(os.path.join(folder, "mail"), *owner)
    return start("dovecot", folder, lambda port: DOVECOT.format(folder=folder, port=port, password=PASSWORD, uid=owner[0],
                                                                gid=owner[1], **users),
                 lambda path: ["dovecot", "-F", "-c", path], greets)


def configure(folder, **settings):
    """Read anew at each request."""
    write(os.path.join(folder, "config", "config.inc.php"), CONFIG % dict(settings, folder=folder))


def start_roundcube(folder, **settings):
    with open(SCHEMA, encoding="utf-8") as file, contextlib.closing(sqlite3.connect(os.path.join(folder, "roundcube.db"))) as data:
        data.executescript(file.read())
    configure(folder, **settings)
    config = os.path.join(folder, "config")
    for file in ("defaults.inc.php", "mimetypes.php"):
        shutil.copy(os.path.join("/etc/roundcube", file), config)
    where = []

    def settings_of_php(port):
        where[:] = ["-S", "127.0.0.1:%d" % port]
        return "opcache.revalidate_freq = 0\n"

    return start("php", folder, settings_of_php,
                 lambda path: ["env", "ROUNDCUBE_CONFIG_DIR=" + config, "php", "-c", path, *where, "-t", PUBLIC], greets)


def fingerprint():
    digest = hashlib.sha256()
    with open(os.path.join(HERE, "package-lock.json"), "rb") as file:
        digest.update(file.read())
    return digest.hexdigest()


def playwright():
    """Get what is pinned, unless it is there; gives the folder of packages."""
    folder = os.path.join(CACHE, "clients-npm")
    os.makedirs(CACHE, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, fingerprint())):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(os.path.join(HERE, file), folder)
            npm(folder)
            os.mkdir(os.path.join(folder, fingerprint()))
    return os.path.join(folder, "node_modules")


def npm(folder):
    try:
        done = subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=NPM_SECONDS,
                              check=False)
    except subprocess.TimeoutExpired as error:
        raise Missing("npm: %s" % error) from error
    if done.returncode != 0:
        raise Missing("npm does not get playwright-core: " + done.stdout.decode(errors="replace")[-500:])


class Webmail:
    """What webmail() gives: someone at a browser; `do` is an action of browser.mjs."""

    def __init__(self, browser, url, use_port):
        self.browser, self.url = browser, url
        self.use_port = use_port

    def do(self, action, **arguments):
        self.browser.stdin.write(json.dumps(dict(arguments, do=action, url=self.url)) + "\n")
        self.browser.stdin.flush()
        line = self.browser.stdout.readline()
        if not line:
            raise RuntimeError("the browser has ended; %s may say why" % LOG)
        answer = json.loads(line)
        if "error" in answer:
            raise Failed("%s: %s" % (action, answer["error"]))
        return answer.get("value")


@contextlib.contextmanager
def chromium(packages, folder):
    """A process of browser.mjs."""
    with open(LOG, "wb") as log:
        browser = subprocess.Popen(["node", os.path.join(HERE, "browser.mjs"), shutil.which("chromium")], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, text=True,
                                   env=dict(os.environ, NODE_PATH=packages, HOME=folder))
    try:
        yield browser
    finally:
        with contextlib.suppress(BrokenPipeError):
            browser.stdin.close()
        try:
            browser.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()
        browser.stdout.close()


@contextlib.contextmanager
def webmail(folder, smtp_port, account, password):
    """One that sends by `smtp_port` with this account."""
    packages = playwright()
    with contextlib.ExitStack() as stack:
        imap = start_dovecot(folder)
        stack.callback(imap.stop)
        settings = {"imap": imap.port, "smtp": smtp_port, "account": account, "password": password}
        server = start_roundcube(folder, **settings)
        stack.callback(server.stop)
        browser = stack.enter_context(chromium(packages, folder))
        yield Webmail(browser, "http://127.0.0.1:%d" % server.port, lambda port: configure(folder, **dict(settings, smtp=port)))


def need():
    clients.need("chromium", "dovecot", "node", "npm", "php")
    if not os.path.exists(SCHEMA):
        raise Missing("roundcube-core is not installed")
