/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck.h: can mail to this domain be delivered at all?
 *
 * A mail server checks the sender's domain at MAIL FROM, and each recipient's domain at RCPT TO. A whole blocking
 * check:
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
 * A status reports an error of the caller or the machine; a verdict is about the domain. When a domain does not exist,
 * the check succeeds (MXCHECK_OK) and the verdict is "reject". What a function gives through a pointer to a pointer is
 * NULL after an error, and an id is 0. Every function that takes an object and returns a status returns
 * MXCHECK_ERR_INVALID for NULL. Getters of a NULL object return 0, "" or NULL, as each one documents. Functions named
 * *_free and *_unref accept NULL.
 *
 * The library starts no thread, installs no signal handler, and writes to no standard stream.
 *
 * Stack: 256 KiB are enough for every thread that checks or dispatches; most of it is needed by the first lookup. On a
 * thread whose stack is too small for a lookup, a check fails with MXCHECK_ERR_SYSTEM, and a check that is already in
 * progress is deferred. The library cannot measure a stack that is not the thread's own, such as that of a coroutine:
 * give it 256 KiB. Checks that need no DNS need 64 KiB.
 *
 * Processes: after fork() the child may use everything; it has its own copy. A context starts afresh at its first use
 * in the child. Asynchronous checks in progress belong to the parent and are never called back in the child. The child
 * never writes to, closes or frees what the parent may be using: descriptors and memory of checks that the parent had
 * in progress stay as they are until the child ends or executes another program. If another thread of the parent was
 * sending a query during the fork, a lock of the resolver may stay locked in the child; checks that need DNS then fail
 * with MXCHECK_ERR_SYSTEM in that child, always. To avoid this, make contexts before fork() and use them only after it,
 * or fork before there are threads. A child of vfork() must call nothing but execve() and _exit().
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

/* Compilers warn where the status is ignored. */
#if defined(__GNUC__)
#define MXCHECK_CHECKED __attribute__((warn_unused_result))
#else
#define MXCHECK_CHECKED
#endif

/** A set of options, as text. For one thread at a time. */
typedef struct mxcheck_config mxcheck_config;
/** A checker: fixed options, a resolver and a cache. Any number of threads may run blocking checks on one context at
 *  the same time. */
typedef struct mxcheck_ctx mxcheck_ctx;
/** One finished check: immutable, reference-counted, usable from any thread. */
typedef struct mxcheck_result mxcheck_result;
/** A cache of DNS answers. Reference-counted, usable from any thread. Contexts with different options may share one,
 *  since it holds answers and no verdicts. */
typedef struct mxcheck_cache mxcheck_cache;

/** The result of a call: 0 on success, negative for an error of the caller or the machine; never about a domain. */
typedef enum mxcheck_status {
    MXCHECK_OK = 0,
    MXCHECK_ERR_INVALID = -1,    /**< an argument is NULL or out of its range */
    MXCHECK_ERR_NOMEM = -2,      /**< memory ran out; nothing was changed */
    MXCHECK_ERR_OPTION = -3,     /**< no such option, or not a value that it takes: mxcheck_config_error() says which */
    MXCHECK_ERR_FILE = -4,       /**< a file could not be used: mxcheck_config_error() says which */
    MXCHECK_ERR_SYSTEM = -5,     /**< the system refused a resource, such as a descriptor, or the stack is too small */
    MXCHECK_ERR_NOT_FOUND = -6,  /**< no asynchronous check in progress has this id */
    MXCHECK_ERR_NOT_CACHED = -7, /**< the answer is not cached: a DNS query would be needed */
    MXCHECK_ERR_STOPPED = -8     /**< mxcheck_ctx_stop() was called */
} mxcheck_status;

