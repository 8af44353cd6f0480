/* SPDX-License-Identifier: BSD-2-Clause */
/* test_watchers.c: however a host watches the one descriptor, every check is called back, and without a timeout. */
#define _GNU_SOURCE /* syscall */
#include "support.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A question that is sent again and again waits for most of the timeout in the end. */
#define TIMEOUT "60s"
enum { CHECKS = 200, PATIENCE_MS = 70000 };

/* Waits until the host is told of something; false: nothing for so long. */
typedef bool (*wait_fn)(int fd, int handle);

static unsigned called;
static unsigned timeouts;

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    (void)id;
    (void)user_data;
    called++;
    timeouts += mxcheck_result_reason(result) != MXCHECK_REASON_NO_SUCH_DOMAIN;
}

static void start_checks(mxcheck_ctx *ctx, const char *family, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char address[80];
        snprintf(address, sizeof(address), "u@%s%u.nowhere.mx.example", family, i);
        assert_int_equal(mxcheck_check_rcpt_async(ctx, address, on_result, NULL, NULL), MXCHECK_OK);
    }
}

static mxcheck_ctx *open_ctx(void)
{
    static const struct setting settings[] = {{"timeout", TIMEOUT}, {"cache-size", "0"}, {NULL, NULL}};
    mxcheck_ctx *ctx = support_ctx(settings);
    assert_non_null(ctx);
    called = timeouts = 0;
    return ctx;
}

/* One dispatch for each time that the host is told. */
static void serve(mxcheck_ctx *ctx, wait_fn wait_for, int handle, unsigned count)
{
    while (called < count) {
        if (!wait_for(mxcheck_ctx_fd(ctx), handle))
            fail_msg("%u of %u checks are lost", (unsigned)mxcheck_ctx_pending(ctx), count);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
    assert_int_equal(timeouts, 0);
    assert_int_equal(mxcheck_ctx_pending(ctx), 0);
}

static bool wait_epoll(int fd, int handle)
{
    struct epoll_event event;
    (void)fd;
    return epoll_wait(handle, &event, 1, PATIENCE_MS) == 1;
}

/* A host that has other things to do meanwhile: all answers are there before it looks. */
static bool wait_epoll_busy(int fd, int handle)
{
    static const struct timespec work = {.tv_nsec = 150000000};
    return wait_epoll(fd, handle) && nanosleep(&work, NULL) == 0;
}

static bool wait_epoll_oneshot(int fd, int handle)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
    epoll_ctl(handle, EPOLL_CTL_MOD, fd, &event);
    return epoll_wait(handle, &event, 1, PATIENCE_MS) == 1;
}

static bool wait_poll(int fd, int handle)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    (void)handle;
    return poll(&watched, 1, PATIENCE_MS) == 1;
}

static bool wait_select(int fd, int handle)
{
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    fd_set watched;
    (void)handle;
    FD_ZERO(&watched);
    FD_SET(fd, &watched);
    return select(fd + 1, &watched, NULL, NULL, &patience) == 1;
}

/* Looks at no descriptor at all. */
static bool wait_tick(int fd, int handle)
{
    static const struct timespec tick = {.tv_nsec = 20000000};
    (void)fd;
    (void)handle;
    return nanosleep(&tick, NULL) == 0;
}

static int watch_with(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events};
    int set = epoll_create1(EPOLL_CLOEXEC);
    assert_true(set >= 0);
    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
    return set;
}

/* Checks that start before the descriptor is watched, and others while it is. */
static void run(wait_fn wait_for, uint32_t events, bool is_nested)
{
    mxcheck_ctx *ctx = open_ctx();
    start_checks(ctx, "early", CHECKS);
    int inner = events == 0 ? -1 : watch_with(mxcheck_ctx_fd(ctx), events);
    int outer = is_nested ? watch_with(inner, events) : inner;
    serve(ctx, wait_for, outer, CHECKS);
    start_checks(ctx, "late", CHECKS);
    serve(ctx, wait_for, outer, 2 * CHECKS);
    for (unsigned i = 0; i < 20; i++) {
        char family[16];
        snprintf(family, sizeof(family), "one%u-", i);
        start_checks(ctx, family, 1);
        serve(ctx, wait_for, outer, 2 * CHECKS + i + 1);
    }
    if (outer != inner)
        close(outer);
    if (inner >= 0)
        close(inner);
    mxcheck_ctx_free(ctx);
}

static void test_epoll_by_level(void **state)
{
    (void)state;
    run(wait_epoll, EPOLLIN, false);
}

static void test_epoll_by_edge(void **state)
{
    (void)state;
    run(wait_epoll, EPOLLIN | EPOLLET, false);
}

static void test_epoll_by_edge_in_a_busy_host(void **state)
{
    mxcheck_ctx *ctx = open_ctx();
    int set = watch_with(mxcheck_ctx_fd(ctx), EPOLLIN | EPOLLET);
    (void)state;
    start_checks(ctx, "busy", 4 * CHECKS);
    serve(ctx, wait_epoll_busy, set, 4 * CHECKS);
    close(set);
    mxcheck_ctx_free(ctx);
}

