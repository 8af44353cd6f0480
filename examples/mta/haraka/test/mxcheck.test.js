// SPDX-License-Identifier: BSD-2-Clause
// The plugin alone, over the test zone of the conformance kit, whose folder MXCHECK_CONFORMANCE names.
'use strict';

const assert = require('node:assert/strict');
const { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { afterEach, beforeEach, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const constants = require('haraka-constants');
const hooks = require('../index.js');

const KIT = process.env.MXCHECK_CONFORMANCE;
const ABSENT = 'u@nxdomain.mx.example', SILENT = 'u@kit-silent.mx.example', UNRESOLVABLE = 'u@mx-nx.mx.example';
const LEVELS = ['logdebug', 'loginfo', 'lognotice', 'logerror', 'logcrit'];
const CODES = { accept: undefined, defer: constants.denysoft, reject: constants.deny };

let folder;

/** What Haraka makes of the package, with a configuration that the test holds. */
function makePlugin(ini) {
    const plugin = { ...hooks, ini, lines: [], hooks: {} };
    plugin.config = {
        overrides_path: folder,
        get(name, ...rest) {
            plugin.on_change = rest.at(-1);
            return name.endsWith('.ini') ? plugin.ini : [];
        },
    };
    for (const level of LEVELS) {
        plugin[level] = (...words) => plugin.lines.push(`${level.slice(3)}: ${words.at(-1)}`);
    }
    plugin.register_hook = (hook, method) => { plugin.hooks[hook] = method; };
    plugin.register();
    return plugin;
}

function connection({ ip = '192.0.2.1', user } = {}) {
    return { uuid: 'C', transaction: { uuid: 'ID' }, remote: { ip }, notes: user ? { auth_user: user } : {} };
}

/** What a hook hands to next(): [] where it lets pass. */
function run(plugin, hook, address, client = connection()) {
    return new Promise((resolve) => {
        plugin[plugin.hooks[hook]]((...answer) => resolve(answer), client, [{ original: address }, {}]);
    });
}

function line([, dsn]) {
    return `${dsn.code} ${dsn.reply}`;
}

function writeConf(text = '') {
    writeFileSync(join(folder, 'mxcheck.conf'), `${readFileSync(join(KIT, 'kit.conf'))}test-zone = ${folder}/kit.zone\n${text}`);
}

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'haraka-plugin-mxcheck-'));
    copyFileSync(join(KIT, 'kit.zone'), join(folder, 'kit.zone'));
    writeConf();
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('replies', () => {
    test('every case of the kit is answered to the letter', async () => {
        const cases = readFileSync(join(KIT, 'cases.jsonl'), 'utf8').trim().split('\n').slice(1).map(JSON.parse)
            .filter(({ address }) => address !== undefined); // others are no text
        const plugins = new Map();
        for (const expected of cases) {
            const [name, value] = expected.options.split('=');
            if (!plugins.has(expected.options)) {
                plugins.set(expected.options, makePlugin(name === '' ? {} : { options: { [name]: value } }));
            }
            const answer = await run(plugins.get(expected.options), expected.role === 'sender' ? 'mail' : 'rcpt', expected.address);
            assert.equal(answer[0], CODES[expected.verdict], expected.id);
            if (expected.verdict !== 'accept') {
                assert.equal(answer[1].constructor.name, 'DSN');
                assert.equal(line(answer), expected.reply, expected.id);
            }
        }
        assert.ok(cases.length > 400);
        plugins.forEach((plugin) => plugin.shutdown());
    });

    test('a verdict is in the log with its reason, and nothing that is not printable', async () => {
        const plugin = makePlugin({});
        await run(plugin, 'rcpt', `<${ABSENT}>`);
        await run(plugin, 'mail', '<a\u001b\n\u00fc@ok-mx.mx.example>');
        assert.equal(plugin.lines[0], `info: rcpt <${ABSENT}>: reject no-such-domain`);
        assert.match(plugin.lines[1], /^info: sender <a\\u\{1b\}\\u\{a\}\\u\{fc\}@ok-mx\.mx\.example>: reject bad-address$/);
        plugin.shutdown();
    });

    test('the event loop goes on while DNS is silent', async () => {
        const plugin = makePlugin({ options: { timeout: '500ms' } });
        await run(plugin, 'mail', '<>');
        const answers = [];
        const slow = run(plugin, 'rcpt', SILENT).then((answer) => answers.push(line(answer)));
        answers.push(line(await run(plugin, 'rcpt', ABSENT)));
        await slow;
        assert.deepEqual(answers, ['550 5.1.1 ID invalid destination domain',
            '451 4.4.3 ID cannot look up destination domain now, try again later']);
        plugin.shutdown();
    });
});