/** What to do with the address. Closed within a soname; 0 is never returned, so zeroed memory accepts nothing. */
typedef enum mxcheck_verdict {
    MXCHECK_VERDICT_ACCEPT = 1, /**< mail to this domain can be delivered, as far as DNS tells */
    MXCHECK_VERDICT_DEFER = 2,  /**< not known now: send a 4xx reply, and the client tries again later */
    MXCHECK_VERDICT_REJECT = 3  /**< mail to this domain cannot be delivered: send a 5xx reply */
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
    MXCHECK_REASON_NULL_MX = 102,           /**< the domain says that it accepts no mail (RFC 7505) */
    MXCHECK_REASON_MX_UNRESOLVABLE = 103,   /**< depth = targets: no MX host has an address */
    MXCHECK_REASON_MX_FORBIDDEN = 104,      /**< depth = targets: every address lies in forbidden-networks */
    MXCHECK_REASON_BAD_ADDRESS = 105,       /**< not a mailbox of RFC 5321 or RFC 6531 */
    MXCHECK_REASON_SPECIAL_USE = 106,       /**< a name that never exists in public DNS (RFC 6761); DNS was not asked */
    MXCHECK_REASON_LITERAL_REFUSED = 107,   /**< an address literal, and address-literals says reject */
    MXCHECK_REASON_MX_REFUSED = 108,        /**< every usable MX host is refused by refused-hosts or required-hosts */
    MXCHECK_REASON_NOTE_REFUSED = 109,      /**< reject-notes names what is noted about the address or its domain */
    MXCHECK_REASON_DNS_TIMEOUT = 200,       /**< no answer within timeout */
    MXCHECK_REASON_DNS_FAILURE = 201,       /**< SERVFAIL, REFUSED, FORMERR, unreachable, malformed */
    MXCHECK_REASON_DNSSEC_BOGUS = 202,      /**< the resolver says that DNSSEC validation failed (RFC 8914) */
    MXCHECK_REASON_OVERLOADED = 203         /**< max-pending checks are in progress */
} mxcheck_reason;

/** Which command of the SMTP dialogue the address stands in. */
typedef enum mxcheck_role {
    MXCHECK_ROLE_SENDER = 1, /**< reverse-path, MAIL FROM */
    MXCHECK_ROLE_RCPT = 2    /**< forward-path, RCPT TO */
} mxcheck_role;

/** DNSSEC state (RFC 4035 section 4.3) of the answers on which a verdict rests, as a validating resolver reports it. */
typedef enum mxcheck_dnssec {
    MXCHECK_DNSSEC_UNKNOWN = 0,  /**< not asked for (dnssec = off), or the resolver is not trusted */
    MXCHECK_DNSSEC_SECURE = 1,   /**< all of them were validated: the AD bit of each is set */
    MXCHECK_DNSSEC_INSECURE = 2, /**< some were not */
    MXCHECK_DNSSEC_BOGUS = 3     /**< validation failed (RFC 8914), whatever the option says */
} mxcheck_dnssec;

/** The level of a log line. A context logs the lines whose level is at most max_level. */
typedef enum mxcheck_log_level {
    MXCHECK_LOG_NONE = 0,
    MXCHECK_LOG_ERROR = 1,
    MXCHECK_LOG_WARNING = 2,
    MXCHECK_LOG_INFO = 3,
    MXCHECK_LOG_DEBUG = 4
} mxcheck_log_level;

/** One asynchronous check in progress. Never 0, and never used again by any context of the process or of its forked
 *  children, so a stale or foreign id is an error and not somebody else's check. */
typedef uint64_t mxcheck_id;

/** Receives one finished line without line end, printable ASCII only. `id` is the asynchronous check that the line is
 *  about; 0 for none, for a blocking check, and for several that share a lookup. Called on the thread that runs the
 *  check; must not call the library with the same context. The line is valid during the call. */
typedef void (*mxcheck_log_cb)(int level, const char *line, mxcheck_id id, void *user_data);

/** The version of this header: 0x010000 is 1.0.0, eight bits for each of the three numbers. */
#define MXCHECK_VERSION_NUMBER 0x010000

/** @returns MXCHECK_VERSION_NUMBER of the library that is loaded. */
MXCHECK_API uint32_t mxcheck_version_number(void);

/** @returns the version of the library that is loaded, "1.0.0"; static. */
MXCHECK_API const char *mxcheck_version(void);

/* --- configuration ------------------------------------------------------------------------------------------------ */

/** Make a configuration with every option at its default. Gives *config; release with mxcheck_config_free().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_config_new(mxcheck_config **config);

/** Make a copy of a configuration: options, log, memory functions, release function, and a reference to the same cache.
 *  Gives *copy; release with mxcheck_config_free().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_config_copy(const mxcheck_config *config, mxcheck_config **copy);

/** Release a configuration. Contexts made from it stay valid. */
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

