/* SPDX-License-Identifier: BSD-2-Clause */
/* hits.c: what a check of a remembered domain costs, from address to result, freed; and what of it is the reading of
 * the address. Facts of domains with two MX are put into the cache directly; DNS is not asked.
 *
 *     hits DOMAINS THREADS BATCHES [uniform|shared|processes]
 *
 * A batch is a thousand checks. Domains are asked for as mail asks for them, by Zipf's law with s = 1.0, or each as
 * often as any other (uniform). shared: the cache lies in shared memory; processes: so many children in the place of
 * threads use it there. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "measure.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dns/upstreams.h"
#include "facts/cache.h"
#include "facts/draft.h"
#include "mail/address.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 1000, THREADS_MAX = 16, BUCKET_NS = 10, BUCKETS = 500 };

/* Of single calls; small, so that keeping count disturbs little of what is measured. */
struct histogram {
    unsigned count[BUCKETS];
    unsigned long total;
    double sum_ns;
};

struct run {
    mxcheck_ctx *ctx;
    struct histogram checks, parsings, readings;
    unsigned domains;
    unsigned batches;
    unsigned misses;
    int is_uniform;
    pthread_t thread;
    double first_ns; /* the first check of all */
    double check_ns; /* medians */
    double parse_ns;
    double mean_ns;
    uint32_t random;
};

#define UPSTREAM "127.0.0.1"

static void write_address(char *address, size_t size, unsigned domain)
{
    snprintf(address, size, "user@domain%u.example.com", domain);
}

/* Under whose number the context below finds what is remembered. */
static uint64_t asker;

