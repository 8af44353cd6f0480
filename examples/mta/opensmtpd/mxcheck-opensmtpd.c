/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-opensmtpd.c: a filter for OpenSMTPD that asks libmxcheck about senders and recipients, without waiting.
 *
 * smtpd says on standard input what happens in its sessions, and asks at MAIL FROM and RCPT TO; the answers go to
 * standard output, in the order in which the checks finish. One loop waits for both and for the contexts of the
 * library. Read `serve_request` first, then checks.c.
 *
 * smtpd ends when a filter ends, and waits for ever for an answer that does not come: no input ends this program. */
#define _GNU_SOURCE
#include "../common/report.h"
#include "../common/settings.h"
#include "checks.h"
#include "sessions.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

static const char program[] = "mxcheck-opensmtpd";
static const char help[] =
    "usage: mxcheck-opensmtpd [option ...]\n"
    "A filter for OpenSMTPD: can mail to the domains of sender and recipients be delivered at all?\n" SETTINGS_HELP
    "SIGHUP reads the configuration anew, SIGUSR1 logs the counts.\n";

struct filter {
    struct settings settings;
    struct checks checks;
    struct sessions sessions;
    bool is_ready; /* smtpd has been told what to ask */
    struct input input;
    struct output output;
};

static struct filter filter;
static volatile sig_atomic_t must_load, must_count;

/* --- what smtpd says ---------------------------------------------------------------------------------------------- */

static void put(const char *line)
{
    output_put(&filter.output, line, strlen(line));
}

/* After this smtpd may ask. What the options do not need is not asked for. */
static void register_all(void)
{
    bool exempts_clients = filter.settings.exempt_clients.count > 0;
    if (filter.is_ready)
        return;
    if (exempts_clients)
        put("register|report|smtp-in|link-connect\n");
    if (filter.settings.exempts_senders)
        put("register|report|smtp-in|link-auth\n");
    if (exempts_clients || filter.settings.exempts_senders)
        put("register|report|smtp-in|link-disconnect\n");
    put("register|filter|smtp-in|mail-from\n");
    put("register|filter|smtp-in|rcpt-to\n");
    put("register|ready\n");
    filter.is_ready = true;
}

static void exempt(const struct protocol_message *about, enum session_mark why)
{
    if (!sessions_mark(&filter.sessions, about->session, why))
        report(LOG_WARNING, "%s: exempt, and checked all the same: too many sessions", about->ticket.session);
}

static void serve_connect(const struct protocol_message *about)
{
    char client[PROTOCOL_ADDRESS_MAX];
    protocol_client(about, client);
    if (networks_have(&filter.settings.exempt_clients, client))
        exempt(about, SESSION_EXEMPT_CLIENT);
}

static void serve_report(const struct protocol_message *about)
{
    if (span_is(about->event, "link-disconnect"))
        sessions_forget(&filter.sessions, about->session);
    else if (span_is(about->event, "link-connect"))
        serve_connect(about);
    else if (span_is(about->event, "link-auth") && protocol_is_login(about))
        exempt(about, SESSION_AUTHENTICATED);
}

static bool is_exempt(const struct protocol_message *request, mxcheck_role role)
{
    if (sessions_are(&filter.sessions, request->session, SESSION_EXEMPT_CLIENT))
        return true;
    return sessions_are(&filter.sessions, request->session, SESSION_AUTHENTICATED) &&
           settings_exempt(&filter.settings, role, "", true);
}

static void send_answer(const struct protocol_ticket *ticket, const char *reply)
{
    char line[PROTOCOL_ANSWER_MAX];
    output_put(&filter.output, line, protocol_answer(ticket, reply, line));
}

/* Comes from checks_ask or checks_dispatch. */
static void on_answer(const struct protocol_ticket *ticket, const char *reply)
{
    filter.output.promised--;
    send_answer(ticket, reply);
}

/* The beginning of a line, in printable ASCII. */
static void report_skipped(const char *why, struct span line)
{
    char text[80];
    size_t length = line.length < sizeof(text) ? line.length : sizeof(text) - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(line.at[i] >= ' ' && line.at[i] <= '~' ? line.at[i] : '?');
    text[length] = '\0';
    report(LOG_WARNING, "skipped a line that %s: %s", why, text);
}

static void serve_request(const struct protocol_message *request)
{
    bool is_sender = span_is(request->event, "mail-from");
    mxcheck_role role = is_sender ? MXCHECK_ROLE_SENDER : MXCHECK_ROLE_RCPT;
    if (!filter.is_ready || (!is_sender && !span_is(request->event, "rcpt-to"))) {
        report_skipped("asks what was not registered", request->event);
        return;
    }
    if (is_exempt(request, role)) {
        send_answer(&request->ticket, NULL);
        return;
    }
    filter.output.promised++;
    checks_ask(&filter.checks, role, &request->ticket, request->parameters);
}