describe('settings', () => {
    const isChecked = async (plugin, hook, client) => (await run(plugin, hook, ABSENT, client)).length > 0;

    test('authenticated clients', async () => {
        for (const [value, ...expected] of [['none', true, true], ['sender', false, true], ['both', false, false]]) {
            const plugin = makePlugin({ main: { exempt_authenticated: value } });
            assert.deepEqual([await isChecked(plugin, 'mail', connection({ user: 'joe' })),
                await isChecked(plugin, 'rcpt', connection({ user: 'joe' }))], expected, value);
            assert.ok(await isChecked(plugin, 'mail'));
            plugin.shutdown();
        }
    });

    test('exempt clients', async () => {
        const plugin = makePlugin({ main: { exempt_clients: ['192.0.2.0/25, 2001:db8::/32', '198.51.100.7'] } });
        for (const [ip, expected] of [['192.0.2.127', false], ['192.0.2.128', true], ['2001:db8:1::1', false], ['2001:db9::1', true],
            ['198.51.100.7', false], ['::ffff:198.51.100.7', false], ['nonsense', true], [undefined, true]]) {
            assert.equal(await isChecked(plugin, 'rcpt', { ...connection(), remote: { ip } }), expected, ip);
        }
        plugin.shutdown();
    });

    test('the dry run logs, and lets everything pass', async () => {
        const plugin = makePlugin({ main: { dry_run: true } });
        assert.deepEqual(await run(plugin, 'rcpt', ABSENT), []);
        assert.deepEqual(plugin.lines, [`info: rcpt ${ABSENT}: reject no-such-domain (dry run)`]);
        plugin.shutdown();
        assert.deepEqual(await run(plugin, 'rcpt', ABSENT), []);
    });

    test('a wrong setting keeps the server from starting, and a later worker from answering', async () => {
        for (const [ini, why] of [[{ main: { exempt_authenticated: 'all' } }, /exempt_authenticated/],
            [{ main: { exempt_clients: '192.0.2.0/33' } }, /"192\.0\.2\.0\/33"/], [{ main: { exempt_clients: 'localhost' } }, /localhost/],
            [{ main: { dryrun: 'true' } }, /"dryrun"/], [{ options: { depth: 'none' } }, /depth/], [{ options: { deep: '1' } }, /deep/]]) {
            const plugin = makePlugin(ini);
            const answer = await new Promise((resolve) => { plugin.start_master((...words) => resolve(words)); });
            assert.equal(answer[0], constants.deny);
            assert.match(answer[1], why);
            await new Promise((resolve) => { plugin.start_child(resolve); });
            assert.match(plugin.lines[0], /^crit: all mail is deferred: /);
            assert.equal(line(await run(plugin, 'rcpt', ABSENT)), '451 4.3.0 ID cannot check that address now, try again later');
        }
    });
});

describe('its life', () => {
    test('a configuration that changes is read anew, with the cache; a wrong one is not', async () => {
        const plugin = makePlugin({});
        assert.equal((await run(plugin, 'rcpt', UNRESOLVABLE)).length, 2);
        writeConf('depth = records\n');
        await plugin.on_change();
        assert.deepEqual(await run(plugin, 'rcpt', UNRESOLVABLE), []);
        writeConf('depth = none\n');
        await plugin.on_change();
        plugin.ini = { main: { exempt_authenticated: 'all' } };
        await plugin.on_change();
        assert.deepEqual(await run(plugin, 'rcpt', UNRESOLVABLE), []);
        const told = plugin.lines.filter((text) => !text.startsWith('info'));
        assert.equal(told.length, 3);
        assert.equal(told[0], 'notice: the configuration was read anew');
        assert.match(told[1], /^error: the configuration cannot be used, and the old one stays: .*depth/);
        assert.match(told[2], /the old one stays: exempt_authenticated/);
        plugin.shutdown();
    });

    test('checks under way end as they began when the configuration changes, or at the end', async () => {
        const plugin = makePlugin({ options: { timeout: '300ms' } });
        await run(plugin, 'mail', '<>');
        const before = Array.from({ length: 50 }, () => run(plugin, 'rcpt', SILENT));
        await plugin.on_change();
        const after = Array.from({ length: 50 }, () => run(plugin, 'rcpt', SILENT));
        await sleep(20);
        plugin.shutdown();
        for (const answer of await Promise.all([...before, ...after])) {
            assert.equal(line(answer), '451 4.4.3 ID cannot look up destination domain now, try again later');
        }
        assert.equal(line(await run(plugin, 'rcpt', SILENT)), '451 4.3.0 ID cannot check that address now, try again later');
        assert.equal(plugin.lines.at(-1), `error: rcpt ${SILENT}: cannot be checked: the plugin was shut down`);
        await plugin.on_change();
    });

    test('it can be shut down before it has started', async () => {
        const plugin = makePlugin({});
        plugin.shutdown();
        assert.equal(line(await run(plugin, 'rcpt', ABSENT)), '451 4.3.0 ID cannot check that address now, try again later');
    });
});
