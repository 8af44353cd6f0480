// SPDX-License-Identifier: BSD-2-Clause
// cost.js UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a check of a domain that is known, or not.
import { Context, Verdict } from './index.js';

const HITS_EACH = 20;
const [upstream, count] = [process.argv[2], Number(process.argv[3])];
const context = new Context({ upstreams: upstream });

async function expectAccepted(address) {
    const result = await context.checkRcpt(address);
    if (result.verdict !== Verdict.ACCEPT) {
        throw new Error(`${address} is not accepted`);
    }
}

/** Microseconds of CPU that `run` uses. */
async function cost(run) {
    const started = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(started);
    return user + system;
}

await expectAccepted('u@warm.example');
const cold = await cost(async () => {
    for (let i = 0; i < count; i++) {
        await expectAccepted(`u@d${i}.example`);
    }
});
const hit = await cost(async () => {
    for (let i = 0; i < count * HITS_EACH; i++) {
        await expectAccepted('u@warm.example');
    }
});
console.log(`hit_ns=${(hit * 1000 / (count * HITS_EACH)).toFixed(0)} cold_us=${(cold / count).toFixed(1)}`);
context.close();
