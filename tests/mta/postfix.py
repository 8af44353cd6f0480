#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Postfix with the policy server, and with the milter."""
import contextlib
import os
import re
import signal

import common
import kit
import sasl
from common import BAD_RCPT, BAD_SENDER, Program, ask_envelope, expect_reply

import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

# Ports of a network that nobody else is in. Processes of the first Postfix may outlive it for a moment.
PORT = 10025
SMTP_PORTS = {"policy": 1025, "policy at MAIL": 1075, "milter": 1125}

# Nobody is slowed down: clients that are refused again and again, and those that send more than a queue manager takes.
PATIENT = {"smtpd_error_sleep_time": "0", "smtpd_soft_error_limit": "1000", "smtpd_hard_error_limit": "1000", "in_flow_delay": "0"}

# What Postfix makes of the enhanced codes of an action, by the command whose restrictions it comes from.
CODES = {("MAIL", "5.1.1"): "5.1.7", ("RCPT", "5.1.10"): "5.1.0"}
KINDS = {"MAIL": "Sender", "RCPT": "Recipient"}


def as_written_by_postfix(case, command):
    """The text of an action goes out behind words of Postfix's own, and some enhanced codes do not."""
    if case.verdict == "accept":
        return None
    code, enhanced, text = case.reply.split(" ", 2)
    enhanced = CODES.get((command, enhanced), enhanced)
    address = kit.GOOD if command == "RCPT" and case.role == "sender" else case.address.decode()
    return re.escape(f"{code} {enhanced} <{address}>: {KINDS[command]} address rejected: {text}").replace("ID", r"[\w.]+", 1)


def as_said_before(case):
    """Postfix refuses a literal that is none before it asks anybody."""
    return r"501 5\.1\.3 Bad recipient address syntax" if case.name == "form/lit-v4-bad" else None


def at_rcpt(case):
    return as_said_before(case) or as_written_by_postfix(case, "RCPT")


def at_both(case):
    return as_said_before(case) or as_written_by_postfix(case, "MAIL" if case.role == "sender" else "RCPT")


class Helper:
    """The policy server or the milter, and how Postfix is told of it."""

    has_id, has_unique_ids, takes_messages = True, False, False

    def __init__(self, program, folder, port, rewrites):
        self.program, self.folder, self.port = program, folder, port
        self.rewritten = rewrites
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
        expect_reply(ask_envelope(helper.port, "", BAD_RCPT), "556 .*", "the old options are gone:")
    finally:
        helper.configure("")
        helper.reload()
    return line.split(": ", 1)[1]


def check_exempt(helper):
    """Clients in a network that is exempt are asked nothing."""
    helper.restart("--exempt-clients", "127.0.0.0/8")
    expect_reply(ask_envelope(helper.port, BAD_SENDER, BAD_RCPT), "250 .*")
    helper.restart()


def check_dry_run(helper):
    helper.restart("--dry-run")
    expect_reply(ask_envelope(helper.port, BAD_SENDER, BAD_RCPT), "250 .*")
    line = helper.process.wait_for("null-mx.*dry run")
    helper.restart()
    return line


def check_authenticated(helper):
    """Who has logged in is asked for recipients alone, or for nothing; all others as ever."""
    for argument, rcpt_code in (("--exempt-authenticated", "556"), ("--exempt-authenticated=both", "250")):
        helper.restart(argument)
        expect_reply(ask_envelope(helper.port, BAD_SENDER, kit.GOOD, sasl.CREDENTIALS), "250 .*", argument)
        expect_reply(ask_envelope(helper.port, BAD_SENDER, BAD_RCPT, sasl.CREDENTIALS), rcpt_code + " .*", argument)
        expect_reply(ask_envelope(helper.port, BAD_SENDER, kit.GOOD), "550 .*", argument)
    helper.restart()


def ask_with(helper, option, sender, rcpt):
    helper.configure(option)
    helper.reload()
    reply = ask_envelope(helper.port, sender, rcpt)
    helper.configure("")
    helper.reload()
    return reply


def check_own_text(helper):
    """A reply by an option, with what milters take for a format."""
    reply = ask_with(helper, "reply.null-mx.rcpt=556 5.1.2 {id} 100% %s sure", "", BAD_RCPT)
    expect_reply(reply, r"556 5\.1\.2 .* 100% %s sure")
    return reply


def check_literal_at_rcpt(helper):
    """There, Postfix takes the code of a sender's literal for a recipient's."""
    expect_reply(ask_with(helper, "address-literals=reject", "u@[192.0.2.1]", kit.GOOD), r"553 5\.1\.3 .*")


def check_literal_at_mail(helper):
    expect_reply(ask_with(helper, "address-literals=reject", "u@[192.0.2.1]", kit.GOOD), r"553 5\.1\.7 .*")


def check_counts(helper):
    ask_envelope(helper.port, "", BAD_RCPT)
    helper.process.signal(signal.SIGUSR1)
    return helper.process.wait_for("counts: checks=[1-9]")[:80]


FAMILIES = {
    "cases": common.check_cases, "silence": common.check_silence, "crowd": common.check_crowd,
    "reload under load": common.check_reload_under_load, "bad configuration": check_bad_configuration, "counts": check_counts,
    "a reply of one's own": check_own_text, "authenticated clients": check_authenticated, "exempt clients": check_exempt,
    "dry run": check_dry_run, "killed": check_kill,
}


@contextlib.contextmanager
def served(settings, work, name, rewrites, **main):
    """Postfix with mxcheck-NAME."""
    folder = os.path.join(work, name.replace(" ", "-"))
    os.mkdir(folder)
    helper = Helper(settings.program("mxcheck-" + name.split()[0]), folder, SMTP_PORTS[name], rewrites)
    try:
        with sasl.server() as path, peers.postfix(
                settings.cache, folder, helper.port, smtputf8_enable="yes", smtpd_sasl_auth_enable="yes", smtpd_sasl_type="dovecot",
                smtpd_sasl_path=path, **PATIENT, **main):
            yield helper
    finally:
        helper.process.stop()


def run(settings):
    if not namespace.is_inside():
        settings.need("mxcheck-policy").need("mxcheck-milter")
        return roots.run_again("mta", lambda: packages.unpack(settings.cache, {peers.POSTFIX: [peers.POSTFIX]}))
    work = roots.settle()
    policy = f"check_policy_service inet:127.0.0.1:{PORT}"
    failed = 0
    with served(settings, work, "policy", at_rcpt, smtpd_sender_restrictions="", smtpd_recipient_restrictions=policy) as helper:
        failed += common.run_families("postfix, policy", {**FAMILIES, "a sender's literal": check_literal_at_rcpt}, helper)
    with served(settings, work, "policy at MAIL", at_both, smtpd_sender_restrictions=policy, smtpd_recipient_restrictions=policy) as helper:
        at_mail = {"cases": common.check_cases, "a sender's literal": check_literal_at_mail}
        failed += common.run_families("postfix, policy at MAIL", at_mail, helper)
    with served(settings, work, "milter", as_said_before, smtpd_sender_restrictions="", smtpd_recipient_restrictions="",
                smtpd_milters=f"inet:127.0.0.1:{PORT}", milter_default_action="tempfail") as helper:
        failed += common.run_families("postfix, milter", FAMILIES, helper)
    return int(failed > 0)


if __name__ == "__main__":
    common.end_by_status(run)