/** @returns a sentence on the last set, load or mxcheck_ctx_new() with this configuration that failed, "" when none
 * has; lent until the next of these or free. */
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

/** Set the memory functions of contexts made from this configuration and of their results: as malloc, realloc and free
 *  with a last argument of the caller's own. All three are required, or all three are NULL: those of the C library.
 * They must be safe to call from every thread that uses the context, and live, with `user_data`, until the last context
 * and the last result is gone. The configuration itself uses those of the C library.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_memory(mxcheck_config *config,
                                                     void *(*allocate)(size_t size, void *user_data),
                                                     void *(*resize)(void *pointer, size_t size, void *user_data),
                                                     void (*release)(void *pointer, void *user_data), void *user_data);

/** Set a function that contexts made from this configuration call once with the user data of each asynchronous check,
 *  when they let go of it: after its callback has returned, in mxcheck_cancel(), and in mxcheck_ctx_free(), which it
 * must not call the context from. It is what a binding needs to free a closure. Not called for a check that could not
 * be started, nor in a child for those of its parent. NULL, the default: nothing.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_release(mxcheck_config *config, void (*release)(void *user_data));

/** Set the cache that contexts made from this configuration share. The configuration takes a reference. NULL: each
 *  context makes a cache of its own, of the size of the option `cache-size`.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_config_set_cache(mxcheck_config *config, mxcheck_cache *cache);

/* --- contexts ----------------------------------------------------------------------------------------------------- */

/** Make a context with the options as they stand in `config` (NULL: every default), which may be freed at once. Opens
 *  no socket before the first check, so it may be made before fork(); used in a child, it starts afresh there. Gives
 *  *ctx; release with mxcheck_ctx_free().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM; MXCHECK_ERR_OPTION when options contradict each
 * other, or MXCHECK_ERR_FILE when that of `cache-file` cannot be used, and then mxcheck_config_error() says which. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_ctx_new(const mxcheck_config *config, mxcheck_ctx **ctx);

/** Release a context. Asynchronous checks in progress are dropped and not called back. No thread may be in a blocking
 *  check. Results stay valid. */
MXCHECK_API void mxcheck_ctx_free(mxcheck_ctx *ctx);

/** End all blocking checks and waits, under way and later ones, with MXCHECK_ERR_STOPPED, within a tenth of a second.
 *  Then the threads can be joined and the context freed. Asynchronous checks, and those that only look in the cache, go
 * on. Any thread; not from a signal handler.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_ctx_stop(mxcheck_ctx *ctx);

/** What a context has done since it was made, and what its cache holds. A later release may add fields at the end. */
typedef struct mxcheck_stats {
    uint64_t checks;   /**< finished: the sum of the three that follow */
    uint64_t accepted; /**< verdicts */
    uint64_t deferred;
    uint64_t rejected;
    uint64_t hits;       /**< checks answered by the cache */
    uint64_t misses;     /**< checks that needed DNS */
    uint64_t stale;      /**< checks answered by an expired cache entry, because DNS failed (serve-stale) */
    uint64_t lookups;    /**< domains looked up in DNS; checks that wait for the same domain share one */
    uint64_t prefetches; /**< those lookups that were started in the background (prefetch) */
    uint64_t queries;    /**< queries sent to upstreams, retransmissions included */
    uint64_t retries;    /**< those queries that were retransmissions */
    uint64_t timeouts;   /**< queries that no upstream answered in time */
    uint64_t evictions;  /**< domains removed from the cache to make room, by any context that shares it */
    uint64_t domains;    /**< domains in the cache now */
    uint64_t bytes;      /**< memory that they take, in octets; never more than the size of the cache */
    uint64_t outages;    /**< how often more lookups failed than outage-threshold says */
} mxcheck_stats;

/** Fill in the first `size` octets of *stats; pass sizeof(mxcheck_stats). Fields that this release does not know are 0.
 *  Each number is exact; they belong to the same moment only while no check is in progress. Any thread.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_ctx_stats(const mxcheck_ctx *ctx, mxcheck_stats *stats, size_t size);

/** @returns the name of field number `index` of mxcheck_stats, each of them a uint64_t; NULL past the end; static. */
MXCHECK_API const char *mxcheck_stats_name(size_t index);

