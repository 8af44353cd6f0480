/* SPDX-License-Identifier: BSD-2-Clause */
/* test_gate.c: which messages are taken, and the few that getdns may read. */
#include "dns/getdns/gate.h"
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
#define REFUSED "\x12\x34\x81\x85\0\0\0\0\0\0\0\0"
#define SIZE (sizeof(GOOD) - 1)
#define FRAME(message) "\0\x1c" message

static uint8_t buffer[GATE_BUFFER_SIZE];
static size_t taken; /* octets of the last message */
/* With a query whose id only getdns knows, and with one whose id is known. */
static const struct gate_question cased = {"Ok.exAMple", DNS_MX, -1, true, true};
static const struct gate_question lower = {"ok.example", DNS_MX, -1, true, true};
static const struct gate_question known = {"Ok.exAMple", DNS_MX, 0x1234, true, true};
static const struct gate_question plain = {"Ok.exAMple", DNS_MX, 0x1234, false, false};
static const struct gate_question another = {"Ok.exAMple", DNS_MX, 0x1235, true, true};

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
    return gate_datagram(fd, buffer, &cased, &taken);
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

static void test_with_a_known_id_nothing_is_left_for_getdns(void **state)
{
    static const struct {
        const char *octets;
        size_t size;
        const struct gate_question *question;
        enum gate gate;
    } rows[] = {
        {GOOD, SIZE, &known, GATE_TAKEN},      {GOOD, SIZE, &plain, GATE_TAKEN},   {GOOD, SIZE, &another, GATE_SHUT},
        {LOWER, SIZE, &known, GATE_DOUBTED},   {LOWER, SIZE, &plain, GATE_TAKEN},  {LOWER, SIZE, &another, GATE_SHUT},
        {LYING, SIZE, &known, GATE_MALFORMED}, {LYING, SIZE, &another, GATE_SHUT}, {CUT, SIZE, &known, GATE_TRUNCATED},
        {CUT, SIZE, &another, GATE_SHUT},      {OTHER, SIZE, &known, GATE_SHUT},   {"", 0, &known, GATE_SHUT},
        {REFUSED, 12, &known, GATE_TAKEN},     {REFUSED, 12, &another, GATE_SHUT},
    };
    int ends[2];
    (void)state;
    make_datagram_pair(ends);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(send(ends[1], rows[i].octets, rows[i].size, 0), rows[i].size);
        assert_int_equal(gate_datagram(ends[0], buffer, rows[i].question, &taken), rows[i].gate);
        assert_int_equal(taken, rows[i].size);
        assert_int_equal(recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT), -1);
    }
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
    int ends[2];
    (void)state;
    large[SIZE + 9] = (char)(rest >> 8);
    large[SIZE + 10] = (char)rest;
    make_datagram_pair(ends);
    assert_int_equal(send(ends[1], foreign, sizeof(foreign) - 1, 0), sizeof(foreign) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &taken), GATE_TAKEN);
    assert_int_equal(taken, sizeof(foreign) - 1);
    assert_memory_equal(buffer, foreign, taken);
    assert_int_equal(look(ends[0]), GATE_SHUT);

    assert_int_equal(send(ends[1], foreign, sizeof(foreign) - 1, 0), sizeof(foreign) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &lower, &taken), GATE_DOUBTED);

    assert_int_equal(send(ends[1], large, sizeof(large), 0), sizeof(large));
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &taken), GATE_TAKEN);
    assert_int_equal(taken, sizeof(large));
    large[SIZE + 10]--; /* one octet less is for getdns */
    assert_int_equal(send(ends[1], large, sizeof(large) - 1, 0), sizeof(large) - 1);
    assert_int_equal(gate_datagram(ends[0], buffer, &cased, &taken), GATE_OPEN);
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

static void test_a_message_in_a_stream_is_taken_when_it_is_whole(void **state)
{
    static const char frame[] = FRAME(GOOD);
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    for (size_t i = 0; i < sizeof(frame) - 2; i++) {
        send_whole(ends[1], ends[0], frame + i, 1);
        if (is_readable(ends[0], 0))
            assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_SHUT);
    }
    send_whole(ends[1], ends[0], frame + sizeof(frame) - 2, 1);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_TAKEN);
    assert_int_equal(taken, SIZE);
    assert_memory_equal(buffer + 2, GOOD, SIZE);
    assert_int_equal(recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT), -1);
    /* The first octet of the next one is told again. */
    send_whole(ends[1], ends[0], frame, 1);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_SHUT);
    close_pair(ends);
}

/* Whether a message is sound is for whoever asked to say: one that lies does not spoil those behind it. */
static void test_messages_of_a_stream_are_taken_one_by_one(void **state)
{
    static const char frames[] = FRAME(GOOD) FRAME(OTHER) "\0\0" FRAME(LYING) "\0\2ab" FRAME(GOOD);
    static const size_t sizes[] = {SIZE, SIZE, 0, SIZE, 2, SIZE};
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    send_whole(ends[1], ends[0], frames, sizeof(frames) - 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_TAKEN);
        assert_int_equal(taken, sizes[i]);
    }
    close_pair(ends);
}

/* Our question, and EDNS whose one option fills the message to 65,535 octets. */
static void test_the_largest_message_of_a_stream_is_taken(void **state)
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
    assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_SHUT);
    assert_int_equal(send(ends[1], frame + 100, sizeof(frame) - 100, 0), sizeof(frame) - 100);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_TAKEN);
    assert_int_equal(taken, LARGEST);
    assert_memory_equal(buffer, frame, sizeof(frame));
    close_pair(ends);
}

/* getdns meets nothing but the end. */
static void test_a_stream_that_ends_half_way_is_ended(void **state)
{
    static const char frame[] = FRAME(GOOD);
    (void)state;
    for (size_t sent = 1; sent < sizeof(frame) - 1; sent++) {
        int ends[2];
        make_stream_pair(ends);
        send_whole(ends[1], ends[0], frame, sent);
        assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_SHUT);
        shutdown(ends[1], SHUT_WR);
        assert_true(is_readable(ends[0], 5000));
        assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_OPEN);
        assert_int_equal(recv(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT), 0);
        close_pair(ends);
    }
}

static void test_the_end_of_a_stream_is_for_getdns(void **state)
{
    int ends[2];
    (void)state;
    make_stream_pair(ends);
    close(ends[1]);
    assert_true(is_readable(ends[0], 5000));
    assert_int_equal(gate_stream(ends[0], buffer, &taken), GATE_OPEN);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagrams),
        cmocka_unit_test(test_with_a_known_id_nothing_is_left_for_getdns),
        cmocka_unit_test(test_what_getdns_is_spared_is_taken_whole),
        cmocka_unit_test(test_the_truth_counts_after_a_lie),
        cmocka_unit_test(test_a_descriptor_that_is_none_has_failed),
        cmocka_unit_test(test_a_message_in_a_stream_is_taken_when_it_is_whole),
        cmocka_unit_test(test_messages_of_a_stream_are_taken_one_by_one),
        cmocka_unit_test(test_the_largest_message_of_a_stream_is_taken),
        cmocka_unit_test(test_a_stream_that_ends_half_way_is_ended),
        cmocka_unit_test(test_the_end_of_a_stream_is_for_getdns),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
