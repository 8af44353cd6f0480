/* SPDX-License-Identifier: BSD-2-Clause */
/* test_stack.c: how much stack every public function takes, and what becomes of a thread that has too little. The
 * upstream may be one over TLS. */
#define _GNU_SOURCE /* unshare */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB 1024
#define ROOM (1024 * KIB)
#define GUARD (64 * KIB)
#define PAINT 0xa5
#define PROMISED 256                        /* KiB, for a thread that asks DNS */
#define USUAL 64                            /* for all that makes no getdns context */
#define HAS_SANITIZER SUPPORT_HAS_SANITIZER /* which has large frames, and some of its own */

#define GOOD "u@ok-mx.mx.example"
#define LARGE "u@mx-200.mx.example" /* whose answer has no room in a datagram */

/* --- threads ------------------------------------------------------------------------------------------------------ */

typedef void *(*work)(void *user);

/* A stack of one's own, since the C library gives away larger ones that it has left. Below it is nothing. */
static unsigned char *new_stack(size_t size)
{
    /* cppcheck-suppress invalidFunctionArg; -1 goes with MAP_ANONYMOUS */
    unsigned char *stack = mmap(NULL, size + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack + GUARD, size, PROT_READ | PROT_WRITE) != 0)
        abort();
    return stack + GUARD;
}

static void run_on(unsigned char *stack, size_t size, work job, void *user)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, size) != 0 || pthread_create(&thread, &attributes, job, user) != 0)
        abort();
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void run_with_stack(size_t kib, work job, void *user)
{
    unsigned char *stack = new_stack(kib * KIB);
    run_on(stack, kib * KIB, job, user);
    munmap(stack - GUARD, kib * KIB + GUARD);
}

/* Returns how many KiB of its stack a thread has written to, all that a thread takes included. */
static size_t measure(work job, void *user)
{
    size_t clean = 0;
    unsigned char *stack = new_stack(ROOM);
    memset(stack, PAINT, ROOM);
    run_on(stack, ROOM, job, user);
    while (clean < ROOM && stack[clean] == PAINT)
        clean++;
    munmap(stack - GUARD, ROOM + GUARD);
    return (ROOM - clean + KIB - 1) / KIB;
}

/* --- every function ----------------------------------------------------------------------------------------------- */

struct scene {
    mxcheck_config *config;
    mxcheck_ctx *ctx;
    mxcheck_cache *cache;
    mxcheck_result *result; /* with a long story */
    char *path;             /* of a configuration */
    bool is_wrong;
};

static void claim(struct scene *scene, bool is_right)
{
    scene->is_wrong |= !is_right;
}

static void log_nothing(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)id;
    (void)level;
    (void)line;
    (void)user_data;
}

static void *configure(void *user)
{
    struct scene *scene = user;
    mxcheck_config *config;
    claim(scene, mxcheck_config_new(&config) == MXCHECK_OK);
    for (size_t i = 0; i < mxcheck_option_count(); i++) {
        const char *name = mxcheck_option_name(i);
        claim(scene, mxcheck_config_set(config, name, mxcheck_option_default(i)) == MXCHECK_OK);
        claim(scene, mxcheck_config_get(config, name) != NULL && mxcheck_option_help(i) != NULL);
    }
    claim(scene, mxcheck_config_load(config, scene->path) == MXCHECK_OK);
    claim(scene, mxcheck_config_load(config, "/nowhere") == MXCHECK_ERR_FILE);
    claim(scene, mxcheck_config_set(config, "upstreams", "tls://[::1%x#y z") == MXCHECK_ERR_OPTION);
    claim(scene, mxcheck_config_error(config)[0] != '\0');
    claim(scene, mxcheck_config_set_memory(config, NULL, NULL, NULL, NULL) == MXCHECK_OK);
    claim(scene, mxcheck_config_set_cache(config, scene->cache) == MXCHECK_OK);
    mxcheck_config_free(config);
    return NULL;
}

