/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-web.c: a web page on which people look a mail domain up. One thread and one epoll set: in it are the set of
 * libmicrohttpd and the descriptors of the two contexts, one for each depth.
 *
 * Read checker.c for the calls of libmxcheck, and request.c for what each path does. */
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

enum { EVENTS_MAX = 16, SWEEP_MS = 1000 };

/* What woke the loop matters only for signals: all others are served each time. */
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
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each client has a descriptor, and each question to DNS. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int rest_ms(const struct server *server)
{
    int rest = checker_has_room(server->checker) ? 0 : server_rest_ms(server);
    return rest < 0 && server->visits != NULL ? SWEEP_MS : rest;
}

/* Checks that have finished let their connections go on, and connections start checks, which may let others go on. */
static void run(struct server *server, int epoll, int signals)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t swept_ms = allowance_now_ms();
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, rest_ms(server));
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == signals)
                return;
        }
        checker_dispatch(server->checker);
        server_run(server);
        if (allowance_now_ms() - swept_ms >= SWEEP_MS) {
            swept_ms = allowance_now_ms();
            server_sweep(server);
        }
    }
}

static int complain(const char *what, const char *why, int status)
{
    fprintf(stderr, "mxcheck-web: %s: %s\n", what, why);
    return status;
}

static int serve(struct server *server, int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int signals = open_signals();
    int status = EXIT_SUCCESS;
    if (!server_start(server, listener))
        return complain("cannot start", "libmicrohttpd says no", EX_OSERR);
    if (watch(epoll, signals) && watch(epoll, server_fd(server)) &&
        watch(epoll, mxcheck_ctx_fd(server->checker->contexts[DEPTH_RECORDS])) &&
        watch(epoll, mxcheck_ctx_fd(server->checker->contexts[DEPTH_TARGETS])))
        run(server, epoll, signals);
    else
        status = complain("cannot start", "no descriptors", EX_OSERR);
    server_stop(server);
    close(signals);
    close(epoll);
    return status;
}

static int begin(struct server *server)
{
    const struct options *options = server->options;
    char name[80];
    const char *why;
    int listener = listen_at(options->listen, options->is_public, name, sizeof(name), &why);
    if (listener < 0)
        return complain(options->listen, why, EX_USAGE);
    if (!checker_begin(server->checker, options->config, options->checks_at_once, &why)) {
        close(listener);
        return complain("cannot start", why, EX_CONFIG);
    }
    printf("listening on %s\n", name);
    fflush(stdout);
    int status = serve(server, listener);
    checker_end(server->checker);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct checker checker;
    options_read(&options, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    allow_descriptors();
    struct server server = {.options = &options, .checker = &checker, .clients = clients_new()};
    int status = server.clients == NULL ? complain("cannot start", "no memory", EX_OSERR) : begin(&server);
    clients_free(server.clients);
    options_clear(&options);
    return status;
}
