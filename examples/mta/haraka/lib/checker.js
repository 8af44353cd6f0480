// SPDX-License-Identifier: BSD-2-Clause
// A context of libmxcheck that is closed once it is no longer wanted and nothing is under way.
'use strict';

class Checker {
    #context;
    #config;
    #underWay = 0;
    #isRetired = false;

    /** With the cache of `predecessor`, where both would have one of the same size, in memory. */
    constructor({ Context }, config, predecessor = null) {
        const cache = predecessor?.cacheFor(config) ?? null;
        if (cache !== null) {
            config.setCache(cache);
        }
        this.#config = config;
        this.#context = new Context(config);
    }

    cacheFor(config) {
        const isSame = ['cache-size', 'cache-file'].every((name) => config.get(name) === this.#config.get(name));
        return isSame && !config.get('cache-file') && !this.#isClosed ? this.#context.cache : null;
    }

    get #isClosed() {
        return this.#isRetired && this.#underWay === 0;
    }

    /** Gives a promise of a result. role: "sender" or "rcpt" */
    async check(role, address) {
        this.#underWay++;
        try {
            return await (role === 'sender' ? this.#context.checkSender(address) : this.#context.checkRcpt(address));
        } finally {
            this.#underWay--;
            this.#closeIfIdle();
        }
    }

    /** Close when the last check has ended. Further ones fail. */
    retire() {
        this.#isRetired = true;
        this.#closeIfIdle();
    }

    #closeIfIdle() {
        if (this.#isClosed) {
            this.#context.close();
        }
    }
}

module.exports = { Checker };
