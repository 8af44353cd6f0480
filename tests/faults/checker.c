/* SPDX-License-Identifier: BSD-2-Clause */
/* checker.c: checks the addresses of standard input, all at once, and tells what is left behind.
 *
 *     checker [-t THREADS] [-d DESCRIPTORS] [-o] NAME=VALUE... < addresses
 *
 * Prints `ADDRESS<TAB>reason<TAB>milliseconds` for each; then `left pending=N readable=N descriptors=N blocks=N
 * most=N cpu_ms=N`: checks under way, whether the descriptor of the context is readable, descriptors open more than at
 * first, blocks of memory after the context is freed, the most descriptors that were open, and the CPU time used.
 * -t: blocking checks by so many threads. -d: so many descriptors are allowed while the checks run. -o: a descriptor of
 * our own is opened in each turn of the loop, where numbers have just become free; `lost=N`: so many of them were
 * closed by others. */
#include <mxcheck/mxcheck.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char **addresses;
static size_t count;
static size_t next; /* atomic */
static size_t ended;
static long blocks; /* atomic */
static int most_descriptors;
static int own[256];
static size_t own_count;
static size_t own_most; /* 0: none are opened */
static int lost;

static void *count_malloc(size_t size, void *user_data)
{
    (void)user_data;
    __atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
    return malloc(size);
}

static void *count_realloc(void *block, size_t size, void *user_data)
{
    (void)user_data;
    if (block == NULL)
        __atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
    return realloc(block, size);
}

static void count_free(void *block, void *user_data)
{
    (void)user_data;
    __atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
    free(block);
}

/* Descriptors open; by trying, since there may be none left to open a folder with. */
static int count_descriptors(void)
{
    struct rlimit limit;
    int open_count = 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 0; fd < (int)limit.rlim_max && fd < 16384; fd++) {
        struct pollfd probe = {.fd = fd};
        if (poll(&probe, 1, 0) >= 0 && (probe.revents & POLLNVAL) == 0)
            open_count++;
    }
    return open_count;
}

static void read_addresses(void)
{
    char line[1024];
    size_t room = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (count == room) {
            room = room == 0 ? 64 : room * 2;
            addresses =
                realloc(addresses, room * sizeof(*addresses)); /* cppcheck-suppress memleakOnRealloc; it aborts */
            if (addresses == NULL)
                abort();
        }
        addresses[count++] = strdup(line);
    }
}

static void tell(const mxcheck_result *result)
{
    printf("%s\t%s\t%u\n", mxcheck_result_address(result), mxcheck_reason_name(mxcheck_result_reason(result)),
           mxcheck_result_elapsed_us(result) / 1000);
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    (void)id;
    (void)user_data;
    ended++;
    tell(result);
}

static void open_own(void)
{
    int fd = own_count < own_most ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0)
        own[own_count++] = fd;
}

static void close_own(void)
{
    while (own_count > 0)
        lost += close(own[--own_count]) != 0;
}

static void check_side_by_side(mxcheck_ctx *ctx)
{
    struct pollfd watched = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
    unsigned turns = 0;
    for (size_t i = 0; i < count; i++) {
        mxcheck_status status = mxcheck_check_rcpt_async(ctx, addresses[i], on_result, NULL, NULL);
        if (status != MXCHECK_OK) {
            printf("%s\t%s\t0\n", addresses[i], mxcheck_status_name(status));
            ended++;
        }
    }
    while (ended < count) {
        poll(&watched, 1, -1);
        mxcheck_ctx_dispatch(ctx);
        open_own();
        if (turns++ % 64 == 0) {
            int descriptors = count_descriptors();
            most_descriptors = descriptors > most_descriptors ? descriptors : most_descriptors;
        }
    }
}

static void *check_one_by_one(void *ctx)
{
    size_t i;
    while ((i = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED)) < count) {
        mxcheck_result *result;
        mxcheck_status status = mxcheck_check_rcpt(ctx, addresses[i], &result);
        if (status == MXCHECK_OK) {
            tell(result);
            mxcheck_result_unref(result);
        } else {
            printf("%s\t%s\t0\n", addresses[i], mxcheck_status_name(status));
        }
    }
    return NULL;
}

static void check_by_threads(mxcheck_ctx *ctx, int thread_count)
{
    pthread_t threads[64];
    for (int i = 0; i < thread_count; i++)
        pthread_create(&threads[i], NULL, check_one_by_one, ctx);
    for (int i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
}

static mxcheck_ctx *make_ctx(char **settings)
{
    mxcheck_config *config;
    mxcheck_ctx *ctx;
    if (mxcheck_config_new(&config) != MXCHECK_OK ||
        mxcheck_config_set_memory(config, count_malloc, count_realloc, count_free, NULL) != MXCHECK_OK)
        exit(1);
    for (; *settings != NULL; settings++) {
        char *value = strchr(*settings, '=');
        if (value == NULL)
            exit(64);
        *value++ = '\0';
        if (mxcheck_config_set(config, *settings, value) != MXCHECK_OK) {
            fprintf(stderr, "%s\n", mxcheck_config_error(config));
            exit(64);
        }
    }
    if (mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        exit(1);
    mxcheck_config_free(config);
    return ctx;
}

static void allow_descriptors(rlim_t most)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = most == 0 || most > limit.rlim_max ? limit.rlim_max : most;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static long cpu_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

/* The context must be fit for another check, and then leave nothing behind. */
static void finish(mxcheck_ctx *ctx, int descriptors_before, int thread_count)
{
    int readable = 0;
    size_t pending = mxcheck_ctx_pending(ctx);
    if (thread_count == 0) {
        mxcheck_ctx_dispatch(ctx);
        struct pollfd watched = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
        readable = poll(&watched, 1, 200);
    }
    mxcheck_ctx_free(ctx);
    close_own();
    printf("left pending=%zu readable=%d descriptors=%d blocks=%ld most=%d cpu_ms=%ld lost=%d\n", pending, readable,
           count_descriptors() - descriptors_before, blocks, most_descriptors, cpu_ms(), lost);
}

int main(int argc, char **argv)
{
    int thread_count = 0;
    rlim_t most = 0;
    int option;
    while ((option = getopt(argc, argv, "t:d:o")) != -1) {
        if (option == 't')
            thread_count = atoi(optarg);
        else if (option == 'd')
            most = (rlim_t)atoi(optarg);
        else if (option == 'o')
            own_most = sizeof(own) / sizeof(own[0]);
        else
            return 64;
    }
    read_addresses();
    int descriptors_before = count_descriptors();
    mxcheck_ctx *ctx = make_ctx(argv + optind);
    allow_descriptors(most);
    if (thread_count > 0)
        check_by_threads(ctx, thread_count);
    else
        check_side_by_side(ctx);
    if (most != 0) {
        allow_descriptors(0);
        ended = next = 0;
        puts("again");
        if (thread_count > 0)
            check_by_threads(ctx, thread_count);
        else
            check_side_by_side(ctx);
    }
    finish(ctx, descriptors_before, thread_count);
    for (size_t i = 0; i < count; i++)
        free(addresses[i]);
    free(addresses);
    return 0;
}
