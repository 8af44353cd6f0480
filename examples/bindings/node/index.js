// SPDX-License-Identifier: BSD-2-Clause
// Can mail to this domain be delivered at all? A binding of libmxcheck: contexts, configurations, caches and results.
import koffi from 'koffi';
import { getSystemErrorName } from 'node:util';
import { CALLBACK, LOG, library } from './library.js';

/** What to do with the address. */
export const Verdict = Object.freeze({ ACCEPT: 1, DEFER: 2, REJECT: 3 });

/** Which command of the SMTP dialogue the address stands in. */
export const Role = Object.freeze({ SENDER: 1, RCPT: 2 });

/** What a validating resolver says; UNKNOWN also for a state that a later library adds. */
export const Dnssec = Object.freeze({ UNKNOWN: 0, SECURE: 1, INSECURE: 2, BOGUS: 3 });

export const LogLevel = Object.freeze({ NONE: 0, ERROR: 1, WARNING: 2, INFO: 3, DEBUG: 4 });

/** Why. UNKNOWN is one that a later library adds: result.reasonNumber and result.reasonName say which. */
export const Reason = Object.freeze({
    UNKNOWN: 0,
    MX: 1,
    IMPLICIT_A: 2,
    IMPLICIT_AAAA: 3,
    NULL_SENDER: 4,
    POSTMASTER: 5,
    ADDRESS_LITERAL: 6,
    EXEMPT: 7,
    DNS_FAILURE_ALLOWED: 8,
    NO_SUCH_DOMAIN: 100,
    NO_RECORDS: 101,
    NULL_MX: 102,
    MX_UNRESOLVABLE: 103,
    MX_FORBIDDEN: 104,
    BAD_ADDRESS: 105,
    SPECIAL_USE: 106,
    LITERAL_REFUSED: 107,
    MX_REFUSED: 108,
    NOTE_REFUSED: 109,
    DNS_TIMEOUT: 200,
    DNS_FAILURE: 201,
    DNSSEC_BOGUS: 202,
    OVERLOADED: 203,
});

const OPTION = -3, FILE = -4, SYSTEM = -5, NOT_CACHED = -7;
const DOMAIN = 1, CACHED = 2;

/** An error of the caller or of the machine; never a verdict. `status` is the word for it: "no-memory", "stopped". */
export class MxcheckError extends Error {
    name = 'MxcheckError';

    constructor(number, text) {
        super(text || library.status_text(number));
        this.number = number;
        this.status = library.status_name(number);
    }
}

function checkStatus(status, text) {
    if (status !== 0) {
        throw new MxcheckError(status, text);
    }
}

/** The number, where `values` has it; otherwise UNKNOWN. */
export function known(values, number) {
    return Object.values(values).includes(number) ? number : values.UNKNOWN;
}

function count(length, make) {
    return Array.from({ length }, (_, index) => make(index));
}

/** Octets with a NUL behind them, so that there is a pointer to none, too. */
function encode(text) {
    const octets = typeof text === 'string' ? Buffer.from(text) : text;
    if (!(octets instanceof Uint8Array)) {
        throw new TypeError('an address is a string or a Uint8Array');
    }
    return Buffer.concat([octets, Buffer.alloc(1)]);
}

function argument(text) {
    const string = String(text);
    if (string.includes('\0')) {
        throw new TypeError('a NUL in a name or a value');
    }
    return string;
}

/** The option `timeout` for undefined; at least one. */
function milliseconds(timeout) {
    if (timeout === undefined) {
        return 0;
    }
    if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
        throw new TypeError('a timeout is a number of milliseconds');
    }
    return Math.max(1, Math.min(Math.ceil(timeout), 0xFFFFFFFF));
}

