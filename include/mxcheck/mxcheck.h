/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck.h: can mail to this domain be delivered at all?
 *
 * A mail server asks twice in every SMTP transaction: of the sender's domain at MAIL FROM, of each recipient's domain
 * at RCPT TO. The whole of a blocking check:
 *
 *     mxcheck_ctx *ctx;
 *     mxcheck_result *result;
 *     char reply[512];
 *
 *     if (mxcheck_ctx_new(NULL, &ctx) != MXCHECK_OK)
 *         return -1;
 *     if (mxcheck_check_rcpt(ctx, "bob@example.com", &result) == MXCHECK_OK) {
 *         if (mxcheck_result_verdict(result) != MXCHECK_VERDICT_ACCEPT) {
 *             mxcheck_result_reply(result, "piWs1j0010jifNx01iWsdh", reply, sizeof(reply));
 *             puts(reply);
 *         }
 *         mxcheck_result_unref(result);
 *     }
 *     mxcheck_ctx_free(ctx);
 *
 * Statuses tell of the caller or the machine; verdicts tell of the domain. A domain that does not exist is a check that
 * succeeded (MXCHECK_OK) with the verdict "reject". Outputs are written only on success. Every function that takes an
 * object and returns a status answers MXCHECK_ERR_INVALID to NULL; getters of a NULL object return 0, "" or NULL as
 * each one says. Functions named *_free and *_unref accept NULL.
 *
 * The library starts no thread, installs no signal handler, and writes to no standard stream.
 *
 * Stack: 256 KiB are enough for every thread that checks or dispatches. On a thread with too little for what the
 * lookup at hand needs, most of it the first one, a check is MXCHECK_ERR_SYSTEM, and one that is under way already
 * is deferred. How much is left of a stack that is not the thread's own, such as that of a coroutine, cannot be
 * told: give it 256 KiB. What asks no DNS needs 64 KiB.
 *
 * Processes: after fork() everything may be used in the child, which has its own copy. There a context starts afresh
 * at its first use: asynchronous checks under way are the parent's and never called back in the child, nothing is
 * written to, closed or freed that the parent may be using, and descriptors and memory of what the parent had under
 * way are left as they are until the child ends or executes another program. Where another thread of the parent was
 * sending a question at the fork, the resolver may be locked for ever in the child: checks that need DNS are
 * MXCHECK_ERR_SYSTEM there, for good. So make contexts before fork() and use them first after it, or fork before
 * there are threads. A child of vfork() must use nothing but execve() and _exit().
 */
#ifndef MXCHECK_MXCHECK_H
#define MXCHECK_MXCHECK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MXCHECK_API __attribute__((visibility("default")))
#else
#define MXCHECK_API
#endif

/** Options, as text. Use by one thread at a time. */
typedef struct mxcheck_config mxcheck_config;
/** A checker: frozen options, resolver and cache. Any number of threads may run blocking checks on one context at once.
 */
typedef struct mxcheck_ctx mxcheck_ctx;
/** One finished check: immutable, reference-counted, usable from any thread. */
typedef struct mxcheck_result mxcheck_result;
/** What DNS said of domains, for as long as it holds. Reference-counted, usable from any thread; may be shared by
 *  contexts with different options, since it holds what DNS said and no verdicts. */
typedef struct mxcheck_cache mxcheck_cache;

/** What a call came to: 0 on success, negative on an error of the caller or the machine, never of a domain. */
typedef enum mxcheck_status {
    MXCHECK_OK = 0,
    MXCHECK_ERR_INVALID = -1,   /**< an argument is NULL or out of its range */
    MXCHECK_ERR_NOMEM = -2,     /**< memory ran out; nothing was changed */
    MXCHECK_ERR_OPTION = -3,    /**< no such option, or not a value that it takes: mxcheck_config_error() says which */
    MXCHECK_ERR_FILE = -4,      /**< a file could not be read: mxcheck_config_error() says which */
    MXCHECK_ERR_SYSTEM = -5,    /**< the system refused a resource, such as a descriptor, or the stack is too small */
    MXCHECK_ERR_NOT_FOUND = -6, /**< no asynchronous check under way has this id */
    MXCHECK_ERR_NOT_CACHED = -7 /**< the answer is not remembered: DNS would have to be asked */
} mxcheck_status;

