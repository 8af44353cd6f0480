/* SPDX-License-Identifier: BSD-2-Clause */
/* address.h: parses the text between the angle brackets, and finds the name to look up. */
#ifndef MXCHECK_MAIL_ADDRESS_H
#define MXCHECK_MAIL_ADDRESS_H

#include "mail/domain.h"

#include <stdint.h>

enum address_kind {
    ADDRESS_BAD = 1,    /* not a mailbox; `fault` says why */
    ADDRESS_EMPTY,      /* "" or "<>": the null reverse-path */
    ADDRESS_POSTMASTER, /* "postmaster" without a domain, in any case */
    ADDRESS_LITERAL,    /* local@[192.0.2.1], local@[IPv6:...]: well-formed */
    ADDRESS_DOMAIN      /* local@domain: `domain` is filled in */
};

struct address {
    enum address_kind kind;
    const char *fault;   /* ADDRESS_BAD: a static sentence; "" otherwise */
    bool is_too_long;    /* more than the 256 octets of RFC 5321 section 4.5.3.1.3 */
    int literal_family;  /* ADDRESS_LITERAL: AF_INET or AF_INET6; 0 otherwise */
    uint8_t literal[16]; /* its octets, in network order */
    size_t domain_length;
    char domain[DOMAIN_SIZE]; /* ADDRESS_DOMAIN: lower-case A-labels without final dot; "" otherwise */
};

/* Parse text[length], which may hold any octets, as a path of RFC 5321 section 4.1.2 and RFC 6531 section 3.3. Which
 * kind is allowed for which role is decided in judge/. Pure, except that libidn2 allocates. Returns 0, or -1 when
 * memory ran out. */
int address_parse(const char *text, size_t length, struct address *address);

/* Likewise for a domain without a local part: ADDRESS_DOMAIN or ADDRESS_BAD. */
int address_parse_domain(const char *text, size_t length, struct address *address);

#endif
