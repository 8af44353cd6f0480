/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h: every option as text and as a value, by the table options.def. */
#ifndef MXCHECK_OPTIONS_OPTIONS_H
#define MXCHECK_OPTIONS_OPTIONS_H

#include "base/memory.h"
#include "mail/name_list.h"
#include "mail/network.h"
#include "options/notes.h"

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stdint.h>

enum resolution { RESOLUTION_STUB, RESOLUTION_RECURSIVE };
enum depth { DEPTH_RECORDS, DEPTH_TARGETS };
enum implicit_mx { IMPLICIT_MX_A_AAAA, IMPLICIT_MX_A, IMPLICIT_MX_NONE };
enum null_mx { NULL_MX_REJECT, NULL_MX_REJECT_RCPT, NULL_MX_ACCEPT };
enum nxdomain { NXDOMAIN_CONFIRM, NXDOMAIN_FINAL };
enum on_dns_failure { ON_DNS_FAILURE_DEFER, ON_DNS_FAILURE_ACCEPT, ON_DNS_FAILURE_REJECT };
enum reply_profile { REPLY_PROFILE_DOCUMENTED, REPLY_PROFILE_RFC };

/* The rows: those of options.def, then reply.REASON.sender and reply.REASON.rcpt of each row of reasons.def. */
enum option_row {
#define OPTION(id, ...) OPTION_##id,
#include "options/options.def"
#undef OPTION
#define REASON(number, id, ...) OPTION_REPLY_##id##_SENDER, OPTION_REPLY_##id##_RCPT,
#include "options/reasons.def"
#undef REASON
    OPTIONS_MAX
};

struct options {
    char *text[OPTIONS_MAX];  /* as set, by row; NULL: the row's default */
    struct name_list *exempt; /* exempt-domains; NULL: none */
    struct name_list *refused_hosts;
    struct name_list *required_hosts; /* NULL: all */
    enum resolution resolution;
    uint32_t timeout_ms;
    uint32_t retry_after_ms;
    bool keeps_lower_case;
    uint32_t max_pending;
    enum depth depth;
    uint32_t max_targets;
    const struct networks *forbidden; /* forbidden-networks; NULL: none */
    enum implicit_mx implicit_mx;
    enum null_mx null_mx;
    enum nxdomain nxdomain;
    bool refuse_literals;
    bool query_special_use;
    notes reject_notes;
    uint32_t outage_threshold; /* per cent; 0: off */
    enum on_dns_failure on_dns_failure;
    bool trusts_ad;
    size_t cache_size; /* octets; 0: no cache */
    uint32_t cache_max_ttl_ms;
    uint32_t cache_min_ttl_ms;
    uint32_t cache_negative_ttl_ms;
    uint32_t cache_failure_ttl_ms;
    uint32_t serve_stale_ms; /* 0: never */
    bool prefetch;
    enum reply_profile reply_profile;
    bool reply_hints; /* behind rejections and deferrals */
};

/* The table. */
size_t options_count(void);
const char *options_name(size_t index);
const char *options_default(size_t index);
const char *options_help(size_t index);

/* Fill in every default; cannot fail. `options` owns nothing yet. */
void options_init(struct options *options);

/* Take a value. On error the option stands and error[size] holds a sentence that names option, value, what it takes. */
mxcheck_status options_set(struct options *options, const struct memory *memory, const char *name, const char *value,
                           char *error, size_t size);

/* The text of an option as it stands; NULL: no such option. */
const char *options_get(const struct options *options, const char *name);

/* The reply that replaces the built-in one; "": none. */
const char *options_reply(const struct options *options, mxcheck_reason reason, mxcheck_role role);

/* Write the sentence on a value that is refused: option, value, why, and what the option takes. */
void options_refuse(const char *name, const char *value, const char *why, char *error, size_t size);

/* Returns 0, or -1 when memory ran out (then `copy` owns nothing). */
int options_copy(const struct options *options, const struct memory *memory, struct options *copy);
void options_clear(struct options *options, const struct memory *memory);

#endif