/** What to do with the address. Closed within a soname; 0 is never returned, so zeroed memory accepts nothing. */
typedef enum mxcheck_verdict {
    MXCHECK_VERDICT_ACCEPT = 1, /**< mail to this domain can be delivered, as far as DNS tells */
    MXCHECK_VERDICT_DEFER = 2,  /**< not known now: answer with a 4xx reply, the client comes again */
    MXCHECK_VERDICT_REJECT = 3  /**< mail to this domain cannot be delivered: answer with a 5xx reply */
} mxcheck_verdict;

/** Why. Open: a later release may add numbers, so switch on the verdict and log the reason. */
typedef enum mxcheck_reason {
    MXCHECK_REASON_MX = 1,              /**< an MX record exists; depth = targets: to a host with a usable address */
    MXCHECK_REASON_IMPLICIT_A = 2,      /**< no MX; an A record exists (RFC 5321 section 5.1) */
    MXCHECK_REASON_IMPLICIT_AAAA = 3,   /**< no MX, no A; an AAAA record exists */
    MXCHECK_REASON_NULL_SENDER = 4,     /**< the null reverse-path, MAIL FROM:<> */
    MXCHECK_REASON_POSTMASTER = 5,      /**< RCPT TO:<postmaster> without a domain (RFC 5321 section 4.5.1) */
    MXCHECK_REASON_ADDRESS_LITERAL = 6, /**< [192.0.2.1] or [IPv6:...] */
    MXCHECK_REASON_EXEMPT = 7,          /**< the domain is in exempt-domains; DNS was not asked */
    MXCHECK_REASON_DNS_FAILURE_ALLOWED = 8, /**< DNS failed and on-dns-failure says accept */
    MXCHECK_REASON_NO_SUCH_DOMAIN = 100,    /**< NXDOMAIN */
    MXCHECK_REASON_NO_RECORDS = 101,        /**< neither MX nor A nor AAAA */
    MXCHECK_REASON_NULL_MX = 102,           /**< the domain says that it takes no mail (RFC 7505) */
    MXCHECK_REASON_MX_UNRESOLVABLE = 103,   /**< depth = targets: no MX host has an address */
    MXCHECK_REASON_MX_FORBIDDEN = 104,      /**< depth = targets: every address lies in forbidden-networks */
    MXCHECK_REASON_BAD_ADDRESS = 105,       /**< not a mailbox of RFC 5321 or RFC 6531 */
    MXCHECK_REASON_SPECIAL_USE = 106,       /**< a name that public DNS never has (RFC 6761); DNS was not asked */
    MXCHECK_REASON_LITERAL_REFUSED = 107,   /**< an address literal, and address-literals says reject */
    MXCHECK_REASON_DNS_TIMEOUT = 200,       /**< no answer within timeout */
    MXCHECK_REASON_DNS_FAILURE = 201,       /**< SERVFAIL, REFUSED, FORMERR, unreachable, malformed */
    MXCHECK_REASON_DNSSEC_BOGUS = 202,      /**< the resolver says that DNSSEC validation failed (RFC 8914) */
    MXCHECK_REASON_OVERLOADED = 203         /**< max-pending checks are under way */
} mxcheck_reason;

/** Which command of the SMTP dialogue the address stands in. */
typedef enum mxcheck_role {
    MXCHECK_ROLE_SENDER = 1, /**< reverse-path, MAIL FROM */
    MXCHECK_ROLE_RCPT = 2    /**< forward-path, RCPT TO */
} mxcheck_role;

/** DNSSEC state (RFC 4035 section 4.3) of the answers that carry a verdict, by the word of a validating resolver. */
typedef enum mxcheck_dnssec {
    MXCHECK_DNSSEC_UNKNOWN = 0,  /**< not asked for (dnssec = off), or the resolver is not one that is believed */
    MXCHECK_DNSSEC_SECURE = 1,   /**< all of them were validated: the AD bit of each is set */
    MXCHECK_DNSSEC_INSECURE = 2, /**< some were not */
    MXCHECK_DNSSEC_BOGUS = 3     /**< validation failed (RFC 8914), whatever the option says */
} mxcheck_dnssec;

