// SPDX-License-Identifier: BSD-2-Clause
// The types of index.js, where each is explained.
/// <reference lib="esnext.disposable" />

export declare const Verdict: { readonly ACCEPT: 1; readonly DEFER: 2; readonly REJECT: 3 };
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export declare const Role: { readonly SENDER: 1; readonly RCPT: 2 };
export type Role = (typeof Role)[keyof typeof Role];

export declare const Dnssec: { readonly UNKNOWN: 0; readonly SECURE: 1; readonly INSECURE: 2; readonly BOGUS: 3 };
export type Dnssec = (typeof Dnssec)[keyof typeof Dnssec];

export declare const LogLevel: { readonly NONE: 0; readonly ERROR: 1; readonly WARNING: 2; readonly INFO: 3; readonly DEBUG: 4 };
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

export declare const Reason: {
    readonly UNKNOWN: 0;
    readonly MX: 1;
    readonly IMPLICIT_A: 2;
    readonly IMPLICIT_AAAA: 3;
    readonly NULL_SENDER: 4;
    readonly POSTMASTER: 5;
    readonly ADDRESS_LITERAL: 6;
    readonly EXEMPT: 7;
    readonly DNS_FAILURE_ALLOWED: 8;
    readonly NO_SUCH_DOMAIN: 100;
    readonly NO_RECORDS: 101;
    readonly NULL_MX: 102;
    readonly MX_UNRESOLVABLE: 103;
    readonly MX_FORBIDDEN: 104;
    readonly BAD_ADDRESS: 105;
    readonly SPECIAL_USE: 106;
    readonly LITERAL_REFUSED: 107;
    readonly MX_REFUSED: 108;
    readonly NOTE_REFUSED: 109;
    readonly DNS_TIMEOUT: 200;
    readonly DNS_FAILURE: 201;
    readonly DNSSEC_BOGUS: 202;
    readonly OVERLOADED: 203;
};
export type Reason = (typeof Reason)[keyof typeof Reason];

export type Text = string | Uint8Array;
export type Options = Record<string, string | number>;
export type Log = (level: LogLevel, line: string, id: number | bigint) => void;

export interface WaitOptions {
    /** Milliseconds; without it, the option `timeout`. */
    timeout?: number;
}

export interface CheckOptions extends WaitOptions {
    /** Cancels the check. */
    signal?: AbortSignal;
}

export interface Mx {
    host: string;
    preference: number;
    addresses: string[];
}

export declare class MxcheckError extends Error {
    private constructor();
    readonly name: 'MxcheckError';
    readonly number: number;
    readonly status: string;
    /** Of Cache.shared alone. */
    readonly errno?: number;
    readonly code?: string;
    readonly path?: string | null;
}

export declare function known<Value extends number>(values: Record<string, Value>, number: number): Value;
export declare function version(): string;
export declare function options(): Record<string, { default: string; help: string }>;
export declare function reasons(): Record<string, { number: number; verdict: Verdict }>;

export declare class Cache {
    constructor(maxBytes: number);
    static shared(maxBytes: number, path?: string | null): Cache;
    flush(domain?: string | null): void;
}

export declare class Config {
    constructor(values?: Options);
    set(name: string, value: string | number): this;
    get(name: string): string | undefined;
    load(path: string): this;
    copy(): Config;
    setLog(level: LogLevel, log: Log | null): this;
    setCache(cache: Cache | null): this;
}

export declare class Result {
    private constructor();
    get verdict(): Verdict;
    get verdictName(): string;
    get reason(): Reason;
    get reasonNumber(): number;
    get reasonName(): string;
    get role(): Role;
    get address(): Buffer;
    get domain(): string;
    get smtpCode(): number;
    get enhancedCode(): string;
    get hint(): string;
    get mx(): Mx[];
    get notes(): string[];
    get ttl(): number;
    get isCached(): boolean;
    get isStale(): boolean;
    get dnssec(): Dnssec;
    get elapsed(): number;
    reply(id?: string): string;
    explain(id?: string): string;
    json(id?: string): Record<string, unknown>;
    toJSON(): Record<string, unknown>;
}

export declare class Context {
    constructor(config?: Config | Options);
    checkSender(address: Text, options?: CheckOptions): Promise<Result>;
    checkRcpt(address: Text, options?: CheckOptions): Promise<Result>;
    checkRcpts(addresses: Iterable<Text>, options?: CheckOptions): Promise<Result[]>;
    checkDomain(domain: Text, options?: CheckOptions & { role?: Role }): Promise<Result>;
    checkSenderSync(address: Text, options?: WaitOptions): Result;
    checkRcptSync(address: Text, options?: WaitOptions): Result;
    checkRcptsSync(addresses: Iterable<string>): Result[];
    checkDomainSync(domain: Text, options?: WaitOptions & { role?: Role }): Result;
    checkCached(address: Text, options?: { role?: Role }): Result | null;
    get pending(): number;
    get cache(): Cache | null;
    stats(): Record<string, number>;
    stop(): void;
    close(): void;
    [Symbol.dispose](): void;
}
