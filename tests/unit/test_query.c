/* SPDX-License-Identifier: BSD-2-Clause */
/* test_query.c: the query that getdns sends is found in memory, and so its id is known. */
#include "dns/getdns/query.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/resolver.h"
#include "dns/transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "Ok.exAMple"
#define QUERY "\x12\x34\1\0\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1"
#define SIZE (sizeof(QUERY) - 1)

static void test_the_query_is_found_wherever_it_is(void **state)
{
    static uint8_t block[200];
    size_t place = 0;
    (void)state;
    memset(block, 0xff, sizeof(block));
    assert_false(query_find(block, sizeof(block), NAME, DNS_MX, &place));
    for (size_t at = 0; at + SIZE <= sizeof(block); at++) {
        memset(block, at % 3 == 0 ? 0 : 0xff, sizeof(block));
        memcpy(block + at, QUERY, SIZE);
        assert_true(query_find(block, sizeof(block), NAME, DNS_MX, &place));
        assert_int_equal(place, at);
        assert_false(query_find(block, at + SIZE - 1, NAME, DNS_MX, &place));
    }
    place = 1000000;
    assert_true(query_find(block, sizeof(block), NAME, DNS_MX, &place));
    assert_false(query_find(block, 0, NAME, DNS_MX, &place));
}

static void test_what_is_not_this_query_is_not_taken_for_it(void **state)
{
    static const char *const others[] = {
        "\x12\x34\1\0\0\1\0\0\0\0\0\1\2ok\7exAMple\0\0\x0f\0\1",   /* letter case */
        "\x12\x34\1\0\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x01\0\1",   /* type */
        "\x12\x34\1\0\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\3",   /* class */
        "\x12\x34\x81\0\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1", /* an answer */
        "\x12\x34\1\0\0\2\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1",   /* two questions */
        "\x12\x34\1\0\0\1\0\1\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1",   /* records */
        "\x12\x34\1\0\0\1\0\0\0\1\0\1\2Ok\7exAMple\0\0\x0f\0\1",
        "\x12\x34\1\0\0\1\0\0\0\0\0\2\2Ok\7exAMple\0\0\x0f\0\1",
        "\x12\x34\1\0\0\1\0\0\0\0\0\1\2Ok\7exAMplx\0\0\x0f\0\1", /* name */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        size_t place = 0;
        assert_false(query_find((const uint8_t *)others[i], SIZE, NAME, DNS_MX, &place));
    }
}

static void on_ended(struct transport_attempt *attempt, enum transport_end end, const uint8_t *message, size_t size,
                     const char *failure)
{
    (void)end;
    (void)size;
    (void)failure;
    fail_msg("%s: ended with %p", attempt->name, (const void *)message);
}

/* With getdns itself. Many at a time, so that blocks are used again and their order is not that of the queries. */
static void test_the_id_is_the_one_that_getdns_has_sent(void **state)
{
    enum { COUNT = 50, ROUNDS = 4 };
    static struct transport_attempt attempts[COUNT];
    static char names[COUNT][40];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t address_size = sizeof(address);
    struct upstreams upstreams = {.count = 1};
    uint8_t message[512];
    mxcheck_status status;
    (void)state;
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, address_size), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &address_size), 0);
    upstreams.item[0].transport = UPSTREAM_UDP;
    upstreams.item[0].family = AF_INET;
    upstreams.item[0].port = ntohs(address.sin_port);
    memcpy(upstreams.item[0].address, &address.sin_addr, 4);
    struct loop *loop = loop_new(&memory_libc, &status);
    struct transports *transports = transports_new(&memory_libc, loop, &upstreams, false);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            snprintf(names[i], sizeof(names[i]), "%.*sN%u.exAMple", (int)(i % 20), "abcdefghijklmnopqrst", i);
            attempts[i] = (struct transport_attempt){
                .name = names[i], .type = DNS_MX, .keeps_case = true, .has_opt = i % 2 == 0, .ended = on_ended};
            assert_int_equal(transport_ask(transports_get(transports, 0, false), &attempts[i], 5000000),
                             TRANSPORT_SENT);
        }
        loop_turn(loop, clock_now_us());
        for (unsigned i = 0; i < COUNT; i++) {
            assert_true(recv(server, message, sizeof(message), 0) > 12);
            assert_int_equal(attempts[i].query_id, message[0] << 8 | message[1]);
        }
        for (unsigned i = 0; i < COUNT; i++)
            transport_cancel(&attempts[(i * 7 + round) % COUNT]);
    }
    transports_free(transports);
    loop_free(loop);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_query_is_found_wherever_it_is),
        cmocka_unit_test(test_what_is_not_this_query_is_not_taken_for_it),
        cmocka_unit_test(test_the_id_is_the_one_that_getdns_has_sent),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