/** How loud a log line is. A context logs the lines whose level is at most max_level. */
typedef enum mxcheck_log_level {
    MXCHECK_LOG_NONE = 0,
    MXCHECK_LOG_ERROR = 1,
    MXCHECK_LOG_WARNING = 2,
    MXCHECK_LOG_INFO = 3,
    MXCHECK_LOG_DEBUG = 4
} mxcheck_log_level;

/** Receives one finished line without line end, printable ASCII only. Called on the thread that runs the check; must
 *  not call the library with the same context. The line is valid during the call. */
typedef void (*mxcheck_log_cb)(int level, const char *line, void *user_data);

/** Memory functions of the caller, as malloc, realloc and free with a last argument of the caller's own. They must be
 *  safe to call from every thread that uses the context. */
typedef struct mxcheck_memory {
    void *(*malloc)(size_t size, void *user_data);
    void *(*realloc)(void *pointer, size_t size, void *user_data);
    void (*free)(void *pointer, void *user_data);
    void *user_data;
} mxcheck_memory;

/** @returns the version of the library, "1.0.0"; static. */
MXCHECK_API const char *mxcheck_version(void);

/* --- configuration ------------------------------------------------------------------------------------------------ */

/** Make a configuration with every option at its default. Gives *config; release with mxcheck_config_free().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API mxcheck_status mxcheck_config_new(mxcheck_config **config);

/** Release a configuration; contexts made from it live on. */
MXCHECK_API void mxcheck_config_free(mxcheck_config *config);

/** Set one option from text; both strings are copied. On error the option keeps its value and mxcheck_config_error()
 *  says what is wrong and what the option takes.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_OPTION or MXCHECK_ERR_NOMEM. */
MXCHECK_API mxcheck_status mxcheck_config_set(mxcheck_config *config, const char *name, const char *value);

/** Read a file of `name = value` lines; blank lines and lines that begin with # are skipped. On error no option is
 *  changed at all, and mxcheck_config_error() names the line.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_FILE, MXCHECK_ERR_OPTION or MXCHECK_ERR_NOMEM. */
MXCHECK_API mxcheck_status mxcheck_config_load(mxcheck_config *config, const char *path);

/** @returns the value of an option as it was set, or its default; NULL when there is no such option. Lent until the
 *  next set, load or free. */
MXCHECK_API const char *mxcheck_config_get(const mxcheck_config *config, const char *name);

/** @returns a sentence on the last set or load that failed, "" when none has; lent until the next set, load or free. */
MXCHECK_API const char *mxcheck_config_error(const mxcheck_config *config);

/** @returns the number of rows in the table of options. */
MXCHECK_API size_t mxcheck_option_count(void);

/** @returns the name of option `index`, NULL when index is not below mxcheck_option_count(); static. */
MXCHECK_API const char *mxcheck_option_name(size_t index);

/** @returns the default of option `index` as text, NULL past the end; static. */
MXCHECK_API const char *mxcheck_option_default(size_t index);

/** @returns a sentence on what option `index` does and takes, NULL past the end; static. */
MXCHECK_API const char *mxcheck_option_help(size_t index);

/** Send log lines of level 1 to max_level (a mxcheck_log_level) to `log`. A NULL log, or level 0, is silence, which is
 *  the default.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_log(mxcheck_config *config, int max_level, mxcheck_log_cb log,
                                                  void *user_data);

/** Let contexts made from this configuration, and their results, take memory from `functions` (copied; NULL: the C
 *  library's). All three functions must be given. The configuration itself keeps the C library's.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_memory(mxcheck_config *config, const mxcheck_memory *functions);

/** Let contexts made from this configuration share `cache` (a share is taken; NULL: each context makes one of its own,
 *  of the size that the option `cache-size` says).
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_cache(mxcheck_config *config, mxcheck_cache *cache);

/* --- contexts ----------------------------------------------------------------------------------------------------- */

/** Make a context with the options as they stand in `config` (NULL: every default), which may be freed at once. Opens
 *  no socket before the first check, so it may be made before fork(); used in a child, it starts afresh there.
 *  Gives *ctx; release with mxcheck_ctx_free().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API mxcheck_status mxcheck_ctx_new(const mxcheck_config *config, mxcheck_ctx **ctx);

/** Release a context. Asynchronous checks under way are dropped without calling back; no thread may be in a blocking
 *  check. Results outlive it. */
MXCHECK_API void mxcheck_ctx_free(mxcheck_ctx *ctx);