/** @returns the cache of a context, valid as long as the context; take a reference to keep it longer. NULL when there
 *  is none (cache-size = 0). */
MXCHECK_API mxcheck_cache *mxcheck_ctx_cache(mxcheck_ctx *ctx);

/* --- blocking checks ---------------------------------------------------------------------------------------------- */

/** Check the domain of a reverse-path (MAIL FROM) and wait for the verdict, at most as long as the option `timeout`.
 *  `address` is the mailbox with or without its angle brackets, or "" for the null reverse-path. It may hold any bytes:
 *  an invalid mailbox is a verdict and not an error. Gives *result; release it with mxcheck_result_unref(). Any number
 *  of threads; those that check one domain at the same time share one lookup.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM, MXCHECK_ERR_SYSTEM or MXCHECK_ERR_STOPPED. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_sender(mxcheck_ctx *ctx, const char *address,
                                                                mxcheck_result **result);

/** Check the domain of a forward-path (RCPT TO); otherwise like mxcheck_check_sender(). */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_rcpt(mxcheck_ctx *ctx, const char *address,
                                                              mxcheck_result **result);

/** Check all recipients of a transaction. Their domains are looked up at the same time, so many recipients take no
 *  longer than one. Each counts against the option `max-pending` during its lookup. Gives count results in the order of
 *  the addresses; release each of them. On error all are NULL. 0 addresses are fine. Any number of threads.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM, MXCHECK_ERR_SYSTEM or MXCHECK_ERR_STOPPED. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_rcpts(mxcheck_ctx *ctx, const char *const *addresses,
                                                               size_t count, mxcheck_result **results);

/** Flags of mxcheck_check() and mxcheck_check_async(). */
typedef enum mxcheck_check_flag {
    MXCHECK_CHECK_DOMAIN = 1, /**< the text is a domain, without a local part */
    MXCHECK_CHECK_CACHED = 2  /**< check by form and cache alone: never wait, and ask DNS nothing */
} mxcheck_check_flag;

/** The general form of a check, on which the others stand: text[length] is the address, or the domain. It may hold any
 *  bytes; one with a NUL in it is no address (MXCHECK_REASON_BAD_ADDRESS). `flags`: of mxcheck_check_flag.
 * `timeout_ms`: how long it may take, 0 for the option `timeout`. Otherwise like mxcheck_check_sender().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM, MXCHECK_ERR_SYSTEM or MXCHECK_ERR_STOPPED; with
 *  MXCHECK_CHECK_CACHED also MXCHECK_ERR_NOT_CACHED where DNS would be needed. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check(mxcheck_ctx *ctx, mxcheck_role role, const char *text,
                                                         size_t length, uint32_t flags, uint32_t timeout_ms,
                                                         mxcheck_result **result);

/* --- asynchronous checks ------------------------------------------------------------------------------------------
 * One thread at a time may use these functions on one context; other threads may run blocking checks meanwhile. Checks
 * of one domain at the same time share one lookup. In a child after fork the parent's checks are dropped. */

/** Called once for each check, only from mxcheck_ctx_dispatch(); never before the starting call has returned, and never
 *  after mxcheck_cancel() or mxcheck_ctx_free() has returned. The callback may start, cancel and dispatch checks and
 *  free the context. `result` is valid during the call: take a reference with mxcheck_result_ref() to keep it. */
typedef void (*mxcheck_cb)(mxcheck_id id, const mxcheck_result *result, void *user_data);

/** Start a check of a reverse-path. `address` is copied. `id` may be NULL; otherwise *id is written before the function
 *  returns. The callback comes within the time of the option `timeout`, provided that mxcheck_ctx_dispatch() is called
 *  whenever it has something to do.
 *  @returns MXCHECK_OK; or MXCHECK_ERR_INVALID, MXCHECK_ERR_NOMEM or MXCHECK_ERR_SYSTEM, and then no callback comes. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_sender_async(mxcheck_ctx *ctx, const char *address,
                                                                      mxcheck_cb callback, void *user_data,
                                                                      mxcheck_id *id);

/** Start a check of a forward-path; otherwise like mxcheck_check_sender_async(). */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_rcpt_async(mxcheck_ctx *ctx, const char *address,
                                                                    mxcheck_cb callback, void *user_data,
                                                                    mxcheck_id *id);

