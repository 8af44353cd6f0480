// SPDX-License-Identifier: BSD-2-Clause
// A Haraka plugin: MAIL FROM and RCPT TO are answered by libmxcheck, over its binding for Node.js. The event loop goes on
// while DNS is asked. Read `check` first.
'use strict';

const path = require('node:path');
const constants = require('haraka-constants');
const DSN = require('haraka-dsn');
const { Checker } = require('./lib/checker');
const { readOptions, readSettings } = require('./lib/settings');

const INI = 'mxcheck.ini', CONF = 'mxcheck.conf';

exports.register = function () {
    this.current = null; // { checker, settings }: both change at once
    this.is_shut_down = false;
    this.opening = this.open();
    this.opening.catch(() => {}); // told by those who wait for it
    this.register_hook('init_master', 'start_master');
    this.register_hook('init_child', 'start_child');
    this.register_hook('mail', 'check_sender');
    this.register_hook('rcpt', 'check_rcpt');
};

/* --- configuration ------------------------------------------------------------------------------------------------ */

/** Haraka's own folder goes before that of the package. Also makes Haraka watch both files. */
exports.read_files = function () {
    const reload = () => this.reload();
    const ini = this.config.get(INI, 'ini', { booleans: ['-main.dry_run'] }, reload);
    this.config.get(CONF, 'data', reload);
    return { ini, conf: path.resolve(this.config.overrides_path ?? this.config.root_path, CONF) };
};

/** Put what the files say in force; an error changes nothing. */
exports.open = async function () {
    const mxcheck = await import('mxcheck');
    if (this.is_shut_down) {
        return;
    }
    const { ini, conf } = this.read_files();
    const settings = readSettings(ini);
    const predecessor = this.current?.checker;
    this.current = { settings, checker: new Checker(mxcheck, readOptions(ini, conf, mxcheck.Config), predecessor) };
    predecessor?.retire();
};

/** Called when a file has changed. */
exports.reload = async function () {
    try {
        await this.open();
        this.lognotice('the configuration was read anew');
    } catch (error) {
        this.logerror(`the configuration cannot be used, and the old one stays: ${error.message}`);
    }
};

/** A server whose configuration is wrong does not start. */
exports.start_master = function (next) {
    this.opening.then(() => next(), (error) => next(constants.deny, `mxcheck: ${error.message}`));
};

/** A worker that comes later does not end the server: it defers all mail until the configuration is right. */
exports.start_child = function (next) {
    this.opening.catch((error) => this.logcrit(`all mail is deferred: ${error.message}`)).then(() => next());
};

exports.shutdown = function () {
    this.is_shut_down = true;
    this.current?.checker.retire();
};

/* --- checks ------------------------------------------------------------------------------------------------------- */

exports.check_sender = function (next, connection, params) {
    this.check('sender', next, connection, params[0]);
};

exports.check_rcpt = function (next, connection, params) {
    this.check('rcpt', next, connection, params[0]);
};

exports.check = async function (role, next, connection, address) {
    const { uuid } = connection.transaction ?? connection;
    const text = String(address.original);
    const subject = `${role} ${printable(text)}:`;
    let denial;
    try {
        denial = await this.denial(role, connection, text, uuid, subject);
    } catch (error) {
        this.logerror(connection, `${subject} cannot be checked: ${error.message}`);
        denial = this.current?.settings.isDryRun ? null : cannotCheck(uuid);
    }
    next(...(denial ?? []));
};

/** What Haraka is told; null where other plugins decide. */
exports.denial = async function (role, connection, address, uuid, subject) {
    if (this.current === null) {
        await this.opening;
    }
    if (this.is_shut_down) {
        throw new Error('the plugin was shut down');
    }
    const { settings, checker } = this.current;
    const exemption = settings.exemption(role, connection);
    if (exemption !== null) {
        this.logdebug(connection, `${subject} not checked: ${exemption}`);
        return null;
    }
    const result = await checker.check(role, address);
    this.loginfo(connection, `${subject} ${result.verdictName} ${result.reasonName}${settings.isDryRun ? ' (dry run)' : ''}`);
    return settings.isDryRun ? null : refusal(result, uuid);
};

/** The library's reply: Haraka takes the code from the DSN, and puts its three numbers before its text. */
function refusal(result, uuid) {
    const { verdictName, smtpCode, enhancedCode } = result;
    if (verdictName === 'accept') {
        return null;
    }
    const text = result.reply(uuid).slice(`${smtpCode} ${enhancedCode} `.length);
    const [, subject, detail] = enhancedCode.split('.').map(Number);
    return [verdictName === 'reject' ? constants.deny : constants.denysoft, DSN.create(smtpCode, text, subject, detail)];
}

function cannotCheck(uuid) {
    return [constants.denysoft, DSN.create(451, `${uuid} cannot check that address now, try again later`, 3, 0)];
}

/** For a log: what is not printable ASCII is escaped. */
function printable(text) {
    return text.replace(/[^\x20-\x7e]/gu, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);
}