static void test_epoll_by_edge_for_everything(void **state)
{
    (void)state;
    run(wait_epoll, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, false);
}

static void test_epoll_once(void **state)
{
    (void)state;
    run(wait_epoll_oneshot, EPOLLIN | EPOLLONESHOT, false);
}

static void test_an_epoll_set_within_another_by_level(void **state)
{
    (void)state;
    run(wait_epoll, EPOLLIN, true);
}

static void test_poll(void **state)
{
    (void)state;
    run(wait_poll, 0, false);
}

static void test_select(void **state)
{
    (void)state;
    run(wait_select, 0, false);
}

static void test_a_tick(void **state)
{
    (void)state;
    run(wait_tick, 0, false);
}

/* An edge of the set within tells of an edge of ours: its host empties it. */
static bool wait_nested_edge(int fd, int handle)
{
    struct epoll_event event;
    (void)fd;
    if (epoll_wait(handle, &event, 1, PATIENCE_MS) != 1)
        return false;
    while (epoll_wait(event.data.fd, &event, 1, 0) > 0)
        continue;
    return true;
}

static void test_an_epoll_set_within_another_by_edge(void **state)
{
    mxcheck_ctx *ctx = open_ctx();
    (void)state;
    start_checks(ctx, "early", CHECKS);
    int inner = watch_with(mxcheck_ctx_fd(ctx), EPOLLIN | EPOLLET);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.fd = inner}};
    int outer = epoll_create1(EPOLL_CLOEXEC);
    assert_int_equal(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event), 0);
    serve(ctx, wait_nested_edge, outer, CHECKS);
    start_checks(ctx, "late", CHECKS);
    serve(ctx, wait_nested_edge, outer, 2 * CHECKS);
    close(outer);
    close(inner);
    mxcheck_ctx_free(ctx);
}

/* Each callback starts another check, from inside the dispatch. */
static mxcheck_ctx *chained;

static void on_chained(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    char address[80];
    on_result(id, result, user_data);
    if (called > CHECKS)
        return;
    snprintf(address, sizeof(address), "u@chain%u.nowhere.mx.example", called);
    assert_int_equal(mxcheck_check_rcpt_async(chained, address, on_chained, NULL, NULL), MXCHECK_OK);
}

static void test_checks_that_start_within_callbacks_by_edge(void **state)
{
    (void)state;
    chained = open_ctx();
    int set = watch_with(mxcheck_ctx_fd(chained), EPOLLIN | EPOLLET);
    assert_int_equal(mxcheck_check_rcpt_async(chained, "u@chain.nowhere.mx.example", on_chained, NULL, NULL),
                     MXCHECK_OK);
    serve(chained, wait_epoll, set, CHECKS + 1);
    close(set);
    mxcheck_ctx_free(chained);
}

/* What needs no DNS is called back by an edge as well. */
static void test_checks_without_dns_by_edge(void **state)
{
    mxcheck_ctx *ctx = open_ctx();
    int set = watch_with(mxcheck_ctx_fd(ctx), EPOLLIN | EPOLLET);
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(mxcheck_check_sender_async(ctx, "", on_result, NULL, NULL), MXCHECK_OK);
        if (i % 3 == 2) {
            assert_true(wait_epoll(-1, set));
            assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
            assert_int_equal(called, i + 1);
        }
    }
    close(set);
    mxcheck_ctx_free(ctx);
}

/* --- another thread dispatches, under a lock --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct dispatcher {
    mxcheck_ctx *ctx;
    int set;
    bool is_lost;
};

static void *dispatch_all(void *user)
{
    struct dispatcher *dispatcher = user;
    for (bool is_over = false; !is_over;) {
        if (!wait_epoll(-1, dispatcher->set)) {
            dispatcher->is_lost = true;
            return NULL;
        }
        pthread_mutex_lock(&lock);
        mxcheck_ctx_dispatch(dispatcher->ctx);
        is_over = called == CHECKS;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void test_another_thread_dispatches_by_edge(void **state)
{
    struct dispatcher dispatcher = {.ctx = open_ctx()};
    pthread_t thread;
    (void)state;
    dispatcher.set = watch_with(mxcheck_ctx_fd(dispatcher.ctx), EPOLLIN | EPOLLET);
    assert_int_equal(pthread_create(&thread, NULL, dispatch_all, &dispatcher), 0);
    for (unsigned i = 0; i < CHECKS; i++) {
        char family[16];
        snprintf(family, sizeof(family), "thread%u-", i);
        pthread_mutex_lock(&lock);
        start_checks(dispatcher.ctx, family, 1);
        pthread_mutex_unlock(&lock);
    }
    pthread_join(thread, NULL);
    assert_false(dispatcher.is_lost);
    assert_int_equal(called, CHECKS);
    assert_int_equal(timeouts, 0);
    close(dispatcher.set);
    mxcheck_ctx_free(dispatcher.ctx);
}

/* --- io_uring, by its system calls --- */

struct ring {
    int fd;
    unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
};

