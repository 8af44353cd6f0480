// SPDX-License-Identifier: BSD-2-Clause
// What mxcheck.ini and mxcheck.conf say. Everything is checked: what is wrong throws an error that says so.
'use strict';

const { existsSync } = require('node:fs');
const { BlockList, isIP } = require('node:net');

const NAMES = ['exempt_authenticated', 'exempt_clients', 'dry_run'];
const ROLES_EXEMPT = { none: [], sender: ['sender'], both: ['sender', 'rcpt'] };
const FAMILIES = { 4: 'ipv4', 6: 'ipv6' };
const BITS = { 4: 32, 6: 128 };

function readRoles(text) {
    if (!Object.hasOwn(ROLES_EXEMPT, text)) {
        throw new Error(`exempt_authenticated is none, sender or both, and not "${text}"`);
    }
    return ROLES_EXEMPT[text];
}

function addNetwork(list, text) {
    const [, address, prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const family = isIP(address ?? '');
    if (family === 0 || Number(prefix ?? 0) > BITS[family]) {
        throw new Error(`exempt_clients: "${text}" is neither an address nor a network`);
    }
    list.addSubnet(address, Number(prefix ?? BITS[family]), FAMILIES[family]);
}

/** From "192.0.2.1, 2001:db8::/32", or from an array of such texts. */
function readNetworks(value) {
    const list = new BlockList();
    for (const text of [value].flat().join(' ').split(/[\s,]+/).filter(Boolean)) {
        addNetwork(list, text);
    }
    return list;
}

function isIn(list, address) {
    const family = isIP(address ?? '');
    return family !== 0 && list.check(address, FAMILIES[family]);
}

function needKnownNames(main) {
    const strange = Object.keys(main).find((name) => !NAMES.includes(name));
    if (strange !== undefined) {
        throw new Error(`mxcheck.ini has no setting "${strange}", but for: ${NAMES.join(', ')}`);
    }
}

/** The plugin's own settings, of the parsed ini. */
function readSettings(ini) {
    const main = ini.main ?? {};
    needKnownNames(main);
    const roles = readRoles(main.exempt_authenticated ?? 'none');
    const clients = readNetworks(main.exempt_clients ?? '');
    return {
        isDryRun: main.dry_run === true,

        /** Why a client is not checked, or null. */
        exemption(role, connection) {
            if (roles.includes(role) && connection.notes?.auth_user) {
                return 'authenticated';
            }
            return isIn(clients, connection.remote?.ip) ? 'exempt client' : null;
        },
    };
}

/** The library's configuration: the file, if there is one, and then the options of the ini. */
function readOptions(ini, path, Config) {
    const config = new Config();
    if (existsSync(path)) {
        config.load(path);
    }
    for (const [name, value] of Object.entries(ini.options ?? {})) {
        config.set(name, value);
    }
    return config;
}

module.exports = { readOptions, readSettings };
