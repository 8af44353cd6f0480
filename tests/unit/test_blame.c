/* SPDX-License-Identifier: BSD-2-Clause */
/* test_blame.c: who is to look into a failure. */
#include "dns/blame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S UINT64_C(1000000)

static void test_whom_a_failure_is_told_of(void **state)
{
    static const struct {
        const char *why;
        enum dns_outcome outcome;
        int rcode;
        const char *failure;
        enum dns_blame blame;
    } rows[] = {
        {"its name servers fail", DNS_FAILURE, 2, "SERVFAIL", DNS_BLAMES_DOMAIN},
        {"its signatures do not hold", DNS_BOGUS, 2, "SERVFAIL", DNS_BLAMES_DOMAIN},
        {"its DNAME makes the name too long", DNS_FAILURE, 6, "YXDOMAIN", DNS_BLAMES_DOMAIN},
        {"its aliases never end", DNS_FAILURE, 0, "too many aliases", DNS_BLAMES_DOMAIN},
        {"we may not ask there", DNS_FAILURE, 5, "REFUSED", DNS_BLAMES_UPSTREAM},
        {"it does not understand us", DNS_FAILURE, 1, "FORMERR", DNS_BLAMES_UPSTREAM},
        {"nor here", DNS_FAILURE, 4, "NOTIMP", DNS_BLAMES_UPSTREAM},
        {"nor here", DNS_FAILURE, 16, "unknown RCODE", DNS_BLAMES_UPSTREAM},
        {"it does not recurse", DNS_FAILURE, 0, "referral", DNS_BLAMES_UPSTREAM},
        {"it garbles", DNS_FAILURE, -1, "malformed answer", DNS_BLAMES_UPSTREAM},
        {"it says two things at once", DNS_FAILURE, 3, "contradictory answer", DNS_BLAMES_UPSTREAM},
        {"nothing listens there", DNS_FAILURE, -1, "connection refused", DNS_BLAMES_UPSTREAM},
        {"it proves nothing", DNS_FAILURE, -1, "no TLS session", DNS_BLAMES_UPSTREAM},
    };
    const struct upstream upstream = {.transport = UPSTREAM_UDP};
    const struct upstream recursion = {.transport = UPSTREAM_RECURSION};
    const struct health health = {.answered_us = 0};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dns_answer answer = {.outcome = rows[i].outcome, .rcode = rows[i].rcode, .failure = rows[i].failure};
        if (blame_of(&answer, &upstream, &health, S, 2 * S) != rows[i].blame)
            fail_msg("%s", rows[i].why);
        assert_int_equal(blame_of(&answer, &recursion, &health, S, 2 * S), DNS_BLAMES_DOMAIN);
    }
}

/* The question began in second 1000, and is over in second 1008. */
static void test_whom_silence_is_told_of(void **state)
{
    static const struct {
        const char *why;
        uint64_t answered_us;
        enum dns_blame blame;
    } rows[] = {
        {"it has answered others meanwhile", 1001 * S, DNS_BLAMES_DOMAIN},
        {"it answered before", 999 * S, DNS_BLAMES_UNKNOWN},
        {"nothing is known of it", 0, DNS_BLAMES_UNKNOWN},
        {"it has said nothing for long", 900 * S, DNS_BLAMES_UPSTREAM},
    };
    const struct upstream upstream = {.transport = UPSTREAM_UDP};
    const struct dns_answer answer = {.outcome = DNS_TIMEOUT, .rcode = -1, .failure = "no answer"};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct health health = {.answered_us = rows[i].answered_us};
        if (blame_of(&answer, &upstream, &health, 1000 * S, 1008 * S) != rows[i].blame)
            fail_msg("%s", rows[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whom_a_failure_is_told_of),
        cmocka_unit_test(test_whom_silence_is_told_of),
    };
    return cmocka_run_group_tests_name("blame", tests, NULL, NULL);
}
