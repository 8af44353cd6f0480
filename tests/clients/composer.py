# SPDX-License-Identifier: BSD-2-Clause
"""Thunderbird without a screen: its profile, its compose window, and the alert that a person would see."""
import base64
import contextlib
import json
import os
import subprocess

from clients import wait_until
from marionette import Marionette

COMMAND = ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile"]
END_SECONDS = 20
STALLED, STALL_SECONDS, SENDS = "127.0.0.1 timed out. Try again.", 15, 6

PREFERENCES = {
    "marionette.port": 0,
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.account.account2.server": "server2",
    "mail.server.server1.type": "pop3",
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.name": "Mail",
    "mail.server.server1.port": 1,
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False,
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.valid": True,
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.type": "smtp",
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.authMethod": 3,  # a password, as it is
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.SpellCheckBeforeSend": False,
    "mailnews.tcptimeout": STALL_SECONDS,
    "mail.rights.version": 1,
    "mail.chat.enabled": False,
    "mailnews.start_page.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    # What it would tell and ask its makers goes nowhere.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 1,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 1,
}

SET_PASSWORD = """
    const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
    login.init("smtp://127.0.0.1", null, "smtp://127.0.0.1", given[0], given[1], "", "");
    await Services.logins.addLoginAsync(login);"""

MAIL_SERVICES = 'const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");'

USE_PORT = MAIL_SERVICES + """
    for (const server of MailServices.outgoingServer.servers) server.closeCachedConnections();
    Services.prefs.setIntPref("mail.smtpserver.smtp1.port", given[0]);"""

COMPOSE = MAIL_SERVICES + """
    const [from, to, subject, body] = given;
    const make = (name, type) => Cc["@mozilla.org/messengercompose/" + name + ";1"].createInstance(type);
    let identity = MailServices.accounts.allIdentities.find(one => one.email == from);
    if (!identity) {
        identity = MailServices.accounts.createIdentity();
        identity.email = from;
        identity.smtpServerKey = "smtp1";
        identity.composeHtml = identity.doFcc = false;
        identity.valid = true;
        MailServices.accounts.defaultAccount.addIdentity(identity);
    }
    const fields = make("composefields", Ci.nsIMsgCompFields);
    fields.to = to.join(", ");
    fields.subject = subject;
    fields.body = body;
    const parameters = make("composeparams", Ci.nsIMsgComposeParams);
    parameters.type = Ci.nsIMsgCompType.New;
    parameters.format = Ci.nsIMsgCompFormat.PlainText;
    parameters.identity = identity;
    parameters.composeFields = fields;
    const ready = new Promise(resolve => Services.obs.addObserver(function seen(window, topic) {
        window.addEventListener("compose-editor-ready", () => {
            Services.obs.removeObserver(seen, topic);
            resolve();
        }, {once: true});
    }, "domwindowopened"));
    MailServices.compose.OpenComposeWindowWithParams(null, parameters);
    await ready;"""

WINDOW = 'const window = Services.wm.getMostRecentWindow("msgcompose");'

SEND = WINDOW + 'window.setTimeout(() => window.document.getElementById("button-send").click(), 0);'

REMOVE = WINDOW + """
    for (const pill of window.document.querySelectorAll("mail-address-pill"))
        if (pill.emailAddress == given[0]) pill.remove();
    window.onRecipientsChanged();"""

CLOSE = WINDOW + "window.close();"

DIALOG = """
    const dialog = Array.from(Services.wm.getEnumerator(null)).find(
        window => window.location.href.endsWith("commonDialog.xhtml") && window.document.getElementById("infoBody"));"""

STATE = DIALOG + 'const compose = Services.wm.getMostRecentWindow("msgcompose");' + """
    return {
        alert: dialog ? dialog.document.getElementById("infoBody").textContent : "",
        open: compose != null,
        busy: compose != null && Boolean(compose.gSendOperationInProgress),
    };"""