static void *make_contexts(void *user)
{
    struct scene *scene = user;
    mxcheck_ctx *ctx;
    mxcheck_stats stats;
    claim(scene, mxcheck_ctx_new(scene->config, &ctx) == MXCHECK_OK);
    claim(scene, mxcheck_ctx_stats(ctx, &stats, sizeof(stats)) == MXCHECK_OK);
    claim(scene, mxcheck_ctx_cache(ctx) == NULL && mxcheck_ctx_pending(ctx) == 0);
    claim(scene, mxcheck_ctx_fd(ctx) >= 0 && mxcheck_ctx_dispatch(ctx) == MXCHECK_OK);
    mxcheck_ctx_free(ctx);
    return NULL;
}

static void *use_cache(void *user)
{
    struct scene *scene = user;
    mxcheck_cache *cache;
    claim(scene, mxcheck_cache_new(1 << 20, &cache) == MXCHECK_OK);
    mxcheck_cache_flush(mxcheck_cache_ref(cache), "b\xc3\xbc"
                                                  "cher.example");
    mxcheck_cache_flush(cache, NULL);
    mxcheck_cache_unref(cache);
    mxcheck_cache_unref(cache);
    return NULL;
}

static void check(struct scene *scene, mxcheck_role role, const char *address)
{
    mxcheck_result *result = NULL;
    mxcheck_status status = role == MXCHECK_ROLE_SENDER ? mxcheck_check_sender(scene->ctx, address, &result)
                                                        : mxcheck_check_rcpt(scene->ctx, address, &result);
    claim(scene, status == MXCHECK_OK && mxcheck_result_verdict(result) != 0);
    mxcheck_result_unref(result);
}

static void *judge_forms(void *user)
{
    static char address[4000];
    memset(address, '(', sizeof(address) - 1);
    check(user, MXCHECK_ROLE_SENDER, "");
    check(user, MXCHECK_ROLE_RCPT, "u@[IPv6:2001:db8::1]");
    check(user, MXCHECK_ROLE_RCPT,
          "<@a.example,@b.example:\"x\\\"y\"@b\xc3\xbc"
          "cher.invalid>");
    check(user, MXCHECK_ROLE_RCPT, address);
    return NULL;
}

static void *look_up(void *user)
{
    check(user, MXCHECK_ROLE_SENDER, GOOD);
    check(user, MXCHECK_ROLE_RCPT, LARGE);
    check(user, MXCHECK_ROLE_RCPT, "u@nxdomain.mx.example");
    check(user, MXCHECK_ROLE_RCPT, "u@implicit-aaaa.mx.example");
    return NULL;
}

static void *look_up_many(void *user)
{
    struct scene *scene = user;
    static const char *const addresses[] = {GOOD, LARGE, "u@nxdomain.mx.example", "u@null-mx.mx.example", "u@"};
    mxcheck_result *results[5] = {NULL};
    claim(scene, mxcheck_check_rcpts(scene->ctx, addresses, 5, results) == MXCHECK_OK);
    for (int i = 0; i < 5; i++)
        mxcheck_result_unref(results[i]);
    return NULL;
}

static void *look_into_memory(void *user)
{
    struct scene *scene = user;
    mxcheck_result *result;
    mxcheck_status status =
        mxcheck_check(scene->ctx, MXCHECK_ROLE_RCPT, GOOD, strlen(GOOD), MXCHECK_CHECK_CACHED, 0, &result);
    claim(scene, status == MXCHECK_ERR_NOT_CACHED);
    return NULL;
}

static void hear(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    int *heard = user_data;
    (void)id;
    *heard = mxcheck_result_reason(result);
}

static void *look_up_asynchronously(void *user)
{
    struct scene *scene = user;
    int heard = 0;
    mxcheck_id id = 0;
    claim(scene, mxcheck_check_sender_async(scene->ctx, LARGE, hear, &heard, &id) == MXCHECK_OK);
    mxcheck_ctx_dispatch(scene->ctx);
    claim(scene, mxcheck_cancel(scene->ctx, id) == MXCHECK_OK);
    claim(scene, mxcheck_check_rcpt_async(scene->ctx, LARGE, hear, &heard, &id) == MXCHECK_OK);
    while (mxcheck_ctx_pending(scene->ctx) > 0) {
        struct pollfd due = {.fd = mxcheck_ctx_fd(scene->ctx), .events = POLLIN};
        poll(&due, 1, 5000);
        mxcheck_ctx_dispatch(scene->ctx);
    }
    claim(scene, heard == MXCHECK_REASON_MX);
    return NULL;
}