/* Of a line that is too long, a request is served all the same, since smtpd waits for an answer: no address is so
 * long. What the end of a report would say is not known. */
static void serve_line(struct span line, bool is_cut)
{
    struct protocol_message message;
    bool is_understood = protocol_read(line, &message);
    if (!is_understood || (is_cut && message.kind != PROTOCOL_FILTER)) {
        report_skipped(is_cut ? "is too long" : "is no protocol", line);
        return;
    }
    switch (message.kind) {
    case PROTOCOL_CONFIG:
        break;
    case PROTOCOL_READY:
        register_all();
        break;
    case PROTOCOL_REPORT:
        serve_report(&message);
        break;
    case PROTOCOL_FILTER:
        serve_request(&message);
        break;
    }
}

/* Returns whether it stopped for want of room. */
static bool serve_lines(void)
{
    struct span line;
    bool is_cut;
    while (output_has_room(&filter.output)) {
        if (!input_take_line(&filter.input, &line, &is_cut))
            return false;
        serve_line(line, is_cut);
    }
    return true;
}

/* What was read must not lie there while the loop waits for more. */
static void serve_input(void)
{
    bool is_full;
    do {
        is_full = serve_lines();
        output_flush(&filter.output, STDOUT_FILENO);
    } while (is_full && !filter.output.is_broken && output_has_room(&filter.output));
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static void on_signal(int number)
{
    if (number == SIGHUP)
        must_load = 1;
    else
        must_count = 1;
}

static void serve_signals(void)
{
    if (must_count) {
        must_count = 0;
        checks_report_counts(&filter.checks);
    }
    if (must_load && checks_can_load(&filter.checks)) {
        must_load = 0;
        if (checks_load(&filter.checks))
            report(LOG_INFO, "the configuration was read anew");
    }
}

static bool has_work(void)
{
    bool is_over = filter.input.has_ended && filter.output.promised == 0 && output_is_empty(&filter.output);
    return !is_over && !filter.output.is_broken;
}

/* Signals come only while it waits. */
static void turn(const sigset_t *signals)
{
    struct pollfd watched[2 + CHECKS_CONTEXTS_MAX];
    bool wants_input = !filter.input.has_ended && output_has_room(&filter.output);
    bool wants_output = !output_is_empty(&filter.output);
    watched[0] = (struct pollfd){.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN};
    watched[1] = (struct pollfd){.fd = wants_output ? STDOUT_FILENO : -1, .events = POLLOUT};
    for (size_t i = 0; i < filter.checks.count; i++)
        watched[2 + i] = (struct pollfd){.fd = checks_fd(&filter.checks, i), .events = POLLIN};
    if (ppoll(watched, 2 + (nfds_t)filter.checks.count, NULL, signals) > 0) {
        if (watched[0].revents != 0)
            input_fill(&filter.input, STDIN_FILENO);
        checks_dispatch(&filter.checks);
    }
    serve_signals();
    serve_input();
}

static void run(const sigset_t *signals)
{
    while (has_work())
        turn(signals);
}

/* --- the program -------------------------------------------------------------------------------------------------- */

/* Gives the signals that may come while the program waits. */
static sigset_t prepare_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t own;
    sigset_t while_waiting;
    sigemptyset(&own);
    sigaddset(&own, SIGHUP);
    sigaddset(&own, SIGUSR1);
    sigprocmask(SIG_BLOCK, &own, &while_waiting);
    sigdelset(&while_waiting, SIGHUP);
    sigdelset(&while_waiting, SIGUSR1);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    return while_waiting;
}

/* Each question to DNS has a descriptor: the usual 1,024 are not enough. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* A write must not wait for a reader who waits for us. */
static void prepare_output(void)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) != 0) {
        report(LOG_ERR, "standard output: %s", strerror(errno));
        exit(EX_OSERR);
    }
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {SETTINGS_OPTIONS, {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        settings_take(&filter.settings, option, optarg, program, help);
    if (optind < argc)
        settings_refuse(program, "what is this? There are only options: ", argv[optind]);
    report_open(program, !filter.settings.logs_to_stderr);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    sigset_t signals = prepare_signals();
    allow_descriptors();
    prepare_output();
    filter.checks = (struct checks){.settings = &filter.settings, .answer = on_answer};
    if (!checks_load(&filter.checks))
        return EX_CONFIG;
    report_started();
    run(&signals);
    checks_free(&filter.checks);
    sessions_free(&filter.sessions);
    networks_clear(&filter.settings.exempt_clients);
    return filter.output.is_broken ? EX_IOERR : EX_OK;
}