ACCEPT = DIALOG + 'dialog.document.getElementById("commonDialog").acceptDialog();'

# The compose window, and the alert where the window manager would put it.
PAINT = WINDOW + DIALOG + """
    const canvas = window.document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
    const context = canvas.getContext("2d");
    const paint = one => one.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, "white");
    const [below, above] = [await paint(window), await paint(dialog)];
    canvas.width = below.width;
    canvas.height = Math.min(below.height, given[0]);
    context.drawImage(below, 0, 0);
    const left = Math.round((canvas.width - above.width) / 2), top = Math.round((canvas.height - above.height) * 2 / 3);
    context.fillStyle = "gray";
    context.fillRect(left - 1, top - 1, above.width + 2, above.height + 2);
    context.drawImage(above, left, top);
    return canvas.toDataURL("image/png").split(",")[1];"""
PAINT_HEIGHT = 440


class Thunderbird:
    """What thunderbird() gives."""

    def __init__(self, marionette):
        self.run = marionette.run

    def use_port(self, port):
        self.run(USE_PORT, port)

    def compose(self, sender, recipients, subject, body):
        """Open the compose window, the only one."""
        while (state := self.run(STATE))["alert"] or state["open"]:
            self.accept_alert() if state["alert"] else self.close()
        self.run(COMPOSE, sender, recipients, subject, body)

    def send(self):
        """Click on Send and wait for what comes of it: the text of an alert, or "" when the message is sent.

        On a busy machine Thunderbird sometimes does not go on after a reply, such as 235, in its first seconds. It says so
        itself after a while, and a person would click again."""
        for _ in range(SENDS):
            self.run(SEND)
            alert = wait_until(self.outcome, "an alert, or the end of the compose window")["alert"]
            if STALLED not in alert:
                break
            self.accept_alert()
        return alert

    def outcome(self):
        state = self.run(STATE)
        return state if state["alert"] or not state["open"] else None

    def accept_alert(self):
        """Click on OK, and wait until the person can go on."""
        self.run(ACCEPT)
        wait_until(lambda: not (state := self.run(STATE))["alert"] and not state["busy"], "the end of an alert")

    def is_composing(self):
        return self.run(STATE)["open"]

    def remove_recipient(self, address):
        self.run(REMOVE, address)

    def close(self):
        """Throw the message away."""
        self.run(CLOSE)
        wait_until(lambda: not self.is_composing(), "the end of a compose window")

    def paint_alert(self, path):
        """A screenshot of it over its compose window."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.run(PAINT, PAINT_HEIGHT)))


def make_profile(folder, account, port):
    preferences = dict(PREFERENCES)
    preferences["mail.server.server1.userName"] = preferences["mail.smtpserver.smtp1.username"] = account
    preferences["mail.identity.id1.useremail"] = account
    preferences["mail.smtpserver.smtp1.port"] = port
    os.mkdir(folder)
    with open(os.path.join(folder, "user.js"), "w", encoding="utf-8") as file:
        file.writelines("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value))
                        for name, value in preferences.items())


def marionette_port(process, folder):
    try:
        with open(os.path.join(folder, "MarionetteActivePort"), encoding="ascii") as file:
            return file.read()
    except OSError:
        if process.poll() is not None:
            raise RuntimeError("Thunderbird has ended with %d" % process.returncode) from None
        return ""


@contextlib.contextmanager
def thunderbird(folder, account, password, port):
    """Start it, with an account that sends by a port of loopback; `folder` is one to make."""
    make_profile(folder, account, port)
    with open(folder + ".log", "wb") as log:
        process = subprocess.Popen([*COMMAND, folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env=dict(os.environ, HOME=folder))
    try:
        marionette = Marionette(int(wait_until(lambda: marionette_port(process, folder), "Thunderbird's start")))
        marionette.run(SET_PASSWORD, account, password)
        yield Thunderbird(marionette)
        marionette.close()
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