static void *tell(void *user)
{
    struct scene *scene = user;
    static char buffer[1 << 17];
    const mxcheck_result *result = scene->result;
    claim(scene, mxcheck_result_explain(result, NULL, buffer, sizeof(buffer)) > 500);
    claim(scene, mxcheck_result_json(result, NULL, buffer, sizeof(buffer)) > 1000);
    claim(scene, mxcheck_result_reply(result, "id", buffer, sizeof(buffer)) > 0);
    claim(scene, mxcheck_result_smtp_code(result) > 0 && mxcheck_result_enhanced_code(result)[0] != '\0');
    claim(scene, mxcheck_result_hint(result) != NULL && mxcheck_result_mx_count(result) > 10);
    claim(scene, mxcheck_result_mx_host(result, 0)[0] != '\0' && mxcheck_result_note(result, 0) != NULL);
    return NULL;
}

static void *free_context(void *user)
{
    struct scene *scene = user;
    mxcheck_ctx_free(scene->ctx);
    return NULL;
}

static const struct {
    const char *name;
    work job;
    size_t most; /* KiB */
} jobs[] = {
    {"configurations", configure, USUAL},
    {"contexts", make_contexts, USUAL},
    {"caches", use_cache, USUAL},
    {"checks by form", judge_forms, USUAL},
    {"the first lookups", look_up, PROMISED},
    {"lookups", look_up, USUAL},
    {"batches", look_up_many, USUAL},
    {"checks by memory", look_into_memory, USUAL},
    {"the first asynchronous checks", look_up_asynchronously, PROMISED},
    {"asynchronous checks", look_up_asynchronously, USUAL},
    {"explain, json, reply", tell, USUAL},
    {"freeing a context in use", free_context, USUAL},
};

static char *write_configuration(void)
{
    static char path[] = "/tmp/mxcheck-stack-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs("# a comment\ntimeout = 5s\ndepth = targets\nforbidden-networks = 192.0.2.0/24, 2001:db8::/32\n", file);
    fclose(file);
    return path;
}

static const struct setting no_cache[] = {{"cache-size", "0"}, {"timeout", "8s"}, {NULL, NULL}};

static void set_scene(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->path = write_configuration();
    scene->config = support_config(no_cache);
    mxcheck_config_set_log(scene->config, MXCHECK_LOG_DEBUG, log_nothing, NULL);
    assert_int_equal(mxcheck_cache_new(1 << 16, &scene->cache), MXCHECK_OK);
    assert_int_equal(mxcheck_ctx_new(scene->config, &scene->ctx), MXCHECK_OK);
    mxcheck_ctx *ctx = support_ctx(no_cache);
    scene->result = support_check(ctx, MXCHECK_ROLE_RCPT, LARGE);
    mxcheck_ctx_free(ctx);
}

static void test_no_function_takes_more_stack_than_promised(void **state)
{
    struct scene scene;
    (void)state;
    set_scene(&scene);
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        size_t kib = measure(jobs[i].job, &scene);
        printf("# %s: %zu KiB\n", jobs[i].name, kib);
        if (scene.is_wrong)
            fail_msg("%s did not do what they should", jobs[i].name);
        if (kib >= jobs[i].most && !HAS_SANITIZER)
            fail_msg("%s take %zu KiB", jobs[i].name, kib);
    }
    mxcheck_result_unref(scene.result);
    mxcheck_cache_unref(scene.cache);
    mxcheck_config_free(scene.config);
    remove(scene.path);
}

/* --- libunbound, where there is no network ------------------------------------------------------------------------ */

static void *look_up_in_vain(void *user)
{
    mxcheck_result *result = NULL;
    if (mxcheck_check_rcpt(user, GOOD, &result) == MXCHECK_OK)
        mxcheck_result_unref(result);
    return NULL;
}

