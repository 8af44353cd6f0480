/* SPDX-License-Identifier: BSD-2-Clause */
/* test_gate.c: what is let through to getdns, and what is taken away before it sees it. */
#include "dns/gate.h"
#include "dns/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD "\x12\x34\x81\x80\0\1\0\0\0\0\0\0\2Ok\7exAMple\0\0\x0f\0\1"
#define LOWER "\x12\x34\x81\x80\0\1\0\0\0\0\0\0\2ok\7example\0\0\x0f\0\1"
#define OTHER "\x12\x34\x81\x80\0\1\0\0\0\0\0\0\2no\7example\0\0\x0f\0\1"
#define LYING "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\2Ok\7exAMple\0\0\x0f\0\1"
#define CUT "\x12\x34\x83\x80\0\1\0\0\0\0\0\0\2Ok\7exAMple\0\0\x0f\0\1"
#define SIZE (sizeof(GOOD) - 1)
#define FRAME(message) "\0\x1c" message

static uint8_t buffer[GATE_BUFFER_SIZE];
static const struct gate_question cased = {"Ok.exAMple", DNS_MX, true, true};
static const struct gate_question lower = {"ok.example", DNS_MX, true, true};

static void make_datagram_pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
}

/* Over TCP, since the kernel keeps SO_RCVLOWAT for TCP alone. */
static void make_stream_pair(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends[1], (struct sockaddr *)&address, size), 0);
    ends[0] = accept(listener, NULL, NULL);
    assert_true(ends[0] >= 0);
    close(listener);
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, timeout_ms) == 1;
}

/* Send, and wait until it is there. */
static void send_whole(int fd, int other, const char *octets, size_t size)
{
    static uint8_t arrived[512];
    ssize_t before = recv(other, arrived, sizeof(arrived), MSG_PEEK | MSG_DONTWAIT);
    size_t wanted = (before > 0 ? (size_t)before : 0) + size;
    assert_int_equal(send(fd, octets, size, 0), size);
    while (recv(other, arrived, sizeof(arrived), MSG_PEEK | MSG_DONTWAIT) < (ssize_t)wanted)
        continue;
}

static void close_pair(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static enum gate look(int fd)
{
    size_t size = 0;
    return gate_datagram(fd, buffer, &cased, &size);
}

static void test_datagrams(void **state)
{
    static const struct {
        const char *octets;
        size_t size;
        enum gate gate;
    } rows[] = {
        {GOOD, SIZE, GATE_OPEN},          {LOWER, SIZE, GATE_DOUBTED}, {OTHER, SIZE, GATE_SHUT},
        {LYING, SIZE, GATE_MALFORMED},    {GOOD, SIZE - 1, GATE_SHUT}, {"", 0, GATE_SHUT},
        {GOOD, SIZE + 1, GATE_MALFORMED}, {CUT, SIZE, GATE_TRUNCATED},
    };
    int ends[2];
    (void)state;
    make_datagram_pair(ends);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send(ends[1], rows[i].octets, rows[i].size, 0), rows[i].size);
        assert_int_equal(look(ends[0]), rows[i].gate);
        /* What is let through is still there, and everything else is not. */
        ssize_t left = recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT);
        assert_int_equal(left, rows[i].gate == GATE_OPEN ? (ssize_t)SIZE : -1);
    }
    assert_int_equal(look(ends[0]), GATE_SHUT);
    close_pair(ends);
}

/* What getdns could not read is read out of the buffer instead. */
static void test_what_getdns_is_spared_is_taken_whole(void **state)
{
    static const char foreign[] = "\x12\x34\x81\x80\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1"
                                  "\xc0\x0c\xff\0\0\1\0\0\0\0\0\1x";
    static char large[GATE_DATAGRAM_MAX + 1] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\2Ok\7exAMple\0\0\x0f\0\1"
                                               "\0\0\x30\0\1\0\0\0\0";
    const size_t rest = sizeof(large) - SIZE - 11;
    size_t size = 0;
    int ends[2];
    (void)state;
    large[SIZE + 9] = (char)(rest >> 8);
    large[SIZE + 10] = (char)rest;
    make_datagram_pair(ends);
    assert_int_equal(send(ends[1], foreign, sizeof(foreign) - 1, 0), sizeof(foreign) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &size), GATE_TAKEN);
    assert_int_equal(size, sizeof(foreign) - 1);
    assert_memory_equal(buffer, foreign, size);
    assert_int_equal(look(ends[0]), GATE_SHUT);

    assert_int_equal(send(ends[1], foreign, sizeof(foreign) - 1, 0), sizeof(foreign) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &lower, &size), GATE_DOUBTED);

    assert_int_equal(send(ends[1], large, sizeof(large), 0), sizeof(large));
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &size), GATE_TAKEN);
    assert_int_equal(size, sizeof(large));
    large[SIZE + 10]--; /* one octet less is for getdns */
    assert_int_equal(send(ends[1], large, sizeof(large) - 1, 0), sizeof(large) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &size), GATE_OPEN);
    close_pair(ends);
}