/** Start a check in the general form: text[length], `flags` and `timeout_ms` as for mxcheck_check(); otherwise like
 *  mxcheck_check_sender_async().
 *  @returns also MXCHECK_ERR_NOT_CACHED with MXCHECK_CHECK_CACHED where DNS would be needed; then no callback comes. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_check_async(mxcheck_ctx *ctx, mxcheck_role role, const char *text,
                                                               size_t length, uint32_t flags, uint32_t timeout_ms,
                                                               mxcheck_cb callback, void *user_data, mxcheck_id *id);

/** Cancel a check: its callback is never called.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, or MXCHECK_ERR_NOT_FOUND when no check in progress on this context has
 *  this id. */
MXCHECK_API mxcheck_status mxcheck_cancel(mxcheck_ctx *ctx, mxcheck_id id);

/** @returns one descriptor for any event loop, level- or edge-triggered. It is readable when mxcheck_ctx_dispatch() has
 *  something to do, expired timers included. It stays the same as long as the context lives, except in a child after
 *  fork, and after the program itself has closed it, which ends the checks in progress. -1 when the system refuses.
 *  Watch it for reading and do nothing else with it; stop watching it before mxcheck_ctx_free(). */
MXCHECK_API int mxcheck_ctx_fd(mxcheck_ctx *ctx);

/** Do what is due, call back the checks that have finished, and return. Never blocks. Harmless when nothing is due.
 *  @returns MXCHECK_OK or MXCHECK_ERR_INVALID. */
MXCHECK_API mxcheck_status mxcheck_ctx_dispatch(mxcheck_ctx *ctx);

/** Wait until mxcheck_ctx_dispatch() has something to do, at most timeout_ms (-1: without limit), for programs that do
 *  not call poll(2) themselves. It may return before that, such as after a signal. The same thread as dispatch.
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID, MXCHECK_ERR_SYSTEM or MXCHECK_ERR_STOPPED. */
MXCHECK_API mxcheck_status mxcheck_ctx_wait(mxcheck_ctx *ctx, int timeout_ms);

/** @returns how many asynchronous checks are in progress: started, and neither called back nor cancelled. */
MXCHECK_API size_t mxcheck_ctx_pending(const mxcheck_ctx *ctx);

/* --- results ------------------------------------------------------------------------------------------------------
 * Getters cannot fail. The strings that they return are valid as long as the result. For NULL they return 0 or "". */

/** Take a reference to a result. @returns the same result, NULL for NULL. */
MXCHECK_API mxcheck_result *mxcheck_result_ref(const mxcheck_result *result);

/** Give a reference back; the last one releases the result. */
MXCHECK_API void mxcheck_result_unref(mxcheck_result *result);

/** @returns the verdict; 0, which is none, for a NULL result. */
MXCHECK_API mxcheck_verdict mxcheck_result_verdict(const mxcheck_result *result);

/** @returns the reason for the verdict, an mxcheck_reason, or one that a later release adds; 0, which is none, for a
 * NULL result. */
MXCHECK_API int mxcheck_result_reason(const mxcheck_result *result);

/** @returns the role of the check: sender or recipient. */
MXCHECK_API mxcheck_role mxcheck_result_role(const mxcheck_result *result);

/** @returns the address as given, byte for byte, with a NUL behind it: escape it before you print it. */
MXCHECK_API const char *mxcheck_result_address(const mxcheck_result *result);

/** @returns its length in bytes. */
MXCHECK_API size_t mxcheck_result_address_length(const mxcheck_result *result);

/** @returns the domain in lower-case A-labels (RFC 5890) without a final dot; "" when the address has none. */
MXCHECK_API const char *mxcheck_result_domain(const mxcheck_result *result);

/** @returns the SMTP reply code, 200 to 599 (RFC 5321 section 4.2). */
MXCHECK_API int mxcheck_result_smtp_code(const mxcheck_result *result);

/** @returns the enhanced status code, such as "5.1.1" (RFC 3463). */
MXCHECK_API const char *mxcheck_result_enhanced_code(const mxcheck_result *result);