static void remember(mxcheck_cache *cache, unsigned domain)
{
    struct draft draft;
    char name[64];
    draft_init(&draft, &memory_libc);
    struct facts_answer *mx = &draft.answer[FACTS_MX];
    mx->outcome = FACTS_RECORDS;
    mx->ttl_s = 3600;
    mx->count = 2;
    mx->upstream = draft_put(&draft, "127.0.0.1:53");
    snprintf(name, sizeof(name), "mx1.domain%u.example.com", domain);
    draft_add_mx(&draft, 10, 3600, name);
    name[2] = '2';
    draft_add_mx(&draft, 20, 3600, name);
    snprintf(name, sizeof(name), "domain%u.example.com", domain);
    struct facts *facts = draft_seal(&draft, name, clock_now_us(), clock_now_us());
    if (facts == NULL)
        exit(1);
    cache_put(cache, asker, facts, cache_generation(cache));
    facts_unref(facts, &memory_libc);
    draft_clear(&draft);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static char (*make_batch(struct run *run))[64]
{
    static _Thread_local char addresses[BATCH][64];
    for (unsigned i = 0; i < BATCH; i++) {
        run->random = run->random * 1664525 + 1013904223;
        double share = run->random / 4294967296.0;
        double rank = run->is_uniform ? share * run->domains : exp(share * log(run->domains + 1.0)) - 1;
        /* The multiplier is a prime, so that neighbours in rank are none in memory. */
        write_address(addresses[i], sizeof(addresses[i]), (unsigned)((uint64_t)rank * 2147483647 % run->domains));
    }
    return addresses;
}

static int is_hit(struct run *run, const char *address)
{
    mxcheck_result *result;
    if (mxcheck_check(run->ctx, MXCHECK_ROLE_RCPT, address, strlen(address), MXCHECK_CHECK_CACHED, 0, &result) !=
        MXCHECK_OK)
        return 0;
    int is_accepted = mxcheck_result_verdict(result) == MXCHECK_VERDICT_ACCEPT;
    mxcheck_result_unref(result);
    return is_accepted;
}

static void note(struct histogram *histogram, double ns)
{
    unsigned bucket = ns < 0 ? 0 : (unsigned)(ns / BUCKET_NS);
    histogram->count[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    histogram->sum_ns += ns;
    histogram->total++;
}

static double median(const struct histogram *histogram)
{
    unsigned long below = 0;
    unsigned bucket = 0;
    while (2 * (below + histogram->count[bucket]) < histogram->total)
        below += histogram->count[bucket++];
    double within = ((double)histogram->total / 2 - (double)below) / histogram->count[bucket];
    return (bucket + within) * BUCKET_NS;
}

static double mean(const struct histogram *histogram)
{
    return histogram->sum_ns / (double)histogram->total;
}

static void time_checks(struct run *run, char (*addresses)[64])
{
    double before_ns = now_ns();
    for (unsigned i = 0; i < BATCH; i++) {
        run->misses += !is_hit(run, addresses[i]);
        double after_ns = now_ns();
        note(&run->checks, after_ns - before_ns);
        before_ns = now_ns();
    }
}

static void time_parsing(struct run *run, char (*addresses)[64])
{
    static _Thread_local volatile unsigned kinds;
    double before_ns = now_ns();
    for (unsigned i = 0; i < BATCH; i++) {
        struct address address;
        address_parse(addresses[i], strlen(addresses[i]), &address);
        kinds += (unsigned)address.kind;
        double after_ns = now_ns();
        note(&run->parsings, after_ns - before_ns);
        before_ns = now_ns();
    }
}

static void time_clock(struct run *run)
{
    double before_ns = now_ns();
    for (unsigned i = 0; i < BATCH; i++) {
        double after_ns = now_ns();
        note(&run->readings, after_ns - before_ns);
        before_ns = now_ns();
    }
}

static void *work(void *user)
{
    struct run *run = user;
    double before_ns = now_ns();
    run->misses += !is_hit(run, "user@domain0.example.com");
    run->first_ns = now_ns() - before_ns;
    for (unsigned i = 0; i < run->batches; i++) {
        char(*addresses)[64] = make_batch(run);
        time_checks(run, addresses);
        time_parsing(run, addresses);
        time_clock(run);
    }
    run->mean_ns = mean(&run->checks) - mean(&run->readings);
    run->check_ns = median(&run->checks) - median(&run->readings);
    run->parse_ns = median(&run->parsings) - median(&run->readings);
    return NULL;
}

/* What one random read takes of this machine, in as much memory as the domains have: each place says which is next. */
static double time_memory(unsigned domains)
{
    enum { WORDS = 32, STEPS = 1000000 };
    volatile uint64_t *places = calloc(domains, WORDS * sizeof(*places));
    uint64_t at = 0, random = 1;
    if (places == NULL)
        return 0;
    for (uint64_t i = 0; i < domains; i++)
        places[i * WORDS] = i;
    for (uint64_t i = domains - 1; i > 0; i--) { /* one cycle through all (Sattolo 1986) */
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t j = (random >> 33) % i, other = places[j * WORDS];
        places[j * WORDS] = places[i * WORDS];
        places[i * WORDS] = other;
    }
    double started_ns = now_ns();
    for (int i = 0; i < STEPS; i++)
        at = places[at * WORDS];
    double took_ns = now_ns() - started_ns;
    free((void *)(uintptr_t)places);
    return took_ns / STEPS;
}

/* Each run in a thread, or in a child that tells by shared memory. Returns when all have ended. */
static void work_all(struct run *runs, unsigned count, int are_processes)
{
    for (unsigned i = 0; i < count; i++) {
        pid_t child = are_processes ? fork() : 0;
        if (are_processes && child == 0) {
            work(&runs[i]);
            _exit(0);
        }
        if (child < 0 || (!are_processes && pthread_create(&runs[i].thread, NULL, work, &runs[i]) != 0))
            exit(1);
    }
    for (unsigned i = 0; i < count; i++) {
        if (are_processes)
            wait(NULL);
        else
            pthread_join(runs[i].thread, NULL);
    }
}

int main(int argc, char **argv)
{
    mxcheck_config *config;
    mxcheck_ctx *ctx;
    mxcheck_cache *cache;
    mxcheck_stats stats;
    struct upstreams upstreams;
    char error[100];
    if (argc != 4 && argc != 5)
        return 64;
    unsigned domains = (unsigned)atoi(argv[1]), threads = (unsigned)atoi(argv[2]), batches = (unsigned)atoi(argv[3]);
    if (domains == 0 || threads == 0 || threads > THREADS_MAX || batches == 0)
        return 64;
    const char *mode = argc == 5 ? argv[4] : "";
    int are_processes = strcmp(mode, "processes") == 0;
    size_t bytes = (size_t)domains * 320 + (4 << 20);
    struct run *runs =
        mmap(NULL, THREADS_MAX * sizeof(*runs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (runs == MAP_FAILED ||
        (are_processes || strcmp(mode, "shared") == 0 ? mxcheck_cache_new_shared(NULL, bytes, &cache)
                                                      : mxcheck_cache_new(bytes, &cache)) != MXCHECK_OK ||
        mxcheck_config_new(&config) != MXCHECK_OK || mxcheck_config_set_cache(config, cache) != MXCHECK_OK ||
        mxcheck_config_set(config, "upstreams", UPSTREAM) != MXCHECK_OK || mxcheck_ctx_new(config, &ctx) != MXCHECK_OK)
        return 1;
    upstreams_parse(UPSTREAM, &upstreams, error, sizeof(error));
    asker = upstreams_identify(&upstreams);
    for (unsigned i = 0; i < domains; i++)
        remember(cache, i);
    for (unsigned i = 0; i < threads; i++) {
        runs[i] = (struct run){.ctx = ctx,
                               .domains = domains,
                               .batches = batches,
                               .random = i + 1,
                               .is_uniform = strcmp(mode, "uniform") == 0};
    }
    work_all(runs, threads, are_processes);
    double check_ns = 0, mean_ns = 0, parse_ns = 0, first_ns = 0, per_second = 0;
    unsigned misses = 0;
    for (unsigned i = 0; i < threads; i++) {
        check_ns += runs[i].check_ns / threads;
        parse_ns += runs[i].parse_ns / threads;
        mean_ns += runs[i].mean_ns / threads;
        first_ns += runs[i].first_ns / threads;
        per_second += 1e9 / runs[i].mean_ns;
        misses += runs[i].misses;
    }
    mxcheck_ctx_stats(ctx, &stats, sizeof(stats));
    printf("memory_ns=%.1f check_ns=%.1f mean_ns=%.1f parse_ns=%.1f millions_per_s=%.3f misses=%u domains=%llu "
           "bytes_per_domain=%.1f first_ns=%.0f\n",
           time_memory(domains), check_ns, mean_ns, parse_ns, per_second / 1e6, misses,
           (unsigned long long)stats.domains, stats.domains == 0 ? 0 : (double)stats.bytes / (double)stats.domains,
           first_ns);
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(config);
    mxcheck_cache_unref(cache);
    return misses > 0;
}