static void test_the_truth_counts_after_a_lie(void **state)
{
    int ends[2];
    (void)state;
    make_datagram_pair(ends);
    assert_int_equal(send(ends[1], OTHER, SIZE, 0), SIZE);
    assert_int_equal(send(ends[1], GOOD, SIZE, 0), SIZE);
    assert_int_equal(look(ends[0]), GATE_SHUT);
    assert_int_equal(look(ends[0]), GATE_OPEN);
    close_pair(ends);
}

static void test_a_descriptor_that_is_none_has_failed(void **state)
{
    (void)state;
    assert_int_equal(look(-1), GATE_FAILED);
    assert_int_equal(errno, EBADF);
}

static void test_a_message_in_a_stream_is_let_through_when_it_is_whole(void **state)
{
    static const char frame[] = FRAME(GOOD);
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    for (size_t i = 0; i < sizeof(frame) - 2; i++) {
        send_whole(ends[1], ends[0], frame + i, 1);
        if (is_readable(ends[0], 0))
            assert_int_equal(gate_stream(ends[0], buffer), 0);
    }
    send_whole(ends[1], ends[0], frame + sizeof(frame) - 2, 1);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer), 2);
    assert_int_equal(recv(ends[0], buffer, sizeof(buffer), 0), sizeof(frame) - 1);
    /* The first octet of the next one is told again. */
    send_whole(ends[1], ends[0], frame, 1);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer), 0);
    close_pair(ends);
}

static void test_each_message_of_a_stream_is_judged_by_itself(void **state)
{
    static const char frames[] = FRAME(GOOD) FRAME(OTHER) FRAME(LYING) FRAME(GOOD);
    enum { FRAME_SIZE = 2 + SIZE };
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    send_whole(ends[1], ends[0], frames, sizeof(frames) - 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gate_stream(ends[0], buffer), 2);
        assert_int_equal(recv(ends[0], buffer, FRAME_SIZE, 0), FRAME_SIZE);
    }
    assert_int_equal(gate_stream(ends[0], buffer), 1);
    assert_int_equal(recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT), 0);
    close_pair(ends);
}

/* Our question, and EDNS whose one option fills the message to 65,535 octets. */
static void test_the_largest_message_of_a_stream_is_let_through(void **state)
{
    enum { LARGEST = 65535, RDATA = LARGEST - 28 - 11 };
    static uint8_t frame[2 + LARGEST] = "\xff\xff\x12\x34\x81\x80\0\1\0\0\0\0\0\1\2Ok\7exAMple\0\0\x0f\0\1"
                                        "\0\0\x29\x04\xd0";
    static const uint8_t lengths[] = {RDATA >> 8, RDATA & 0xff, 0, 12, (RDATA - 4) >> 8, (RDATA - 4) & 0xff};
    int ends[2];
    (void)state;
    memcpy(frame + 2 + 28 + 9, lengths, sizeof(lengths));
    make_stream_pair(ends);
    assert_int_equal(send(ends[1], frame, 100, 0), 100);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer), 0);
    assert_int_equal(send(ends[1], frame + 100, sizeof(frame) - 100, 0), sizeof(frame) - 100);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer), 2);
    assert_int_equal(recv(ends[0], buffer, sizeof(buffer), 0), sizeof(frame));
    assert_memory_equal(buffer, frame, sizeof(frame));
    close_pair(ends);
}

/* getdns must meet nothing but the end of the stream. */
static void assert_ended(const char *octets, size_t size, bool is_closed)
{
    int ends[2];
    make_stream_pair(ends);
    send_whole(ends[1], ends[0], octets, size);
    int calls = gate_stream(ends[0], buffer);
    if (calls == 0 && is_closed) {
        shutdown(ends[1], SHUT_WR);
        assert_true(is_readable(ends[0], 5000));
        calls = gate_stream(ends[0], buffer);
    }
    assert_int_equal(calls, 1);
    assert_int_equal(recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT), 0);
    close_pair(ends);
}

static void test_a_stream_with_a_message_that_lies_is_ended(void **state)
{
    static const char lying[] = FRAME(LYING);
    static const char empty[] = "\0\0";
    static const char small[] = "\0\x0b" GOOD;
    (void)state;
    assert_ended(lying, sizeof(lying) - 1, false);
    assert_ended(empty, 2, false);
    assert_ended(small, 2 + 11, false);
}

static void test_a_stream_that_ends_half_way_is_ended(void **state)
{
    static const char frame[] = FRAME(GOOD);
    (void)state;
    for (size_t size = 1; size < sizeof(frame) - 1; size++)
        assert_ended(frame, size, true);
}

static void test_an_empty_stream_is_read_by_getdns(void **state)
{
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    close(ends[1]);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer), 1);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagrams),
        cmocka_unit_test(test_what_getdns_is_spared_is_taken_whole),
        cmocka_unit_test(test_the_truth_counts_after_a_lie),
        cmocka_unit_test(test_a_descriptor_that_is_none_has_failed),
        cmocka_unit_test(test_a_message_in_a_stream_is_let_through_when_it_is_whole),
        cmocka_unit_test(test_each_message_of_a_stream_is_judged_by_itself),
        cmocka_unit_test(test_the_largest_message_of_a_stream_is_let_through),
        cmocka_unit_test(test_a_stream_with_a_message_that_lies_is_ended),
        cmocka_unit_test(test_a_stream_that_ends_half_way_is_ended),
        cmocka_unit_test(test_an_empty_stream_is_read_by_getdns),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
