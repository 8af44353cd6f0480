/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-web.c: a web page on which people look a mail domain up. One thread and one epoll set: in it are the set of
 * libmicrohttpd and the descriptors of the two contexts, one for each depth.
 *
 * Read checker.c for the calls of libmxcheck, and route.c for what each path does. */
#include "checker.h"
#include "listen.h"
#include "options.h"
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

enum { EVENTS_MAX = 16, SWEEP_MS = 1000, DESCRIPTORS_OWN = 32, GO_ON = -1 };

/* --- what it needs ------------------------------------------------------------------------------------------------ */

static bool watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each connection has a descriptor, and each question to DNS: a check has two at the same time as a rule. */
static void allow_descriptors(struct options *options)
{
    struct rlimit limit;
    rlim_t others = DESCRIPTORS_OWN + 2 * (rlim_t)options->checks_at_once;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (others > limit.rlim_max / 2)
        others = limit.rlim_max / 2;
    if (limit.rlim_max == RLIM_INFINITY || options->connections <= limit.rlim_max - others)
        return;
    options->connections = (unsigned)(limit.rlim_max - others);
    fprintf(stderr, "mxcheck-web: with %llu descriptors there are %u connections at most\n",
            (unsigned long long)limit.rlim_max, options->connections);
}

static int rest_ms(const struct server *server)
{
    return checker_has_room(server->checker) ? 0 : server_rest_ms(server);
}

static int complain(const char *what, const char *why, int status)
{
    fprintf(stderr, "mxcheck-web: %s: %s\n", what, why);
    return status;
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static bool watch_contexts(int epoll, const struct checker *checker)
{
    return watch(epoll, mxcheck_ctx_fd(checker->contexts[DEPTH_RECORDS])) &&
           watch(epoll, mxcheck_ctx_fd(checker->contexts[DEPTH_TARGETS]));
}

static void unwatch_contexts(int epoll, const struct checker *checker)
{
    for (int i = 0; i < DEPTHS; i++)
        epoll_ctl(epoll, EPOLL_CTL_DEL, mxcheck_ctx_fd(checker->contexts[i]), NULL);
}

/* Read the library's options anew. Gives GO_ON, or the status to end with. */
static int reload(const struct server *server, int epoll)
{
    mxcheck_config *config;
    char line[512];
    const char *why = line;
    bool is_good = settings_read(&server->options->settings, &config, line, sizeof(line)) == EX_OK;
    unwatch_contexts(epoll, server->checker);
    if (is_good)
        is_good = checker_change(server->checker, config, server->options->checks_at_once, &why);
    if (!is_good)
        complain("the configuration stays as it was", why, EX_CONFIG);
    mxcheck_config_free(config);
    return watch_contexts(epoll, server->checker) ? GO_ON : complain("cannot go on", "no descriptors", EX_OSERR);
}

/* Do what signals tell. Gives GO_ON, or the status to end with. */
static int heed(const struct server *server, int epoll, int signals)
{
    struct signalfd_siginfo info;
    int status = GO_ON;
    while (status == GO_ON && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        status = info.ssi_signo == SIGHUP ? reload(server, epoll) : EXIT_SUCCESS;
    return status;
}

/* What woke the loop does not matter, all are served each time. Checks that have finished let their connections go on,
 * and connections start checks, which may let others go on. */
static int run(struct server *server, int epoll, int signals)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t swept_ms = allowance_now_ms();
    int status;
    while ((status = heed(server, epoll, signals)) == GO_ON) {
        epoll_wait(epoll, events, EVENTS_MAX, rest_ms(server));
        checker_dispatch(server->checker);
        server_run(server);
        if (allowance_now_ms() - swept_ms >= SWEEP_MS) {
            swept_ms = allowance_now_ms();
            server_sweep(server);
        }
    }
    return status;
}

static int serve(struct server *server, int listener, const char *name)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int signals = open_signals();
    int status;
    if (!server_start(server, listener))
        return complain("cannot start", "libmicrohttpd says no", EX_OSERR);
    if (watch(epoll, signals) && watch(epoll, server_fd(server)) && watch_contexts(epoll, server->checker)) {
        printf("listening on %s\n", name);
        fflush(stdout);
        status = run(server, epoll, signals);
    } else {
        status = complain("cannot start", "no descriptors", EX_OSERR);
    }
    server_stop(server);
    close(signals);
    close(epoll);
    return status;
}

static int open_checker(const struct server *server)
{
    mxcheck_config *config;
    char line[512];
    const char *why = line;
    int status = settings_read(&server->options->settings, &config, line, sizeof(line));
    if (status != EX_OK)
        return complain("cannot start", line, status);
    if (!checker_begin(server->checker, config, server->options->checks_at_once, &why))
        status = complain("cannot start", why, EX_CONFIG);
    mxcheck_config_free(config);
    return status;
}

static int begin(struct server *server)
{
    const struct options *options = server->options;
    char name[80];
    const char *why;
    int status = open_checker(server);
    if (status != EX_OK)
        return status;
    int listener = listen_at(options->listen, options->is_public, name, sizeof(name), &why);
    status = listener < 0 ? complain(options->listen, why, EX_USAGE) : serve(server, listener, name);
    checker_end(server->checker);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct checker checker;
    options_read(&options, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    allow_descriptors(&options);
    struct server server = {.options = &options, .checker = &checker, .clients = clients_new()};
    int status = server.clients == NULL ? complain("cannot start", "no memory", EX_OSERR) : begin(&server);
    clients_free(server.clients);
    options_clear(&options);
    return status;
}