/** What a context has done since it was made, and what its cache holds. A later release may add fields at the end. */
typedef struct mxcheck_stats {
    uint64_t checks;   /**< finished: the sum of the three that follow */
    uint64_t accepted; /**< verdicts */
    uint64_t deferred;
    uint64_t rejected;
    uint64_t hits;       /**< checks answered by the cache */
    uint64_t misses;     /**< checks that DNS was asked for */
    uint64_t stale;      /**< checks answered by the cache past the time, because DNS failed (serve-stale) */
    uint64_t lookups;    /**< domains looked up in DNS; checks that wait for the same domain share one */
    uint64_t prefetches; /**< those of them that were begun beside a hit (prefetch) */
    uint64_t queries;    /**< questions sent to upstreams, each sending */
    uint64_t retries;    /**< those of them that were sent again */
    uint64_t timeouts;   /**< questions that nobody answered in time */
    uint64_t evictions;  /**< domains that the cache forgot to make room, whichever context put them there */
    uint64_t domains;    /**< what the cache remembers now */
    uint64_t bytes;      /**< memory that this takes, in octets; never more than the size of the cache */
} mxcheck_stats;

/** Fill in *stats, of which the caller knows `size` octets, sizeof(mxcheck_stats); what this release does not know is
 * 0. Each number is exact; together they are of one moment only while no check is under way. Any thread.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_ctx_stats(const mxcheck_ctx *ctx, mxcheck_stats *stats, size_t size);

/** @returns the cache of a context, lent as long as the context lives: take a share to keep it; NULL when it has none
 *  (cache-size = 0). */
MXCHECK_API mxcheck_cache *mxcheck_ctx_cache(mxcheck_ctx *ctx);

/* --- blocking checks ---------------------------------------------------------------------------------------------- */

/** Check the domain of a reverse-path (MAIL FROM) and wait for the verdict, at most the option `timeout`.
 *  `address` is the mailbox without or with its angle brackets, "" for the null reverse-path; any bytes are taken, and
 *  what is no mailbox is a verdict. Gives *result; release with mxcheck_result_unref(). Any number of threads.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM. */
MXCHECK_API mxcheck_status mxcheck_check_sender(mxcheck_ctx *ctx, const char *address, mxcheck_result **result);

/** Check the domain of a forward-path (RCPT TO); otherwise as mxcheck_check_sender(). */
MXCHECK_API mxcheck_status mxcheck_check_rcpt(mxcheck_ctx *ctx, const char *address, mxcheck_result **result);

/** Check all recipients of a transaction, whose domains are looked up side by side, so that many take no longer than
 * one. Each counts against the option `max-pending` while DNS is asked for it. Gives count results, in the order of the
 *  addresses; release each. On error none is given. Any number of threads.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM. */
MXCHECK_API mxcheck_status mxcheck_check_rcpts(mxcheck_ctx *ctx, const char *const *addresses, size_t count,
                                               mxcheck_result **results);

/** Check an address by its form and by what is remembered; never blocks. Otherwise as mxcheck_check_sender().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM, or MXCHECK_ERR_NOT_CACHED where DNS would be needed. */
MXCHECK_API mxcheck_status mxcheck_check_cached(mxcheck_ctx *ctx, mxcheck_role role, const char *address,
                                                mxcheck_result **result);

/* --- asynchronous checks ------------------------------------------------------------------------------------------
 * Of one context they belong to one thread at a time; blocking checks may run beside them in any thread. Of one domain
 * that is asked for several times at once, DNS is asked once. In a child after fork the parent's checks are dropped. */

/** One asynchronous check under way: never 0, never used again, so that a stale one is an error and not a crash. */
typedef uint64_t mxcheck_id;

/** Called once for each check, from mxcheck_ctx_dispatch() alone: never before the starting call has returned, never
 *  after mxcheck_cancel() or mxcheck_ctx_free() has. Inside it everything is allowed: start, cancel, dispatch, free the
 *  context. `result` is lent: take a share with mxcheck_result_ref() to keep it. */
typedef void (*mxcheck_cb)(mxcheck_id id, const mxcheck_result *result, void *user_data);