function optionName(name) {
    return argument(name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Calls make(out), and gives what it has written. */
function made(make, check = checkStatus) {
    const out = [null];
    check(make(out));
    return out[0];
}

/** Of the library that is loaded. */
export function version() {
    return library.version();
}

/** {name: {default, help}} of every option. */
export function options() {
    return Object.fromEntries(count(library.option_count(), (index) =>
        [library.option_name(index), { default: library.option_default(index), help: library.option_help(index) }]));
}

/** {name: {number, verdict}} of every reason that the loaded library knows. */
export function reasons() {
    const numbers = count(library.reason_count(), library.reason_at);
    return Object.fromEntries(numbers.map((number) =>
        [library.reason_name(number), { number, verdict: library.reason_verdict(number) }]));
}

const takes = Symbol('takes over a pointer');

const abandonedCaches = new FinalizationRegistry(library.cache_unref);

let cachePointer;

/** What is known of domains, for any number of contexts. */
export class Cache {
    #pointer;

    static {
        cachePointer = (cache) => cache && cache.#pointer;
    }

    constructor(maxBytes, pointer) {
        this.#pointer = maxBytes === takes ? pointer : made((out) => library.cache_new(maxBytes, out));
        abandonedCaches.register(this, this.#pointer);
    }

    /** For all processes and workers of this user that name the file. */
    static shared(maxBytes, path = null) {
        const pointer = made((out) => library.cache_new_shared(path === null ? null : argument(path), maxBytes, out), (status) => {
            if (status !== FILE && status !== SYSTEM) {
                return checkStatus(status);
            }
            const errno = -koffi.errno();
            throw Object.assign(new MxcheckError(status), { errno, code: getSystemErrorName(errno), path });
        });
        return new Cache(takes, pointer);
    }

    /** Remove a domain, or everything. */
    flush(domain = null) {
        library.cache_flush(this.#pointer, domain === null ? null : argument(domain));
    }
}

/* Log functions by number, held by the configurations and contexts that use them alone, so that one which refers to its
 * context can be collected with it. */
const logs = new Map();
let lastLog = 0;
const abandonedLogs = new FinalizationRegistry((number) => logs.delete(number));
const onLine = koffi.register((level, line, id, number) => {
    try {
        logs.get(number)?.deref()?.(level, line, id);
    } catch (error) {
        process.nextTick(() => { throw error; });
    }
}, LOG);

function rememberLog(log) {
    if (typeof log !== 'function') {
        throw new TypeError('a log is a function or null');
    }
    const number = ++lastLog;
    logs.set(number, new WeakRef(log));
    abandonedLogs.register(log, number);
    return number;
}

const abandonedConfigs = new FinalizationRegistry(library.config_free);

let startContext;

/** Options by name: new Config({ depth: 'targets', cacheSize: '16M' }). */
export class Config {
    #pointer;
    #logs = [];

    static {
        startContext = (config) => ({
            pointer: made((out) => library.ctx_new(config.#pointer, out), (status) => config.#check(status)),
            logs: [...config.#logs],
        });
    }

    constructor(values = {}, pointer = null) {
        this.#pointer = values === takes ? pointer : made(library.config_new);
        abandonedConfigs.register(this, this.#pointer);
        for (const [name, value] of Object.entries(values)) {
            this.set(name, value);
        }
    }

    #check(status) {
        checkStatus(status, status === OPTION || status === FILE ? library.config_error(this.#pointer) : '');
    }

    set(name, value) {
        this.#check(library.config_set(this.#pointer, optionName(name), argument(value)));
        return this;
    }

    /** undefined where there is no such option. */
    get(name) {
        return library.config_get(this.#pointer, optionName(name)) ?? undefined;
    }

    /** Read a file of `name = value` lines; after an error nothing has changed. */
    load(path) {
        this.#check(library.config_load(this.#pointer, argument(path)));
        return this;
    }

    copy() {
        const copy = new Config(takes, made((out) => library.config_copy(this.#pointer, out)));
        copy.#logs = [...this.#logs];
        return copy;
    }

    /** log(level, line, id of the asynchronous check or 0); null for silence. It must not use the context. */
    setLog(level, log) {
        const number = log === null ? 0 : rememberLog(log);
        checkStatus(library.config_set_log(this.#pointer, log === null ? 0 : level, log === null ? null : onLine, number));
        this.#logs.push(log);
        return this;
    }

    setCache(cache) {
        checkStatus(library.config_set_cache(this.#pointer, cachePointer(cache)));
        return this;
    }
}

const abandonedResults = new FinalizationRegistry(library.result_unref);

/** One finished check: immutable, and valid as long as there is a reference to it. */
export class Result {
    #pointer;

    constructor(key, pointer) {
        if (key !== takes) {
            throw new TypeError('a result comes from a check');
        }
        this.#pointer = pointer;
        abandonedResults.register(this, pointer);
    }

    get verdict() {
        return library.result_verdict(this.#pointer);
    }

    get verdictName() {
        return library.verdict_name(this.verdict);
    }

    get reason() {
        return known(Reason, this.reasonNumber);
    }

    get reasonNumber() {
        return library.result_reason(this.#pointer);
    }

    get reasonName() {
        return library.reason_name(this.reasonNumber);
    }

    get role() {
        return library.result_role(this.#pointer);
    }

    /** As given, octet by octet. */
    get address() {
        const length = library.result_address_length(this.#pointer);
        return Buffer.from(koffi.decode(library.result_address(this.#pointer), 'uint8_t', length));
    }

    /** In lower-case A-labels; "" for none. */
    get domain() {
        return library.result_domain(this.#pointer);
    }

    get smtpCode() {
        return library.result_smtp_code(this.#pointer);
    }

    get enhancedCode() {
        return library.result_enhanced_code(this.#pointer);
    }

    get hint() {
        return library.result_hint(this.#pointer);
    }

    /** MX records by preference, with the addresses of their hosts that are known (depth = targets). */
    get mx() {
        return count(library.result_mx_count(this.#pointer), (index) => ({
            host: library.result_mx_host(this.#pointer, index),
            preference: library.result_mx_preference(this.#pointer, index),
            addresses: count(library.result_mx_address_count(this.#pointer, index),
                (place) => library.result_mx_address(this.#pointer, index, place)),
        }));
    }

    get notes() {
        return count(library.result_note_count(this.#pointer), (index) => library.result_note(this.#pointer, index));
    }

    /** Seconds for which this answer still holds. */
    get ttl() {
        return library.result_ttl(this.#pointer);
    }

    get isCached() {
        return library.result_is_cached(this.#pointer) !== 0;
    }

    get isStale() {
        return library.result_is_stale(this.#pointer) !== 0;
    }

    get dnssec() {
        return known(Dnssec, library.result_dnssec(this.#pointer));
    }

    /** Milliseconds that the check took. */
    get elapsed() {
        return library.result_elapsed_us(this.#pointer) / 1000;
    }

    #write(write, id) {
        const name = id === undefined ? null : argument(id);
        for (let size = 512; ;) { // a text may be longer the second time, as numbers of seconds pass
            const buffer = Buffer.alloc(size);
            const length = write(this.#pointer, name, buffer, size);
            if (length < size) {
                return buffer.toString('latin1', 0, length);
            }
            size = length + 1;
        }
    }

    /** One SMTP reply line without CRLF. */
    reply(id) {
        return this.#write(library.result_reply, id);
    }

    /** Lines for a person. */
    explain(id) {
        return this.#write(library.result_explain, id);
    }

    /** All that the library knows, as it writes it in JSON. */
    json(id) {
        return JSON.parse(this.#write(library.result_json, id));
    }

    toJSON() {
        return this.json();
    }

    [Symbol.for('nodejs.util.inspect.custom')]() {
        return `<mxcheck.Result ${JSON.stringify(this.address.toString())}: ${this.verdictName}, ${this.reasonName}>`;
    }
}

/* The native side of a context. A check under way refers to its context; nothing else here does, so that an idle context
 * can be collected. */
class Native {
    #open;
    #watcher = null;
    #callback = null;
    #checks = new Map();
    #signals = new Map();
    #lastKey = 0;

    constructor(pointer) {
        this.#open = pointer;
    }

    get isOpen() {
        return this.#open !== null;
    }

    get pointer() {
        if (this.#open === null) {
            throw new Error('the context is closed');
        }
        return this.#open;
    }

    /* koffi calls back outside of what Node.js takes for a callback, after which no promise would go on: dispatch a phase
     * later in the same turn of the loop. */
    #watch() {
        if (this.#watcher === null) {
            const fd = library.ctx_fd(this.pointer);
            if (fd < 0) {
                throw new MxcheckError(SYSTEM);
            }
            this.#callback ??= koffi.register((id, result, key) => this.#finish(key, result), CALLBACK);
            this.#watcher = koffi.node.poll(fd, () => setImmediate(() => this.#dispatch()));
            this.#watcher.unref();
        }
    }

    #dispatch() {
        if (this.isOpen) {
            library.ctx_dispatch(this.#open);
        }
    }

    /* One listener for all checks that share a signal: Node.js warns of many. */
    #follow(signal, key) {
        if (!this.#signals.has(signal)) {
            const keys = new Set();
            const onAbort = () => keys.forEach((one) => this.#abort(one));
            this.#signals.set(signal, { keys, onAbort });
            signal.addEventListener('abort', onAbort);
        }
        this.#signals.get(signal).keys.add(key);
    }

    #unfollow(signal, key) {
        const { keys, onAbort } = this.#signals.get(signal);
        keys.delete(key);
        if (keys.size === 0) {
            this.#signals.delete(signal);
            signal.removeEventListener('abort', onAbort);
        }
    }

    #forget(key) {
        const check = this.#checks.get(key);
        this.#checks.delete(key);
        if (check.signal) {
            this.#unfollow(check.signal, key);
        }
        if (this.#checks.size === 0) {
            this.#watcher?.unref();
        }
        return check;
    }

    #finish(key, pointer) {
        this.#forget(key).resolve(new Result(takes, library.result_ref(pointer)));
    }

    #abort(key) {
        const check = this.#forget(key);
        library.cancel(this.pointer, check.id);
        check.reject(check.signal.reason);
    }

    /** Start a check for `context`, which lives until it has ended. */
    start(context, role, octets, flags, { timeout, signal }, resolve, reject) {
        this.#watch();
        const key = ++this.#lastKey;
        const id = made((out) => library.check_async(this.pointer, role, octets, octets.length - 1, flags, milliseconds(timeout),
            this.#callback, key, out));
        this.#checks.set(key, { context, id, signal, resolve, reject });
        if (signal) {
            this.#follow(signal, key);
        }
        this.#watcher.ref();
    }

    free() {
        this.#watcher?.close();
        this.#watcher = null;
        library.ctx_free(this.#open);
        this.#open = null;
        if (this.#callback !== null) {
            koffi.unregister(this.#callback);
        }
        for (const key of [...this.#checks.keys()]) {
            this.#forget(key).reject(new DOMException('the context was closed', 'AbortError'));
        }
    }
}

const abandonedContexts = new FinalizationRegistry((native) => native.free());

/** A checker. Checks give promises; those named *Sync wait, and the event loop with them. */
export class Context {
    #native;
    #logs; // to keep them

    constructor(config = {}) {
        const { pointer, logs: kept } = startContext(config instanceof Config ? config : new Config(config));
        this.#logs = kept;
        this.#native = new Native(pointer);
        abandonedContexts.register(this, this.#native, this);
    }

    get #pointer() {
        return this.#native.pointer;
    }

    /* What needs no DNS is told at once, without a turn of the event loop. */
    async #start(role, text, flags, options) {
        const octets = encode(text);
        options.signal?.throwIfAborted();
        try {
            return this.#ask(role, octets, flags | CACHED, {});
        } catch (error) {
            if (error.number !== NOT_CACHED) {
                throw error;
            }
        }
        return new Promise((resolve, reject) => this.#native.start(this, role, octets, flags, options, resolve, reject));
    }

    #wait(role, text, flags, options) {
        return this.#ask(role, encode(text), flags, options);
    }

    #ask(role, octets, flags, { timeout }) {
        return new Result(takes, made((out) =>
            library.check(this.#pointer, role, octets, octets.length - 1, flags, milliseconds(timeout), out)));
    }

    /** Of MAIL FROM; "" is the null reverse-path. Options: timeout in milliseconds, signal. */
    checkSender(address, options = {}) {
        return this.#start(Role.SENDER, address, 0, options);
    }

    /** Of RCPT TO. */
    checkRcpt(address, options = {}) {
        return this.#start(Role.RCPT, address, 0, options);
    }

    /** All recipients of a transaction, side by side, in their order. */
    checkRcpts(addresses, options = {}) {
        return Promise.all(Array.from(addresses, (address) => this.checkRcpt(address, options)));
    }

    checkDomain(domain, { role = Role.RCPT, ...options } = {}) {
        return this.#start(role, domain, DOMAIN, options);
    }

    checkSenderSync(address, options = {}) {
        return this.#wait(Role.SENDER, address, 0, options);
    }

    checkRcptSync(address, options = {}) {
        return this.#wait(Role.RCPT, address, 0, options);
    }

    checkRcptsSync(addresses) {
        const texts = Array.from(addresses, argument);
        const results = texts.map(() => null);
        checkStatus(library.check_rcpts(this.#pointer, texts, texts.length, results));
        return results.map((pointer) => new Result(takes, pointer));
    }

    checkDomainSync(domain, { role = Role.RCPT, ...options } = {}) {
        return this.#wait(role, domain, DOMAIN, options);
    }

    /** At once, from the cache; null where DNS would have to be asked. */
    checkCached(address, { role = Role.RCPT } = {}) {
        try {
            return this.#wait(role, address, CACHED, {});
        } catch (error) {
            if (error.number === NOT_CACHED) {
                return null;
            }
            throw error;
        }
    }

    /** Checks under way. */
    get pending() {
        return library.ctx_pending(this.#pointer);
    }

    stats() {
        const names = [];
        for (let name; (name = library.stats_name(names.length)) !== null;) {
            names.push(name);
        }
        const numbers = new BigUint64Array(names.length);
        checkStatus(library.ctx_stats(this.#pointer, Buffer.from(numbers.buffer), numbers.byteLength));
        return Object.fromEntries(names.map((name, index) => [name, Number(numbers[index])]));
    }

    /** null for none (cache-size = 0). */
    get cache() {
        const pointer = library.ctx_cache(this.#pointer);
        return pointer === null ? null : new Cache(takes, library.cache_ref(pointer));
    }

    /** Checks named *Sync fail from now on with the status "stopped". */
    stop() {
        checkStatus(library.ctx_stop(this.#pointer));
    }

    /** Checks under way are rejected with an AbortError. */
    close() {
        if (this.#native.isOpen) {
            abandonedContexts.unregister(this);
            this.#native.free();
        }
    }

    [Symbol.dispose]() {
        this.close();
    }
}