static int look_up_by_recursion(void)
{
    static const struct setting settings[] = {
        {"upstreams", ""}, {"resolution", "recursive"}, {"timeout", "1s"}, {"cache-size", "0"}, {NULL, NULL}};
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && unshare(CLONE_NEWNET) != 0)
        return 77;
    mxcheck_ctx *ctx = support_ctx(settings);
    size_t first = measure(look_up_in_vain, ctx), next = measure(look_up_in_vain, ctx);
    printf("# the first lookup by recursion: %zu KiB\n# a lookup by recursion: %zu KiB\n", first, next);
    fflush(stdout);
    mxcheck_ctx_free(ctx);
    return HAS_SANITIZER || (first > USUAL && first < PROMISED && next < USUAL) ? 0 : 1;
}

static void test_nor_does_recursion(void **state)
{
    int status = 1;
    (void)state;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(look_up_by_recursion());
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        printf("# no network namespace: nothing is known of recursion\n");
    else
        assert_int_equal(status, 0);
}

/* --- threads that have just enough, and too little -----------------------------------------------------------------
 */

static void test_a_stack_of_the_promised_size_is_enough(void **state)
{
    static const work most[] = {look_up, look_up_many, look_up_asynchronously};
    (void)state;
    for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
        struct scene scene = {.ctx = support_ctx(no_cache)};
        run_with_stack(PROMISED, most[i], &scene);
        assert_false(scene.is_wrong);
        mxcheck_ctx_free(scene.ctx);
    }
}

static void *be_refused(void *user)
{
    struct scene *scene = user;
    static const char *const addresses[] = {"u@foo.invalid", GOOD};
    mxcheck_result *results[2] = {NULL};
    int heard = 0;
    claim(scene, mxcheck_check_rcpt(scene->ctx, GOOD, results) == MXCHECK_ERR_SYSTEM);
    claim(scene, mxcheck_check_rcpts(scene->ctx, addresses, 2, results) == MXCHECK_ERR_SYSTEM);
    claim(scene, mxcheck_check_rcpt_async(scene->ctx, GOOD, hear, &heard, NULL) == MXCHECK_ERR_SYSTEM);
    claim(scene, mxcheck_ctx_pending(scene->ctx) == 0 && results[0] == NULL);
    judge_forms(scene); /* which is no matter of DNS */
    return NULL;
}

static void *dispatch(void *user)
{
    struct scene *scene = user;
    for (int turns = 0; turns < 1000 && mxcheck_ctx_pending(scene->ctx) > 0; turns++) {
        struct pollfd due = {.fd = mxcheck_ctx_fd(scene->ctx), .events = POLLIN};
        poll(&due, 1, 5000);
        mxcheck_ctx_dispatch(scene->ctx);
    }
    return NULL;
}

/* The check is refused; one that was started by a thread with enough is deferred. */
static void test_less_is_an_error_and_no_crash(void **state)
{
    static const size_t sizes[] = {64, 128};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (sizes[i] == 64 && HAS_SANITIZER)
            continue;
        struct scene scene = {.ctx = support_ctx(no_cache)};
        int heard = 0;
        run_with_stack(sizes[i], be_refused, &scene);
        assert_false(scene.is_wrong);
        assert_int_equal(mxcheck_check_rcpt_async(scene.ctx, GOOD, hear, &heard, NULL), MXCHECK_OK);
        run_with_stack(sizes[i], dispatch, &scene);
        assert_int_equal(heard, MXCHECK_REASON_DNS_FAILURE);
        heard = 0;
        assert_int_equal(mxcheck_check_rcpt_async(scene.ctx, GOOD, hear, &heard, NULL), MXCHECK_OK);
        dispatch(&scene);
        assert_int_equal(heard, MXCHECK_REASON_MX);
        look_up(&scene);
        assert_false(scene.is_wrong);
        mxcheck_ctx_free(scene.ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_function_takes_more_stack_than_promised),
        cmocka_unit_test(test_nor_does_recursion),
        cmocka_unit_test(test_a_stack_of_the_promised_size_is_enough),
        cmocka_unit_test(test_less_is_an_error_and_no_crash),
    };
    support_upstream();
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
