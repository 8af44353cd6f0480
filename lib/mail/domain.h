/* SPDX-License-Identifier: BSD-2-Clause */
/* domain.h: turns domain names as they stand in addresses into names to look up. */
#ifndef MXCHECK_MAIL_DOMAIN_H
#define MXCHECK_MAIL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the longest name in presentation form (253, RFC 1035 section 2.3.4) and its NUL. */
#define DOMAIN_SIZE 254

enum domain_status { DOMAIN_OK = 0, DOMAIN_BAD = 1, DOMAIN_NOMEM = -1 };

/* Convert text[length] (A-labels or U-labels, any letter case, an optional final dot) to lower-case A-labels without
 * final dot. A label "xn--..." stays as it is, whatever it decodes to. On DOMAIN_BAD *fault is a static sentence.
 * `name` is written only on DOMAIN_OK. */
enum domain_status domain_parse(const char *text, size_t length, char name[DOMAIN_SIZE], const char **fault);

/* Write the U-label form (UTF-8) of a name of A-labels for people to read; the name itself where there is none.
 * Cut to size. */
void domain_to_unicode(const char *name, char *buffer, size_t size);

/* Is `name` equal to `zone`, or (with below) under it? Both lower-case without final dot. */
bool domain_is_within(const char *name, const char *zone);

/* Is this name of `length` octets one that never exists in public DNS (special_use.def)? Returns the source ("RFC 6761
 * section 6.3"), or NULL. */
const char *domain_special_use(const char *name, size_t length);

bool domain_is_dotless(const char *name);
bool domain_has_underscore(const char *name);

/* Has the name a label "xn--..." that IDNA2008 does not allow (symbols, joiners and directions out of order), or that
 * does not decode? */
bool domain_is_idna_disallowed(const char *name);

/* Does the name look like an IPv4 address ("192.0.2.1")? */
bool domain_is_ipv4_literal(const char *name);

#endif