/** Write one SMTP reply line without CRLF, such as "550 5.1.1 ID invalid destination domain". `id` names the
 *  transaction in the reply; NULL or "" leaves it and one space out. The line is printable ASCII whatever the client or
 *  DNS said (a byte of `id` that is not becomes '?'), and at most 510 octets, so that it fits RFC 5321 section
 *  4.5.3.1.5 with its CRLF. At most `size` bytes are written, the last a NUL; buffer may be NULL when size is 0.
 *  @returns the length that the whole line has without its NUL, as snprintf() does. */
MXCHECK_API size_t mxcheck_result_reply(const mxcheck_result *result, const char *id, char *buffer, size_t size);

/** @returns one sentence on what the person who gets the reply can do; printable ASCII. */
MXCHECK_API const char *mxcheck_result_hint(const mxcheck_result *result);

/** Write an explanation of the check for a person, several lines each ended by LF: what was asked, what DNS answered,
 *  which rule decided, what to do. Printable ASCII. The reply in it is that of mxcheck_result_reply() with this `id`;
 *  size and return value are like there. */
MXCHECK_API size_t mxcheck_result_explain(const mxcheck_result *result, const char *id, char *buffer, size_t size);

/** Write the result as one JSON object (RFC 8259) in ASCII. Id, size and return value like mxcheck_result_explain().
 *  Later releases may add keys. */
MXCHECK_API size_t mxcheck_result_json(const mxcheck_result *result, const char *id, char *buffer, size_t size);

/** @returns how many MX records the domain has, null MX not counted. */
MXCHECK_API size_t mxcheck_result_mx_count(const mxcheck_result *result);

/** @returns the exchange of MX `index`, lowest preference first, in RFC 1035 presentation form without a final dot; ""
 *  past the end. */
MXCHECK_API const char *mxcheck_result_mx_host(const mxcheck_result *result, size_t index);

/** @returns the preference of MX `index`, 0 to 65535; 0 past the end. */
MXCHECK_API uint32_t mxcheck_result_mx_preference(const mxcheck_result *result, size_t index);

/** @returns how many addresses of the host of MX `mx` are known: with depth = targets, of those hosts that were looked
 *  up. 0 past the end. */
MXCHECK_API size_t mxcheck_result_mx_address_count(const mxcheck_result *result, size_t mx);

/** @returns address `index` of the host of MX `mx`, such as "192.0.2.1" or "2001:db8::1", A before AAAA; "" past the
 * end, and when memory ran out at the first call for this result. */
MXCHECK_API const char *mxcheck_result_mx_address(const mxcheck_result *result, size_t mx, size_t index);

/** @returns the number of notes: what is unusual about an accepted address or its domain, what rejects it by the option
 *  reject-notes, or that it is deferred because of an outage (outage-threshold). */
MXCHECK_API size_t mxcheck_result_note_count(const mxcheck_result *result);

/** @returns note `index`, a stable word such as "null-mx-mixed"; "" past the end. */
MXCHECK_API const char *mxcheck_result_note(const mxcheck_result *result, size_t index);

/** @returns for how many seconds from now the answer is valid: by the lowest TTL of the records on which it rests, or
 *  by the SOA record for a negative answer (RFC 2308 section 5), within the limits of the options cache-*-ttl. Counts
 *  down to 0; 0 when the answer does not come from DNS. */
MXCHECK_API uint32_t mxcheck_result_ttl(const mxcheck_result *result);

/** @returns 1 when the answer came from the cache, 0 otherwise. */
MXCHECK_API int mxcheck_result_is_cached(const mxcheck_result *result);

/** @returns 1 when the answer has expired and is used because DNS fails (RFC 8767), 0 otherwise. */
MXCHECK_API int mxcheck_result_is_stale(const mxcheck_result *result);

/** @returns an mxcheck_dnssec: with the option `dnssec` = trust-ad what the AD bits of the answers say, if their
 *  resolver was reached over loopback or TLS (RFC 4035 section 4.9.3); bogus whatever the option and the resolver are.
 *  */
MXCHECK_API int mxcheck_result_dnssec(const mxcheck_result *result);

/** @returns how long the check took, in microseconds. */
MXCHECK_API uint32_t mxcheck_result_elapsed_us(const mxcheck_result *result);