/** Start a check of a reverse-path. `address` is copied. `id` may be NULL; otherwise *id is written before return. The
 *  verdict is there after at most the option `timeout`, provided that mxcheck_ctx_dispatch() is called when due.
 *  @returns MXCHECK_OK, and then the callback comes; MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM, and
 *  then it does not. */
MXCHECK_API mxcheck_status mxcheck_check_sender_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback,
                                                      void *user_data, mxcheck_id *id);

/** Start a check of a forward-path; otherwise as mxcheck_check_sender_async(). */
MXCHECK_API mxcheck_status mxcheck_check_rcpt_async(mxcheck_ctx *ctx, const char *address, mxcheck_cb callback,
                                                    void *user_data, mxcheck_id *id);

/** End a check silently and for good: its callback will not come.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, or MXCHECK_ERR_NOT_FOUND for an id that is not under way (any more). */
MXCHECK_API mxcheck_status mxcheck_cancel(mxcheck_ctx *ctx, mxcheck_id id);

/** @returns one descriptor for any event loop, readable when mxcheck_ctx_dispatch() has something to do, timers
 *  included; the same one as long as the context lives (in a child after fork, another; so, too, where the host has
 *  closed it, at the price of the checks under way); -1 when the system refuses. Lent: watch it for reading, and do
 *  nothing else with it. */
MXCHECK_API int mxcheck_ctx_fd(mxcheck_ctx *ctx);

/** Do what is due, call back what has ended, and return; never blocks. Calling it when nothing is due is harmless.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_ctx_dispatch(mxcheck_ctx *ctx);

/** @returns how many asynchronous checks are under way: started, and neither called back nor cancelled. */
MXCHECK_API size_t mxcheck_ctx_pending(const mxcheck_ctx *ctx);

/* --- results ------------------------------------------------------------------------------------------------------
 * Getters cannot fail. Strings live as long as the result. Of a NULL result they return 0, or "". */

/** Take a share in a result. @returns the same result, NULL for NULL. */
MXCHECK_API mxcheck_result *mxcheck_result_ref(const mxcheck_result *result);

/** Give a share back; the last one releases the result. */
MXCHECK_API void mxcheck_result_unref(mxcheck_result *result);

/** @returns what to do; 0, which is no verdict, for a NULL result. */
MXCHECK_API mxcheck_verdict mxcheck_result_verdict(const mxcheck_result *result);

/** @returns why; 0, which is no reason, for a NULL result. */
MXCHECK_API mxcheck_reason mxcheck_result_reason(const mxcheck_result *result);

/** @returns the role that was asked for. */
MXCHECK_API mxcheck_role mxcheck_result_role(const mxcheck_result *result);

/** @returns the address as given, byte for byte: escape it before you print it. */
MXCHECK_API const char *mxcheck_result_address(const mxcheck_result *result);

/** @returns the domain in lower-case A-labels (RFC 5890) without a final dot; "" when the address has none. */
MXCHECK_API const char *mxcheck_result_domain(const mxcheck_result *result);

/** @returns the SMTP reply code, 200 to 599 (RFC 5321 section 4.2). */
MXCHECK_API int mxcheck_result_smtp_code(const mxcheck_result *result);

/** @returns the enhanced status code, such as "5.1.1" (RFC 3463). */
MXCHECK_API const char *mxcheck_result_enhanced_code(const mxcheck_result *result);

/** Write one SMTP reply line without CRLF, such as "550 5.1.1 ID invalid destination domain". `id` names the
 *  transaction in the reply; NULL or "" leaves it and one space out. The line is printable ASCII whatever the client or
 *  DNS said (a byte of `id` that is not becomes '?'), and at most 510 octets, so that it fits RFC 5321
 * section 4.5.3.1.5 with its CRLF. At most `size` bytes are written, the last a NUL; buffer may be NULL when size is 0.
 *  @returns the length that the whole line has without its NUL, as snprintf() does. */
MXCHECK_API size_t mxcheck_result_reply(const mxcheck_result *result, const char *id, char *buffer, size_t size);

/** @returns one sentence on what the person who gets the reply can do; printable ASCII. */
MXCHECK_API const char *mxcheck_result_hint(const mxcheck_result *result);

/** Write the story of the check for a person, several lines each ended by LF: what was asked, what DNS said, which
 *  rule decided, what to do. Printable ASCII. Size and return as mxcheck_result_reply(). */
MXCHECK_API size_t mxcheck_result_explain(const mxcheck_result *result, char *buffer, size_t size);

