#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Postfix with the policy server, and with the milter."""
import contextlib
import os
import re
import signal

import common
import kit
from common import Program, Session, expect

import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

# Ports of a network that nobody else is in. Processes of the first Postfix may outlive it for a moment.
PORT = 10025
SMTP_PORTS = {"policy": 1025, "milter": 1125}

# Nobody is slowed down: clients that are refused again and again, and those that send more than a queue manager takes.
PATIENT = {"smtpd_error_sleep_time": "0", "smtpd_soft_error_limit": "1000", "smtpd_hard_error_limit": "1000", "in_flow_delay": "0"}

# What Postfix makes of the enhanced codes of an action, by the kind of address that it is about.
CODES = {("sender", "5.1.1"): "5.1.7", ("rcpt", "5.1.10"): "5.1.0"}


def as_written_by_postfix(case):
    """The text of an action goes out behind words of Postfix's own, and some enhanced codes do not."""
    if case.verdict == "accept":
        return None
    code, enhanced, text = case.reply.split(" ", 2)
    kind = "Sender" if case.role == "sender" else "Recipient"
    enhanced = CODES.get((case.role, enhanced), enhanced)
    return rf"{code} {re.escape(enhanced)} <.*>: {kind} address rejected: " + re.escape(text).replace("ID", r"[\w.]+", 1)


def as_said_before(case):
    """Postfix refuses a literal that is none before it asks anybody."""
    return r"501 5\.1\.3 .*|553 5\.1\.3 .*" if case.name == "form/lit-v4-bad" else None


class Helper:
    """The policy server or the milter, and how Postfix is told of it."""

    has_id = True

    def __init__(self, program, folder, port, rewrites):
        self.program, self.folder, self.port = program, folder, port
        self.rewritten = lambda case: as_said_before(case) or rewrites(case)
        self.configure("")
        self.start()

    def start(self, *further):
        self.process = Program([self.program, "--listen", f"inet:127.0.0.1:{PORT}", "--config", self.folder + "/mxcheck.conf",
                                "--log", "stderr", *further])
        self.process.wait_for("listening at")
        self.reloads = 0

    def configure(self, option):
        kit.configuration(self.folder, option)

    def reload(self):
        self.reloads += 1
        self.process.signal(signal.SIGHUP)
        self.process.wait_for("configuration has been read anew", self.reloads)

    def kill(self):
        self.process.kill()

    def restart(self, *further):
        if self.process.process.poll() is None:
            self.process.stop()
        self.start(*further)


def check_kill(helper):
    reply = common.check_kill(helper)
    helper.restart()
    return reply


def check_bad_configuration(helper):
    """The old options stay, and a line says why."""
    path = helper.folder + "/mxcheck.conf"
    with open(path, "a", encoding="utf-8") as file:
        file.write("timeout = soon\n")
    helper.process.signal(signal.SIGHUP)
    try:
        line = helper.process.wait_for("the configuration stays as it was")
        with Session(helper.port) as session:
            session.ask("MAIL FROM:<>")
            reply = session.ask("RCPT TO:<u@null-mx.mx.example>")
            expect(reply.startswith("556"), "the old options are gone:", reply)
    finally:
        helper.configure("")
        helper.reload()
    return line.split(": ", 1)[1]


def check_exempt(helper):
    """Clients in a network that is exempt are asked nothing."""
    helper.restart("--exempt-clients", "127.0.0.0/8")
    with Session(helper.port) as session:
        expect(session.ask("MAIL FROM:<u@nxdomain.mx.example>").startswith("250"), "an exempt client's sender")
        expect(session.ask("RCPT TO:<u@null-mx.mx.example>").startswith("250"), "an exempt client's recipient")
    helper.restart()


def check_dry_run(helper):
    helper.restart("--dry-run")
    with Session(helper.port) as session:
        expect(session.ask("MAIL FROM:<u@nxdomain.mx.example>").startswith("250"), "a dry run")
        expect(session.ask("RCPT TO:<u@null-mx.mx.example>").startswith("250"), "a dry run")
    line = helper.process.wait_for("null-mx.*dry run")
    helper.restart()
    return line


def check_counts(helper):
    helper.process.signal(signal.SIGUSR1)
    return helper.process.wait_for("counts: checks=")[:80]


def families(helper):
    return {
        "cases": lambda: common.check_cases(helper),
        "silence": lambda: common.check_silence(helper),
        "crowd": lambda: common.check_crowd(helper),
        "reload under load": lambda: common.check_reload_under_load(helper),
        "bad configuration": lambda: check_bad_configuration(helper),
        "counts": lambda: check_counts(helper),
        "exempt clients": lambda: check_exempt(helper),
        "dry run": lambda: check_dry_run(helper),
        "killed": lambda: check_kill(helper),
    }


@contextlib.contextmanager
def served(settings, work, name, rewrites, **main):
    """Postfix with mxcheck-NAME."""
    folder = os.path.join(work, name)
    os.mkdir(folder)
    helper = Helper(settings.program("mxcheck-" + name), folder, SMTP_PORTS[name], rewrites)
    try:
        with peers.postfix(settings.cache, folder, helper.port, smtputf8_enable="yes", **PATIENT, **main):
            yield helper
    finally:
        helper.process.stop()


def run(settings):
    if not namespace.is_inside():
        return roots.run_again("mta", lambda: packages.unpack(settings.cache, {peers.POSTFIX: [peers.POSTFIX]}))
    work = roots.settle()
    policy = f"check_policy_service inet:127.0.0.1:{PORT}"
    failed = 0
    with served(settings, work, "policy", as_written_by_postfix, smtpd_sender_restrictions=policy,
                smtpd_recipient_restrictions=policy) as helper:
        failed += common.run_families("postfix, policy", families(helper))
    with served(settings, work, "milter", lambda case: None, smtpd_sender_restrictions="", smtpd_recipient_restrictions="",
                smtpd_milters=f"inet:127.0.0.1:{PORT}", milter_default_action="tempfail") as helper:
        failed += common.run_families("postfix, milter", families(helper))
    return int(failed > 0)


if __name__ == "__main__":
    common.end_by_status(run)