static bool open_ring(struct ring *ring)
{
    struct io_uring_params params;
    memset(&params, 0, sizeof(params));
    ring->fd = (int)syscall(SYS_io_uring_setup, 8, &params);
    if (ring->fd < 0 || (params.features & IORING_FEAT_SINGLE_MMAP) == 0)
        return false;
    size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    char *rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
    ring->sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
                      ring->fd, IORING_OFF_SQES);
    if (rings == MAP_FAILED || ring->sqes == MAP_FAILED)
        return false;
    ring->sq_tail = (unsigned *)(void *)(rings + params.sq_off.tail);
    ring->sq_mask = (unsigned *)(void *)(rings + params.sq_off.ring_mask);
    ring->sq_array = (unsigned *)(void *)(rings + params.sq_off.array);
    ring->cq_head = (unsigned *)(void *)(rings + params.cq_off.head);
    ring->cq_tail = (unsigned *)(void *)(rings + params.cq_off.tail);
    ring->cq_mask = (unsigned *)(void *)(rings + params.cq_off.ring_mask);
    ring->cqes = (struct io_uring_cqe *)(void *)(rings + params.cq_off.cqes);
    /* cppcheck-suppress memleak; the ring points into it */
    return true;
}

static void submit_poll(struct ring *ring, int fd, bool is_multishot)
{
    unsigned tail = *ring->sq_tail, index = tail & *ring->sq_mask;
    struct io_uring_sqe *sqe = &ring->sqes[index];
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = IORING_OP_POLL_ADD;
    sqe->fd = fd;
    sqe->poll32_events = POLLIN;
    sqe->len = is_multishot ? IORING_POLL_ADD_MULTI : 0;
    ring->sq_array[index] = index;
    __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
    assert_int_equal(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0), 1);
}

static void run_ring(bool is_multishot)
{
    struct ring ring = {.fd = -1};
    if (!open_ring(&ring)) {
        print_message("# skipped: io_uring is not allowed here: %s\n", strerror(errno));
        return;
    }
    mxcheck_ctx *ctx = open_ctx();
    start_checks(ctx, "ring", CHECKS);
    for (bool is_armed = false; called < CHECKS;) {
        if (!is_armed)
            submit_poll(&ring, mxcheck_ctx_fd(ctx), is_multishot);
        struct pollfd watched = {.fd = ring.fd, .events = POLLIN};
        if (poll(&watched, 1, PATIENCE_MS) != 1)
            fail_msg("%u checks are lost", (unsigned)mxcheck_ctx_pending(ctx));
        unsigned head = *ring.cq_head;
        is_armed = (ring.cqes[head & *ring.cq_mask].flags & IORING_CQE_F_MORE) != 0;
        __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
        assert_int_equal(mxcheck_ctx_dispatch(ctx), MXCHECK_OK);
    }
    assert_int_equal(timeouts, 0);
    close(ring.fd);
    mxcheck_ctx_free(ctx);
}

static void test_io_uring(void **state)
{
    (void)state;
    run_ring(false);
}

static void test_io_uring_multishot(void **state)
{
    (void)state;
    run_ring(true);
}

/* --- whose check an id is --- */

static void test_an_id_ends_nobody_elses_check(void **state)
{
    mxcheck_ctx *one = open_ctx(), *other = open_ctx();
    mxcheck_id first, second;
    (void)state;
    assert_int_equal(mxcheck_check_rcpt_async(one, "u@a.nowhere.mx.example", on_result, NULL, &first), MXCHECK_OK);
    assert_int_equal(mxcheck_check_rcpt_async(other, "u@b.nowhere.mx.example", on_result, NULL, &second), MXCHECK_OK);
    assert_true(first != second);
    assert_int_equal(mxcheck_cancel(one, second), MXCHECK_ERR_NOT_FOUND);
    assert_int_equal(mxcheck_cancel(other, first), MXCHECK_ERR_NOT_FOUND);
    assert_int_equal(mxcheck_cancel(one, first), MXCHECK_OK);
    assert_int_equal(mxcheck_cancel(other, second), MXCHECK_OK);
    mxcheck_ctx_free(one);
    mxcheck_ctx_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epoll_by_level),
        cmocka_unit_test(test_epoll_by_edge),
        cmocka_unit_test(test_epoll_by_edge_in_a_busy_host),
        cmocka_unit_test(test_epoll_by_edge_for_everything),
        cmocka_unit_test(test_epoll_once),
        cmocka_unit_test(test_an_epoll_set_within_another_by_level),
        cmocka_unit_test(test_an_epoll_set_within_another_by_edge),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_a_tick),
        cmocka_unit_test(test_checks_that_start_within_callbacks_by_edge),
        cmocka_unit_test(test_checks_without_dns_by_edge),
        cmocka_unit_test(test_another_thread_dispatches_by_edge),
        cmocka_unit_test(test_io_uring),
        cmocka_unit_test(test_io_uring_multishot),
        cmocka_unit_test(test_an_id_ends_nobody_elses_check),
    };
    support_upstream();
    return cmocka_run_group_tests_name("watchers", tests, NULL, NULL);
}
