/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-policy.c: a policy server for Postfix that checks the domains of senders and recipients.
 *
 *     cc -o mxcheck-policy *.c ../common/?*.c $(pkg-config --cflags --libs mxcheck libevent_core)
 *
 * One process, one thread. README.md says how Postfix is told of it. */
#include "../common/report.h"
#include "listen.h"
#include "server.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char program[] = "mxcheck-policy";
static const char help[] =
    "usage: mxcheck-policy [OPTION ...]\n"
    "A policy server for Postfix that checks the domains of senders and recipients.\n\n"
    "  --listen WHERE                  inet:HOST:PORT or unix:PATH, any number of times; without it, the\n"
    "                                  sockets that systemd hands over\n"
    "  --socket-mode MODE              of unix:PATH, in octal (default 660)\n"
    "  --stdin                         one connection, at standard input and output, as spawn(8) has it\n"
    "  --defer-if-permit               answer DEFER_IF_PERMIT where the reply would be a 4XX\n"
    "  --shadow FILE                   try the options of this file as well; log where their verdict differs\n"
    "  --connections NUMBER            at most so many at once (default 1000)\n"
    "  --request OCTETS                at most so long (default 65536)\n"
    "  --idle SECONDS                  close a connection that is idle for so long (default 3600)\n" SETTINGS_HELP
    "SIGHUP reads the configuration anew; SIGUSR1 logs the counts.\n";

enum { LISTEN = SETTING_OWN, SOCKET_MODE, STDIN, DEFER_IF_PERMIT, SHADOW, CONNECTIONS, REQUEST, IDLE };
enum { MOST_PLACES = 16 };

struct arguments {
    struct server_settings server;
    const char *places[MOST_PLACES];
    size_t place_count;
    unsigned mode;
    bool is_stdin;
};

static unsigned number(const char *text, int base, unsigned least, unsigned most, const char *what)
{
    char *end;
    unsigned long value = strtoul(text, &end, base);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < least || value > most)
        settings_refuse(program, what, text);
    return (unsigned)value;
}

static void take(struct arguments *arguments, int option, char *argument)
{
    struct server_settings *server = &arguments->server;
    switch (option) {
    case LISTEN:
        if (arguments->place_count == MOST_PLACES)
            settings_refuse(program, "too many --listen", "");
        arguments->places[arguments->place_count++] = argument;
        return;
    case SOCKET_MODE:
        arguments->mode = number(argument, 8, 0, 0777, "--socket-mode takes 0 to 777, not ");
        return;
    case STDIN:
        arguments->is_stdin = true;
        return;
    case DEFER_IF_PERMIT:
        server->defers_if_permit = true;
        return;
    case SHADOW:
        server->shadow_config = argument;
        return;
    case CONNECTIONS:
        server->most_connections = number(argument, 10, 1, 1000000, "--connections takes 1 to 1000000, not ");
        return;
    case REQUEST:
        server->most_octets = number(argument, 10, 1024, 16777216, "--request takes 1024 to 16777216, not ");
        return;
    case IDLE:
        server->idle_seconds = number(argument, 10, 1, 1000000, "--idle takes 1 to 1000000, not ");
        return;
    default:
        settings_take(&server->common, option, argument, program, help);
    }
}

static void read_arguments(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, LISTEN},
                                            {"socket-mode", required_argument, NULL, SOCKET_MODE},
                                            {"stdin", no_argument, NULL, STDIN},
                                            {"defer-if-permit", no_argument, NULL, DEFER_IF_PERMIT},
                                            {"shadow", required_argument, NULL, SHADOW},
                                            {"connections", required_argument, NULL, CONNECTIONS},
                                            {"request", required_argument, NULL, REQUEST},
                                            {"idle", required_argument, NULL, IDLE},
                                            SETTINGS_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        take(arguments, option, optarg);
    if (optind < argc)
        settings_refuse(program, "this is no option: ", argv[optind]);
}

static bool open_sockets(struct server *server, const struct arguments *arguments)
{
    size_t inherited = arguments->place_count > 0 || arguments->is_stdin ? 0 : listen_inherited();
    if (arguments->is_stdin)
        return server_serve(server, STDIN_FILENO, STDOUT_FILENO);
    if (arguments->place_count + inherited == 0)
        settings_refuse(program, "--listen or --stdin is needed: systemd has handed no socket over", "");
    for (size_t i = 0; i < inherited; i++) {
        if (!server_listen(server, LISTEN_FIRST_INHERITED + (int)i))
            return false;
    }
    for (size_t i = 0; i < arguments->place_count; i++) {
        int fd = listen_at(arguments->places[i], (mode_t)arguments->mode);
        if (fd < 0 || !server_listen(server, fd))
            return false;
    }
    return true;
}

static void on_hangup(evutil_socket_t signal, short what, void *user_data)
{
    (void)signal;
    (void)what;
    server_reload(user_data);
}

static void on_user(evutil_socket_t signal, short what, void *user_data)
{
    (void)signal;
    (void)what;
    server_report_counts(user_data);
}

static void on_end(evutil_socket_t signal, short what, void *user_data)
{
    (void)signal;
    (void)what;
    event_base_loopbreak(user_data);
}

/* A loop that takes files and pipes as well as sockets, where standard input may be one. */
static struct event_base *make_base(bool is_stdin)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;
    if (config != NULL && (!is_stdin || event_config_require_features(config, EV_FEATURE_FDS) == 0))
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* Signals are taken before anybody can know that there is a server. */
static bool run(struct event_base *base, struct server *server, const struct arguments *arguments)
{
    struct event *events[] = {evsignal_new(base, SIGHUP, on_hangup, server),
                              evsignal_new(base, SIGUSR1, on_user, server), evsignal_new(base, SIGTERM, on_end, base),
                              evsignal_new(base, SIGINT, on_end, base)};
    size_t count = sizeof(events) / sizeof(events[0]);
    bool is_ready = true;
    for (size_t i = 0; i < count; i++)
        is_ready = is_ready && events[i] != NULL && event_add(events[i], NULL) == 0;
    is_ready = is_ready && open_sockets(server, arguments);
    if (is_ready)
        report_started();
    bool has_run = is_ready && event_base_dispatch(base) >= 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
    return has_run;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .server = {.most_connections = 1000, .most_octets = 65536, .idle_seconds = 3600},
        .mode = 0660,
    };
    int status = EX_UNAVAILABLE;
    read_arguments(&arguments, argc, argv);
    report_open(program, !arguments.server.common.logs_to_stderr);
    if (arguments.is_stdin)
        report_started(); /* spawn(8) gives Postfix what is written to standard error */
    signal(SIGPIPE, SIG_IGN);
    struct event_base *base = make_base(arguments.is_stdin);
    struct server *server = base == NULL ? NULL : server_new(base, &arguments.server);
    if (server != NULL) {
        if (run(base, server, &arguments))
            status = EX_OK;
        server_free(server);
    }
    if (base != NULL)
        event_base_free(base);
    networks_clear(&arguments.server.common.exempt_clients);
    return status;
}
