// SPDX-License-Identifier: BSD-2-Clause
// The binding over a real name server, and over a test zone; with a collector that runs all the time.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Cache, Config, Context, Dnssec, LogLevel, MxcheckError, Reason, Role, Verdict, known, options, reasons, version }
    from '../index.js';
import { SHAPES } from '../library.js';

const UPSTREAM = process.env.MXCHECK_TEST_UPSTREAM;
const HEADER = readFileSync(process.env.MXCHECK_HEADER, 'utf8');
const GOOD = 'u@ok-mx.mx.example', ABSENT = 'u@nxdomain.mx.example', SILENT = 'u@to-all.f.mx.example';
const INDEX = new URL('../index.js', import.meta.url).href;
const CHILD = `import { Context } from ${JSON.stringify(INDEX)};
    const context = new Context({ upstreams: process.env.MXCHECK_TEST_UPSTREAM, timeout: '600s' });
    await context.checkRcpt('${GOOD}');`;

function use(values, run) {
    const context = new Context({ upstreams: UPSTREAM, ...values });
    const ended = run(context);
    return ended instanceof Promise ? ended.finally(() => context.close()) : context.close();
}

function repeat(length, ...addresses) {
    return Array.from({ length }, () => addresses).flat();
}

function wait(milliseconds) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** How a process ends that does this: its exit status or signal, and what it has written. */
async function run(code, start = () => {}) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD + code], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (more) => {
        text += more;
        start(child);
    });
    const [status, signal] = await once(child, 'close');
    return [status ?? signal, text];
}

describe('the conformance kit', () => {
    test('every case comes to what the kit says', () => {
        const kit = process.env.MXCHECK_CONFORMANCE;
        const contexts = new Map();
        const lines = readFileSync(join(kit, 'cases.jsonl'), 'utf8').trim().split('\n').slice(1);
        for (const expected of lines.map(JSON.parse)) {
            if (!contexts.has(expected.options)) {
                const config = new Config();
                config.load(join(kit, 'kit.conf'));
                config.set('test-zone', join(kit, 'kit.zone'));
                if (expected.options !== '') {
                    config.set(...expected.options.split('='));
                }
                contexts.set(expected.options, new Context(config));
            }
            const context = contexts.get(expected.options);
            const address = expected.address ?? Buffer.from(expected.address_hex, 'hex');
            const result = expected.role === 'sender' ? context.checkSenderSync(address) : context.checkRcptSync(address);
            assert.deepEqual([result.verdictName, result.reasonName, result.smtpCode, result.enhancedCode, result.reply('ID')],
                [expected.verdict, expected.reason, expected.smtp_code, expected.enhanced_code, expected.reply], expected.id);
        }
        assert.ok(lines.length > 400);
        contexts.forEach((context) => context.close());
    });
});