/** Write the result as one JSON object (RFC 8259) in ASCII. Size and return as mxcheck_result_reply(). */
MXCHECK_API size_t mxcheck_result_json(const mxcheck_result *result, char *buffer, size_t size);

/** @returns how many MX records the domain has, null MX not counted. */
MXCHECK_API size_t mxcheck_result_mx_count(const mxcheck_result *result);

/** @returns the exchange of MX `index`, lowest preference first, in RFC 1035 presentation form without a final dot;
 *  "" past the end. */
MXCHECK_API const char *mxcheck_result_mx_host(const mxcheck_result *result, size_t index);

/** @returns the preference of MX `index`, 0 to 65535; 0 past the end. */
MXCHECK_API unsigned mxcheck_result_mx_preference(const mxcheck_result *result, size_t index);

/** @returns how many notes there are on what is odd about an address that is accepted, or about its domain. */
MXCHECK_API size_t mxcheck_result_note_count(const mxcheck_result *result);

/** @returns note `index`, a stable word such as "null-mx-mixed"; "" past the end. */
MXCHECK_API const char *mxcheck_result_note(const mxcheck_result *result, size_t index);

/** @returns for how many seconds from now the answer still holds: by the lowest TTL of the records that carry it, or by
 *  the SOA where there are none (RFC 2308 section 5), within the bounds of the options cache-*-ttl; counts down to 0; 0
 *  when the answer does not come from DNS. */
MXCHECK_API unsigned mxcheck_result_ttl(const mxcheck_result *result);

/** @returns 1 when the answer was known already and DNS was not asked for it, 0 otherwise. */
MXCHECK_API int mxcheck_result_is_cached(const mxcheck_result *result);

/** @returns 1 when the answer is past its TTL and stands in for one that DNS failed to give (RFC 8767), 0 otherwise. */
MXCHECK_API int mxcheck_result_is_stale(const mxcheck_result *result);

/** @returns an mxcheck_dnssec: with the option `dnssec` = trust-ad what the AD bits of the answers say, if their
 * resolver was reached over loopback or TLS (RFC 4035 section 4.9.3); bogus whatever the option and the resolver are.
 */
MXCHECK_API int mxcheck_result_dnssec(const mxcheck_result *result);

/** @returns how long the check took, in microseconds. */
MXCHECK_API unsigned mxcheck_result_elapsed_us(const mxcheck_result *result);

/* --- caches -------------------------------------------------------------------------------------------------------
 * A context makes a cache of its own unless mxcheck_config_set_cache() gives it one. Any thread. Used in a child after
 * fork, it is the child's own copy. */

/** Make a cache that takes at most max_bytes of memory (at least 16384) from the C library, itself and all that it
 *  remembers counted in. Gives *cache; release with mxcheck_cache_unref().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API mxcheck_status mxcheck_cache_new(size_t max_bytes, mxcheck_cache **cache);

/** Take a share in a cache. @returns the same cache, NULL for NULL. */
MXCHECK_API mxcheck_cache *mxcheck_cache_ref(mxcheck_cache *cache);

/** Give a share back; the last one releases the cache. */
MXCHECK_API void mxcheck_cache_unref(mxcheck_cache *cache);

/** Forget a domain, in any form that an address may have it (what is no domain is not remembered), or everything
 * (NULL). Lookups that are under way meanwhile are not remembered either. */
MXCHECK_API void mxcheck_cache_flush(mxcheck_cache *cache, const char *domain);

/* --- names of enum values, for logs and bindings; static, never NULL ("unknown" for a number that has none) --------
 */

/** @returns a word, such as "invalid". */
MXCHECK_API const char *mxcheck_status_name(mxcheck_status status);
/** @returns a sentence. */
MXCHECK_API const char *mxcheck_status_text(mxcheck_status status);
/** @returns "accept", "defer" or "reject". */
MXCHECK_API const char *mxcheck_verdict_name(mxcheck_verdict verdict);
/** @returns a word, such as "no-such-domain". */
MXCHECK_API const char *mxcheck_reason_name(mxcheck_reason reason);
/** @returns "sender" or "rcpt". */
MXCHECK_API const char *mxcheck_role_name(mxcheck_role role);

#ifdef __cplusplus
}
#endif

#endif
