/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_answer.h: the answer to one DNS question, as the library sees it. */
#ifndef MXCHECK_MESSAGE_DNS_ANSWER_H
#define MXCHECK_MESSAGE_DNS_ANSWER_H

#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type { DNS_A = 1, DNS_MX = 15, DNS_AAAA = 28 };

enum dns_outcome {
    DNS_RECORDS = 1, /* at least one record of the type asked, whose owner is the name asked or reached by alias */
    DNS_NODATA,
    DNS_NXDOMAIN,
    DNS_ALIAS, /* nothing but an alias that the resolver did not follow: ask for `alias` */
    DNS_TIMEOUT,
    DNS_FAILURE, /* `failure` says which */
    DNS_BOGUS
};

struct dns_record {
    uint32_t ttl_s;
    uint16_t preference;    /* MX */
    const char *host;       /* MX: lower-case escaped presentation form without final dot, "" for the root */
    const uint8_t *address; /* A: 4 octets, AAAA: 16, in network order */
};

/* Who can repair a failure. */
enum dns_blame {
    DNS_BLAMES_DOMAIN = 0,   /* the domain's operator: its name servers fail or are silent */
    DNS_BLAMES_UPSTREAM,     /* the operator of the upstream, which fails or does not answer */
    DNS_BLAMES_UNKNOWN,      /* either: nothing is known of the upstream yet */
    DNS_BLAMES_CONFIGURATION /* whoever set this host up: no resolver is known */
};

/* Valid during the callback only. */
struct dns_answer {
    enum dns_outcome outcome;
    int rcode;              /* with its upper bits (RFC 6891 section 6.1.3); -1: nobody answered */
    const char *failure;    /* a word or two, "" when none */
    int error_code;         /* Extended DNS Error (RFC 8914); -1: none */
    const char *error_text; /* what the server says besides: UTF-8 from outside, "" when nothing */
    enum dns_blame blame;   /* DNS_FAILURE, DNS_TIMEOUT */
    bool is_local;          /* DNS_FAILURE, DNS_TIMEOUT: for want of memory or descriptors, which says nothing of DNS */
    const char *upstream;   /* "127.0.0.1:53", "" when none */
    const char *alias;      /* where CNAMEs led, "" when nowhere */
    uint32_t alias_ttl_s;   /* lowest of the aliases, INT32_MAX without one */
    uint32_t negative_ttl_s; /* RFC 2308 section 5, 0 without SOA */
    bool has_soa;            /* a negative answer has an SOA record */
    const char *zone;        /* which, as `host` is written, "." for the root; "" without SOA */
    bool is_unconfirmed;     /* that there is nothing rests on our letter case, or on an empty message: see
                                RESOLVER_CONFIRMS */
    bool authentic;          /* the AD bit (RFC 4035 section 3.2.3) */
    mxcheck_dnssec dnssec;   /* what it says, if whoever set it is believed; UNKNOWN otherwise */
    const struct dns_record *records;
    size_t count;
    bool is_cut; /* there are more records than these */
};

#endif