describe('the header', () => {
    test('every function of the header is there', () => {
        const code = HEADER.replace(/\/\*.*?\*\/|^#.*?$/gms, '');
        const names = [...code.matchAll(/MXCHECK_API[^;(]*?mxcheck_(\w+)\(/g)].map(([, name]) => name);
        assert.deepEqual(Object.keys(SHAPES).sort(), names.sort());
    });

    test('every reason of the header is there', () => {
        const numbers = [...HEADER.matchAll(/MXCHECK_REASON_(\w+) = (\d+)/g)].map(([, name, number]) => [name, Number(number)]);
        assert.deepEqual({ ...Reason }, { UNKNOWN: 0, ...Object.fromEntries(numbers) });
        assert.deepEqual(Object.values(reasons()).map(({ number }) => number), numbers.map(([, number]) => number));
    });

    test('what a later library adds is unknown', () => {
        assert.equal(known(Reason, 9999), Reason.UNKNOWN);
        assert.equal(known(Dnssec, 9999), Dnssec.UNKNOWN);
    });
});

describe('blocking', () => {
    test('a result tells all', () => {
        let result;
        use({ depth: 'targets', forbiddenNetworks: 'none' }, (context) => {
            result = context.checkRcptSync(GOOD);
            assert.deepEqual([result.verdict, result.reason, result.role], [Verdict.ACCEPT, Reason.MX, Role.RCPT]);
            assert.deepEqual([result.address.toString(), result.domain], [GOOD, 'ok-mx.mx.example']);
            assert.deepEqual([result.smtpCode, result.enhancedCode, result.notes], [250, '2.1.5', []]);
            assert.ok(result.mx[0].host && result.mx[0].addresses.length > 0);
            assert.ok(result.ttl > 0 && result.elapsed > 0);
            assert.equal(result.json('ID').reply, '250 2.1.5 ID recipient ok');
            assert.match(result.explain('ID'), /Reply: 250 2\.1\.5 ID recipient ok/);
            assert.deepEqual([result.isCached, result.isStale, result.dnssec], [false, false, Dnssec.UNKNOWN]);
            assert.ok(context.checkRcptSync(GOOD).isCached);
            assert.equal(context.stats().hits, 1);
        });
        assert.equal(result.reply(), '250 2.1.5 recipient ok'); // outlives its context
    });

    test('a NUL or any octet is no end', () => use({}, async (context) => {
        for (const address of [Buffer.from(`${GOOD}\0.evil`), Buffer.from(`\xff\0@${GOOD}`, 'latin1'), Buffer.from('\0')]) {
            for (const result of [context.checkRcptSync(address), await context.checkRcpt(address)]) {
                assert.equal(result.reason, Reason.BAD_ADDRESS);
                assert.deepEqual(result.address, address);
            }
        }
        assert.equal(context.checkRcptSync(`${GOOD}\0.evil`).reason, Reason.BAD_ADDRESS);
        assert.deepEqual(context.checkRcptSync('').address, Buffer.alloc(0));
        assert.throws(() => context.checkRcptsSync([`${GOOD}\0.evil`]), TypeError);
    }));

    test('domains, senders and lists', () => use({}, (context) => {
        assert.equal(context.checkDomainSync('nxdomain.mx.example').reason, Reason.NO_SUCH_DOMAIN);
        assert.equal(context.checkDomainSync('nxdomain.mx.example', { role: Role.SENDER }).role, Role.SENDER);
        assert.equal(context.checkSenderSync('').reason, Reason.NULL_SENDER);
        assert.deepEqual(context.checkRcptsSync([GOOD, ABSENT]).map(({ verdict }) => verdict), [Verdict.ACCEPT, Verdict.REJECT]);
        assert.deepEqual(context.checkRcptsSync([]), []);
        assert.equal(context.checkCached('u@null-mx.mx.example'), null);
        assert.ok(context.checkCached(GOOD));
    }));

    test('errors are no verdicts', async () => {
        assert.throws(() => new Context({ timeout: 'soon' }), (error) => error instanceof MxcheckError && /timeout/.test(error.message));
        assert.throws(() => new Context({ upstreams: UPSTREAM, resolution: 'recursive' }), /contradicts/);
        assert.throws(() => new Config({ nothing: 1 }), { status: 'option' });
        assert.throws(() => new Config({ 'time\0out': '1s' }), TypeError);
        assert.equal(new Config().get('nothing'), undefined);
        const context = new Context();
        context.close();
        context.close();
        assert.throws(() => context.checkRcptSync(GOOD), /closed/);
        await assert.rejects(context.checkRcpt(GOOD), /closed/);
        await use({}, async (other) => {
            await assert.rejects(other.checkRcpt(7), TypeError);
            await assert.rejects(other.checkRcpt(GOOD, { timeout: 'soon' }), TypeError);
            await assert.rejects(other.checkDomain('example', { role: 7 }), { status: 'invalid' });
            assert.equal(other.pending, 0);
        });
    });

    test('a stopped context waits no more', () => use({}, async (context) => {
        context.stop();
        assert.throws(() => context.checkRcptSync(GOOD), { status: 'stopped' });
        assert.equal((await context.checkRcpt(GOOD)).verdict, Verdict.ACCEPT);
    }));

    test('a deadline of its own', () => use({ timeout: '600s' }, (context) => {
        assert.equal(context.checkRcptSync(SILENT, { timeout: 50 }).reason, Reason.DNS_TIMEOUT);
    }));

    test('configurations, caches and logs', () => {
        const lines = [];
        const cache = new Cache(1 << 20);
        const config = new Config({ upstreams: UPSTREAM }).setCache(cache).setLog(LogLevel.INFO, (...line) => lines.push(line));
        const one = new Context(config.copy()), other = new Context(config.copy().set('nullMx', 'accept'));
        one.checkRcptSync('u@null-mx.mx.example');
        assert.ok(other.checkRcptSync('u@null-mx.mx.example').isCached);
        cache.flush();
        assert.ok(!one.checkRcptSync('u@null-mx.mx.example').isCached);
        one.cache.flush('null-mx.mx.example');
        assert.equal(one.checkCached('u@null-mx.mx.example'), null);
        assert.ok(lines.some(([, line, id]) => line.includes('null-mx') && id === 0), lines.join('\n'));
        assert.equal(new Context({ cacheSize: 0 }).cache, null);
        assert.ok(options().timeout.help && /^\d+\.\d+\.\d+$/.test(version()));
        one.close();
        other.close();
    });

    test('files that cannot be used are named', () => {
        const folder = mkdtempSync(join(tmpdir(), 'mxcheck-'));
        try {
            const path = join(folder, 'cache');
            Cache.shared(1 << 20, path).flush();
            chmodSync(path, 0o644);
            assert.throws(() => Cache.shared(1 << 20, path), { code: 'EPERM', status: 'file', path });
            Cache.shared(1 << 20).flush();
            writeFileSync(join(folder, 'conf'), 'timeout = 3s\n');
            assert.equal(new Config().load(join(folder, 'conf')).get('timeout'), '3s');
            assert.throws(() => new Config().load(join(folder, 'none')), { status: 'file' });
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    test('what a log function throws is an uncaught exception, and the check goes on', async () => {
        const [status] = await run(`import { Config } from ${JSON.stringify(INDEX)};
            process.on('uncaughtException', () => process.exit(7));
            const config = new Config({ upstreams: process.env.MXCHECK_TEST_UPSTREAM });
            config.setLog(4, () => { throw new Error('log'); });
            if (new Context(config).checkRcptSync('${ABSENT}').verdict !== 3) process.exit(1);`);
        assert.equal(status, 7);
    });
});

describe('asynchronous', () => {
    test('many at once', () => use({ maxPending: 4000 }, async (context) => {
        const results = await context.checkRcpts(repeat(1000, GOOD, ABSENT));
        assert.deepEqual(results.map(({ verdict }) => verdict), repeat(1000, Verdict.ACCEPT, Verdict.REJECT));
        assert.equal((await context.checkDomain('localhost')).reason, Reason.SPECIAL_USE);
        assert.equal((await context.checkSender('')).reason, Reason.NULL_SENDER);
        assert.equal(context.pending, 0);
    }));

    test('many contexts at once leave the workers of libuv alone', async () => {
        const contexts = Array.from({ length: 50 }, () => new Context({ upstreams: UPSTREAM, timeout: '600s' }));
        const silent = contexts.map((context) => context.checkRcpt(SILENT));
        const results = await Promise.all(contexts.map((context) => context.checkRcpt(GOOD)));
        assert.ok(results.every(({ verdict }) => verdict === Verdict.ACCEPT));
        await access('/');
        contexts.forEach((context) => context.close());
        assert.ok((await Promise.allSettled(silent)).every(({ reason }) => reason.name === 'AbortError'));
    });

    test('an event loop that is busy delays, and loses nothing', () => use({}, async (context) => {
        const checks = context.checkRcpts([GOOD, ABSENT]);
        wait(500);
        assert.deepEqual((await checks).map(({ verdict }) => verdict), [Verdict.ACCEPT, Verdict.REJECT]);
        let isBusy = true;
        (async () => {
            while (isBusy) {
                await turn();
            }
        })();
        assert.equal((await context.checkDomain('null-mx.mx.example')).reason, Reason.NULL_MX);
        isBusy = false;
    }));

    test('waiting takes no processor time', () => use({ timeout: '600s' }, async (context) => {
        const check = context.checkRcpt(SILENT, { timeout: 1000 });
        await sleep(200);
        const before = process.cpuUsage();
        assert.equal((await check).reason, Reason.DNS_TIMEOUT);
        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 300_000, `${user + system} µs`);
    }));

    test('a signal cancels its checks', () => use({ timeout: '600s' }, async (context) => {
        const warnings = [];
        const onWarning = (warning) => warnings.push(warning);
        process.on('warning', onWarning);
        const controller = new AbortController();
        const checks = Array.from({ length: 30 }, () => context.checkRcpt(SILENT, { signal: controller.signal }));
        assert.equal(context.pending, 30);
        controller.abort();
        assert.equal(context.pending, 0);
        assert.ok((await Promise.allSettled(checks)).every(({ reason }) => reason.name === 'AbortError'));
        await assert.rejects(context.checkRcpt(SILENT, { signal: controller.signal }), { name: 'AbortError' });
        const slow = setInterval(() => {}, 1000); // the timer of a signal keeps no process alive, and a check does
        await assert.rejects(context.checkRcpt(SILENT, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
        clearInterval(slow);
        assert.equal((await context.checkRcpt(SILENT, { timeout: 50 })).reason, Reason.DNS_TIMEOUT);
        assert.equal((await context.checkRcpt(GOOD, { signal: new AbortController().signal })).verdict, Verdict.ACCEPT);
        await turn();
        process.off('warning', onWarning);
        assert.deepEqual(warnings, []);
    }));

    test('closing rejects who waits', async () => {
        const context = new Context({ upstreams: UPSTREAM, timeout: '600s' });
        const checks = Array.from({ length: 3 }, () => context.checkRcpt(SILENT));
        await turn();
        context.close();
        for (const { reason } of await Promise.allSettled(checks)) {
            assert.equal(reason.name, 'AbortError');
        }
        await turn();
    });

    test('a line of the log names its check', async () => {
        const lines = [];
        const config = new Config({ upstreams: UPSTREAM }).setLog(LogLevel.INFO, (...line) => lines.push(line));
        const context = new Context(config);
        await context.checkRcpt('u@null-mx.mx.example');
        assert.ok(lines.some(([, line, id]) => line.includes('null-mx') && id !== 0), lines.join('\n'));
        context.close();
    });
});

describe('collecting', () => {
    test('a collector that runs all the time frees nothing in use', () => use({}, async (context) => {
        const collecting = setInterval(gc, 0);
        for (let i = 0; i < 20; i++) {
            const checks = context.checkRcpts([GOOD, ABSENT]);
            gc();
            assert.deepEqual((await checks).map(({ domain }) => domain), ['ok-mx.mx.example', 'nxdomain.mx.example']);
        }
        clearInterval(collecting);
    }));

    test('a context that nobody holds lives as long as its checks', async () => {
        const check = new Context({ upstreams: UPSTREAM, timeout: '600s' }).checkRcpt(SILENT, { timeout: 300 });
        for (let i = 0; i < 5; i++) {
            gc();
            await sleep(10);
        }
        assert.equal((await check).reason, Reason.DNS_TIMEOUT);
    });

    test('contexts, logs and caches are freed with those who hold them', async () => {
        async function collect() {
            for (let i = 0; i < 20; i++) {
                gc();
                await sleep(5);
            }
        }
        const open = () => process.report.getReport().libuv.filter(({ type }) => type === 'poll').length;
        await collect();
        const before = open();
        const freed = [];
        const registry = new FinalizationRegistry((name) => freed.push(name));
        await (async () => {
            for (let i = 0; i < 10; i++) {
                const log = () => context.isLogged = true; // refers to its context
                const context = new Context(new Config({ upstreams: UPSTREAM }).setLog(LogLevel.DEBUG, log));
                registry.register(log, 'log');
                registry.register(context, 'context');
                await context.checkRcpt(GOOD);
                assert.ok(context.isLogged);
            }
            assert.equal(open(), before + 10);
        })();
        await collect();
        assert.deepEqual(freed.sort(), [...repeat(10, 'context'), ...repeat(10, 'log')]);
        assert.equal(open(), before);
    });
});

describe('processes and workers', () => {
    test('a process ends though a context is open', async () => {
        assert.deepEqual(await run(''), [0, '']);
    });

    test('a process stays as long as a check is under way', async () => {
        const code = `console.log((await context.checkRcpt('${SILENT}', { timeout: 200 })).reasonName);`;
        assert.deepEqual(await run(code), [0, 'dns-timeout\n']);
    });

    test('exit and a signal end a process with checks under way', async () => {
        const code = `context.checkRcpt('${SILENT}'); console.log('.');`;
        assert.deepEqual(await run(`${code} process.exit(3);`), [3, '.\n']);
        assert.deepEqual(await run(code, (child) => child.kill('SIGINT')), ['SIGINT', '.\n']);
    });

    test('each worker has contexts of its own, and may be terminated', async () => {
        const code = `${CHILD} import { parentPort } from 'node:worker_threads';
            parentPort.postMessage((await context.checkRcpt('${ABSENT}')).verdict); await context.checkRcpt('${SILENT}');`;
        const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
        const workers = Array.from({ length: 4 }, () => new Worker(url));
        const verdicts = await Promise.all(workers.map((worker) => once(worker, 'message')));
        assert.deepEqual(verdicts.flat(), repeat(4, Verdict.REJECT));
        await Promise.all(workers.map((worker) => worker.terminate()));
        await use({}, async (context) => assert.equal((await context.checkRcpt(GOOD)).verdict, Verdict.ACCEPT));
    });
});
