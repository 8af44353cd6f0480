#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// Check a list of addresses, one a line, a hundred at a time, with progress on standard error.
import { readFileSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { Config, Context, Verdict } from './index.js';

const USAGE = 'usage: progress.js [NAME=VALUE ...] FILE [NAME=VALUE ...]';
const AT_ONCE = 100;

/** As octets: an address may be no UTF-8. */
function readLines(path) {
    return readFileSync(path, 'latin1').split('\n')
        .map((line) => line.replace(/^[ \t]+|[ \t\r]+$/g, ''))
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => Buffer.from(line, 'latin1'));
}

async function checkAll(context, addresses) {
    const results = [];
    const rest = addresses.entries();
    let done = 0;

    async function checkOneByOne() {
        for (const [place, address] of rest) {
            results[place] = await context.checkRcpt(address);
            stderr.write(`\r${++done} of ${addresses.length}`);
        }
    }

    await Promise.all(Array.from({ length: AT_ONCE }, checkOneByOne));
    stderr.write('\n');
    return results;
}

/** 1 where one is rejected, 2 where one could not be decided, 0 where all are accepted. */
function exitStatus(results) {
    const has = (verdict) => results.some((result) => result.verdict === verdict);
    return has(Verdict.REJECT) ? 1 : has(Verdict.DEFER) ? 2 : 0;
}

async function main() {
    const [paths, settings] = [false, true].map((isSetting) =>
        process.argv.slice(2).filter((word) => word.includes('=') === isSetting));
    if (paths.length !== 1) {
        console.error(USAGE);
        return 64;
    }
    const config = new Config(Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/s, 2))));
    const context = new Context(config);
    const results = await checkAll(context, readLines(paths[0]));
    context.close();
    for (const result of results) {
        stdout.write(`${result.address}\t${result.verdictName}\t${result.reasonName}\n`);
    }
    return exitStatus(results);
}

process.exitCode = await main().catch((error) => {
    console.error(error.message);
    return 71;
});
