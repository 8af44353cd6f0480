/* SPDX-License-Identifier: BSD-2-Clause */
/* driver.c: the same work for every peer, and what it cost in processor time of this process.
 *
 *     peer-NAME ADDRESS PORT distinct|zipf|children CHECKS IN_FLIGHT [THREADS [DOMAINS]]
 *
 * distinct: each name once. zipf: a day of mail, CHECKS over DOMAINS names by Zipf's law with s = 1.0. children: the
 * same in THREADS processes, one after the other, as servers have that fork for each connection. */
#include "../measure.h"
#include "peer.h"

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS_MAX = 16, CHILDREN_MAX = 100000 };

struct run {
    const char *address;
    unsigned port;
    int is_zipf;
    unsigned domains;
    unsigned checks;
    unsigned in_flight;
    unsigned started;
    unsigned ended;
    unsigned failed;
    unsigned first; /* number of its first distinct name */
    uint32_t random;
    pthread_t thread;
};

static void on_done(void *user, int is_good)
{
    struct run *run = user;
    run->ended++;
    run->failed += !is_good;
}

static unsigned next_domain(struct run *run)
{
    if (!run->is_zipf)
        return run->first + run->started;
    run->random = run->random * 1664525 + 1013904223;
    return (unsigned)exp(run->random / 4294967296.0 * log(run->domains + 1.0)) - 1;
}

static void *work(void *user)
{
    struct run *run = user;
    const struct peer_job job = {run->address, run->port, run->in_flight, on_done, run};
    struct peer *peer = peer_open(&job);
    char name[64];
    while (run->ended < run->checks) {
        while (run->started < run->checks && run->started - run->ended < run->in_flight) {
            snprintf(name, sizeof(name), "d%u.bench.example", next_domain(run));
            run->started++;
            peer_ask(peer, name);
        }
        if (run->started > run->ended)
            peer_turn(peer);
    }
    peer_close(peer);
    return NULL;
}

/* Returns how many checks of all children failed. Each is told by the exit status that none did. */
static unsigned work_in_children(const struct run *all, unsigned children)
{
    unsigned failed = 0;
    if (peer_prepare_children != NULL)
        peer_prepare_children();
    for (unsigned i = 0; i < children; i++) {
        struct run run = *all;
        int status;
        run.checks = all->checks / children;
        run.random = (i + 1) * 2654435761U;
        pid_t child = fork();
        if (child == 0) {
            work(&run);
            _exit(run.failed > 0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
            exit(1);
        failed += status != 0;
    }
    return failed;
}

int main(int argc, char **argv)
{
    static struct run runs[THREADS_MAX];
    if (argc < 6)
        return 64;
    unsigned checks = (unsigned)atoi(argv[4]), in_flight = (unsigned)atoi(argv[5]);
    unsigned threads = argc > 6 ? (unsigned)atoi(argv[6]) : 1, domains = argc > 7 ? (unsigned)atoi(argv[7]) : 100000;
    int are_children = strcmp(argv[3], "children") == 0;
    if (checks == 0 || in_flight == 0 || threads == 0 || threads > (are_children ? CHILDREN_MAX : THREADS_MAX) ||
        domains == 0)
        return 64;
    if (in_flight > peer_in_flight_max)
        in_flight = peer_in_flight_max;
    struct measure before = measure_now();
    unsigned failed = 0;
    if (are_children) {
        const struct run all = {.address = argv[1],
                                .port = (unsigned)atoi(argv[2]),
                                .is_zipf = 1,
                                .domains = domains,
                                .checks = checks,
                                .in_flight = in_flight};
        failed = work_in_children(&all, threads);
        measure_print(before, checks, failed, 0);
        return 0;
    }
    for (unsigned i = 0; i < threads; i++) {
        runs[i] = (struct run){.address = argv[1],
                               .port = (unsigned)atoi(argv[2]),
                               .is_zipf = strcmp(argv[3], "zipf") == 0,
                               .domains = domains,
                               .checks = checks / threads,
                               .in_flight = in_flight,
                               .first = i * (checks / threads),
                               .random = i + 1};
        if (pthread_create(&runs[i].thread, NULL, work, &runs[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(runs[i].thread, NULL);
        failed += runs[i].failed;
    }
    measure_print(before, checks, failed, 0);
    return 0;
}
