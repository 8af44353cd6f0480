/* SPDX-License-Identifier: BSD-2-Clause */
/* test_crowd.c: many domains whose MX hosts nobody answers for, and what they leave to the others. Over a name server
 * of its own, which gives each domain below `silent` eight such hosts, and each other domain one that has an address.
 */
#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOSTS 8
#define CROWD 62 /* whose questions after the first take all descriptors there are */

/* --- the name server --- */

static size_t put_record(uint8_t *to, uint8_t type, const void *rdata, size_t size)
{
    const uint8_t head[] = {0xc0, 12, 0, type, 0, 1, 0, 0, 1, 44, 0, (uint8_t)size};
    memcpy(to, head, sizeof(head));
    memcpy(to + sizeof(head), rdata, size);
    return sizeof(head) + size;
}

/* Turns a question into its answer. Returns the size; 0: none. */
static size_t answer(uint8_t *message)
{
    size_t end = 12;
    uint8_t last = 0;
    for (; message[end] != 0; end += 1U + message[end])
        last = (uint8_t)(message[end + 1] | 0x20);
    uint8_t type = message[end + 2];
    unsigned hosts = last == 's' ? HOSTS : 1;
    unsigned count = 0;
    if (last == 's' && type != 15)
        return 0;
    end += 5;
    for (; type == 15 && count < hosts; count++) {
        const uint8_t host[] = {0, (uint8_t)count, 1, (uint8_t)('a' + count), 0xc0, 12};
        end += put_record(message + end, 15, host, sizeof(host));
    }
    if (type == 1)
        end += put_record(message + end, 1, "\x08\x08\x08\x08", 4);
    count += type == 1;
    const uint8_t counts[] = {0x81, 0x80, 0, 1, 0, (uint8_t)count, 0, 0, 0, 0};
    memcpy(message + 2, counts, sizeof(counts));
    return end;
}

static void serve(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        uint8_t message[1500];
        struct sockaddr_storage from;
        socklen_t length = sizeof(from);
        ssize_t size = recvfrom(fd, message, sizeof(message) - 512, 0, (struct sockaddr *)&from, &length);
        size_t whole = size < 17 ? 0 : answer(message);
        if (whole > 0)
            sendto(fd, message, whole, 0, (struct sockaddr *)&from, length);
    }
}

static pid_t server;
static char upstream[32];

static int start_server(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int room = 1 << 22;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        close(fd);
        return -1;
    }
    snprintf(upstream, sizeof(upstream), "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    server = fork();
    if (server == 0)
        serve(fd);
    close(fd);
    return server < 0 ? -1 : 0;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}

/* --- checks --- */

struct heard {
    int64_t started_ms;
    int64_t took_ms; /* the longest */
    int calls;
    mxcheck_verdict verdict;
};

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct heard *heard = user_data;
    int64_t took_ms = support_now_ms() - heard->started_ms;
    (void)id;
    heard->calls++;
    heard->verdict = mxcheck_result_verdict(result);
    if (took_ms > heard->took_ms)
        heard->took_ms = took_ms;
}

static int count_descriptors(void)
{
    int count = -3; /* . and .., and that of the listing */
    DIR *listing = opendir("/proc/self/fd");
    assert_non_null(listing);
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count;
}

static mxcheck_ctx *open_context(void)
{
    static const struct setting settings[] = {
        {"depth", "targets"}, {"timeout", "3s"}, {"retry-after", "200ms"}, {NULL, NULL}};
    mxcheck_config *config = support_config(settings);
    mxcheck_ctx *ctx;
    assert_int_equal(mxcheck_config_set(config, "upstreams", upstream), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(config, &ctx), MXCHECK_OK);
    mxcheck_config_free(config);
    return ctx;
}

static void start_crowd(mxcheck_ctx *ctx, int count, struct heard *heard)
{
    *heard = (struct heard){.started_ms = support_now_ms()};
    for (int i = 0; i < count; i++) {
        char address[40];
        snprintf(address, sizeof(address), "u@d%d.silent", i);
        assert_int_equal(mxcheck_check_rcpt_async(ctx, address, hear, heard, NULL), MXCHECK_OK);
    }
}

/* Until nothing is under way, or so long. Returns the most descriptors. */
static int turn(mxcheck_ctx *ctx, int64_t most_ms)
{
    int64_t end_ms = support_now_ms() + most_ms;
    int most = 0;
    while (mxcheck_ctx_pending(ctx) > 0 && support_now_ms() < end_ms) {
        struct pollfd due = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
        poll(&due, 1, 20);
        mxcheck_ctx_dispatch(ctx);
        int count = count_descriptors();
        most = count > most ? count : most;
    }
    return most;
}

static void test_silent_hosts_hold_no_check_past_its_time_nor_more_descriptors_than_there_are(void **state)
{
    mxcheck_ctx *ctx = open_context();
    struct heard crowd;
    int before = count_descriptors();
    (void)state;
    start_crowd(ctx, 900, &crowd);
    assert_in_range(turn(ctx, 20000), before, before + 1010);
    assert_int_equal(crowd.calls, 900);
    assert_int_equal(crowd.verdict, MXCHECK_VERDICT_DEFER);
    assert_in_range(crowd.took_ms, 2990,
                    15000); /* a machine may be busy; a question that is lost takes until the end */
    mxcheck_ctx_free(ctx);
    assert_int_equal(count_descriptors(), before);
}

static void test_a_crowd_of_silent_hosts_leaves_room_for_other_domains(void **state)
{
    mxcheck_ctx *ctx = open_context();
    struct heard crowd, good;
    (void)state;
    start_crowd(ctx, CROWD, &crowd);
    turn(ctx, 500);
    good = (struct heard){.started_ms = support_now_ms()};
    assert_int_equal(mxcheck_check_rcpt_async(ctx, "u@good.test", hear, &good, NULL), MXCHECK_OK);
    for (int i = 0; i < 500 && good.calls == 0; i++)
        turn(ctx, 20);
    int ended = crowd.calls;
    mxcheck_ctx_free(ctx);
    assert_int_equal(good.calls, 1);
    assert_int_equal(good.verdict, MXCHECK_VERDICT_ACCEPT);
    assert_int_equal(ended, 0); /* it did not have to wait for them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_hosts_hold_no_check_past_its_time_nor_more_descriptors_than_there_are),
        cmocka_unit_test(test_a_crowd_of_silent_hosts_leaves_room_for_other_domains),
    };
    setenv("MXCHECK_TEST_UPSTREAM", "127.0.0.1:53", 1); /* another one takes its place */
    return cmocka_run_group_tests_name("crowd", tests, start_server, stop_server);
}
