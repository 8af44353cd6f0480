/* SPDX-License-Identifier: BSD-2-Clause */
/* blame.c: by what was said, and by what else the upstream has answered meanwhile. */
#include "dns/blame.h"

#include <string.h>

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_YXDOMAIN = 6 };

/* SERVFAIL is what a resolver says of name servers that fail, YXDOMAIN of a DNAME that makes names too long (RFC 6672
 * section 2.2). Nothing else that it says has to do with the domain. */
static enum dns_blame blame_failure(const struct dns_answer *answer)
{
    bool is_of_domain = answer->rcode == RCODE_SERVFAIL || answer->rcode == RCODE_YXDOMAIN ||
                        strcmp(answer->failure, "too many aliases") == 0;
    return is_of_domain ? DNS_BLAMES_DOMAIN : DNS_BLAMES_UPSTREAM;
}

/* A resolver that waits for silent name servers says nothing, either; but then it answers others. */
static enum dns_blame blame_silence(const struct health *health, uint64_t asked_us, uint64_t now_us)
{
    if (health->answered_us > asked_us)
        return DNS_BLAMES_DOMAIN;
    bool is_long = health->answered_us != 0 && now_us - health->answered_us > BLAME_SILENCE_US;
    return is_long ? DNS_BLAMES_UPSTREAM : DNS_BLAMES_UNKNOWN;
}

enum dns_blame blame_of(const struct dns_answer *answer, const struct upstream *upstream, const struct health *health,
                        uint64_t asked_us, uint64_t now_us)
{
    if (upstream->transport == UPSTREAM_RECURSION || answer->outcome == DNS_BOGUS)
        return DNS_BLAMES_DOMAIN;
    return answer->outcome == DNS_TIMEOUT ? blame_silence(health, asked_us, now_us) : blame_failure(answer);
}