/* --- caches -------------------------------------------------------------------------------------------------------
 * A context makes a cache of its own unless mxcheck_config_set_cache() gives it one, or the option `cache-file` names
 * one. Any thread. After fork the child has its own copy of a cache that is not shared. */

/** Make a cache that takes at most max_bytes of memory (at least 16384) from the C library, everything included. Gives
 *  *cache; release it with mxcheck_cache_unref().
 *  @returns MXCHECK_OK, MXCHECK_ERR_INVALID or MXCHECK_ERR_NOMEM. */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_cache_new(size_t max_bytes, mxcheck_cache **cache);

/** Make a cache that several processes share. With `path` NULL it is shared with all children that this process forks
 *  later. With a path it lies in that file, and is shared with all processes of the same effective user that name the
 *  same path and max_bytes (at least 16384). The file is made with mode 0600; it must be a plain file of the effective
 *  user that nobody else may read or write, and no symbolic link. A file of another max_bytes, of another release, or
 *  from before the last start of the machine is replaced by a new one; processes that use the old one keep it,
 * unshared. Opening may wait up to 5 seconds for another process that replaces the file.
 *
 *  Processes may be killed at any time: the others go on. Whoever may write the memory (the same user, root, a child
 * that was taken over by its client) can make answers up, and no more: everything is checked before it is used. One
 * thing is left to the host: a file that is cut short makes the kernel send SIGBUS to whoever uses it, as with any
 * mapped file, and the library installs no signal handler; examples/smtp/cut_file.c has one that goes on.
 *
 *  Gives *cache; release it with mxcheck_cache_unref(). A file keeps its content until it is removed.
 *  @returns MXCHECK_OK; MXCHECK_ERR_INVALID; MXCHECK_ERR_NOMEM; MXCHECK_ERR_FILE when the file cannot be used, or
 *  MXCHECK_ERR_SYSTEM when the memory cannot be shared, and then errno says why (EPERM: owner or mode; EINVAL: no plain
 *  file; ELOOP: a link). */
MXCHECK_API MXCHECK_CHECKED mxcheck_status mxcheck_cache_new_shared(const char *path, size_t max_bytes,
                                                                    mxcheck_cache **cache);

/** Take a reference to a cache. @returns the same cache, NULL for NULL. */
MXCHECK_API mxcheck_cache *mxcheck_cache_ref(mxcheck_cache *cache);

/** Give a reference back; the last one releases the cache. */
MXCHECK_API void mxcheck_cache_unref(mxcheck_cache *cache);

/** Remove a domain, in any form that an address may have it, or everything (NULL). The results of lookups in progress
 *  at that moment are not cached either. */
MXCHECK_API void mxcheck_cache_flush(mxcheck_cache *cache, const char *domain);

/* --- names of enum values, for logs and bindings; static, never NULL ("unknown" for a number that has none) --------
 */

/** @returns a word, such as "invalid". */
MXCHECK_API const char *mxcheck_status_name(int status);
/** @returns a sentence. */
MXCHECK_API const char *mxcheck_status_text(int status);
/** @returns "accept", "defer" or "reject". */
MXCHECK_API const char *mxcheck_verdict_name(mxcheck_verdict verdict);
/** @returns a word, such as "no-such-domain". */
MXCHECK_API const char *mxcheck_reason_name(int reason);
/** @returns "sender" or "rcpt". */
MXCHECK_API const char *mxcheck_role_name(mxcheck_role role);
/** @returns "unknown", "secure", "insecure" or "bogus". */
MXCHECK_API const char *mxcheck_dnssec_name(int state);
/** @returns "none", "error", "warning", "info" or "debug". */
MXCHECK_API const char *mxcheck_log_level_name(int level);

/** @returns how many reasons this release knows, for tables and bindings. */
MXCHECK_API size_t mxcheck_reason_count(void);
/** @returns reason number `index` of them, in ascending order; 0 past the end. */
MXCHECK_API int mxcheck_reason_at(size_t index);
/** @returns the verdict that a reason has by default; 0 for a number that is none. */
MXCHECK_API mxcheck_verdict mxcheck_reason_verdict(int reason);

#ifdef __cplusplus
}
#endif

#endif
