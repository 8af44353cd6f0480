/* SPDX-License-Identifier: BSD-2-Clause */
/* smtp-loop.c: an SMTP server that asks libmxcheck with the two blocking calls; one process per connection.
 *
 * Read `decide` first: it is all that a mail server has to add. What an SMTP server has anyway is in smtp/: the
 * dialogue in smtp/session.h, messages in smtp/maildir.h. */
#define _GNU_SOURCE /* ppoll */
#include "smtp/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_MAX = 200 };

/* MAIL FROM or RCPT TO: may this address be? The result has the verdict and the whole reply in it. */
static mxcheck_result *decide(mxcheck_ctx *ctx, mxcheck_role role, const char *address)
{
    mxcheck_result *result = NULL;
    mxcheck_status status = MXCHECK_ERR_INVALID;
    switch (role) {
    case MXCHECK_ROLE_SENDER:
        status = mxcheck_check_sender(ctx, address, &result);
        break;
    case MXCHECK_ROLE_RCPT:
        status = mxcheck_check_rcpt(ctx, address, &result);
        break;
    }
    if (status != MXCHECK_OK)
        fprintf(stderr, "no check: %s\n", mxcheck_status_text(status));
    return result;
}

/* Wait until the socket is ready. False when it was not for too long. */
static bool wait_for(int client, short events, int idle_s)
{
    struct pollfd watched = {.fd = client, .events = events};
    int count;
    do {
        count = poll(&watched, 1, idle_s * 1000);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

/* Write everything that the session has to say. False when the client is gone. */
static bool write_output(int client, struct session *session, int idle_s)
{
    const char *octets;
    size_t size;
    while ((size = session_output(session, &octets)) > 0) {
        ssize_t sent = wait_for(client, POLLOUT, idle_s) ? send(client, octets, size, MSG_NOSIGNAL) : -1;
        if (sent < 0)
            return false;
        session_sent(session, (size_t)sent);
    }
    return true;
}

/* Read what the client says. False when it is gone. */
static bool read_input(int client, struct session *session, int idle_s)
{
    char *place;
    size_t room = session_input(session, &place);
    if (!wait_for(client, POLLIN, idle_s)) {
        session_end(session, "421 4.4.2 silent for too long");
        return true;
    }
    ssize_t size = recv(client, place, room, 0);
    if (size <= 0)
        return false;
    session_take(session, (size_t)size);
    return true;
}

/* One client, from the greeting to the end. */
static void serve(const struct server *server, int client, struct session *session)
{
    struct session_question *question;
    mxcheck_result *result;
    for (;;) {
        switch (session_turn(session, &question)) {
        case SESSION_ASKS:
            result = decide(server->ctx, question->role, question->address);
            session_answer(session, question, result);
            mxcheck_result_unref(result);
            break;
        case SESSION_NEEDS_INPUT:
            if (!write_output(client, session, server->idle_s) || !read_input(client, session, server->idle_s))
                return;
            break;
        case SESSION_NEEDS_ROOM:
        case SESSION_WAITS: /* never here: every question has been answered at once */
            if (!write_output(client, session, server->idle_s))
                return;
            break;
        case SESSION_ENDED:
            write_output(client, session, server->idle_s);
            return;
        }
    }
}

/* In a process of its own. The context was made before the fork; libmxcheck starts afresh here. */
static void serve_in_child(struct server *server, int client, const char *peer)
{
    struct session *session = session_new(&server->session, peer);
    sigset_t none;
    sigemptyset(&none);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (session != NULL)
        serve(server, client, session);
    session_free(session);
    close(client);
    server_end(server);
}

static void start_child(struct server *server, int client, const char *peer, unsigned *children)
{
    pid_t child = fork();
    if (child == 0) {
        serve_in_child(server, client, peer);
        exit(EXIT_SUCCESS);
    }
    if (child > 0)
        ++*children;
    close(client);
}

/* Collect the processes that have ended; wait for one where there are as many as may be. */
static void reap(unsigned *children)
{
    while (*children > 0 && waitpid(-1, NULL, *children < CHILDREN_MAX ? WNOHANG : 0) > 0)
        --*children;
}

static volatile sig_atomic_t is_stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopping = 1;
}

/* Signals come only while we wait for clients. */
static void accept_clients(struct server *server)
{
    struct pollfd watched = {.fd = server->listener, .events = POLLIN};
    sigset_t none;
    char peer[64];
    unsigned children = 0;
    sigemptyset(&none);
    while (!is_stopping) {
        ppoll(&watched, 1, NULL, &none);
        reap(&children);
        int client = is_stopping ? -1 : server_accept(server, peer);
        if (client >= 0)
            start_child(server, client, peer, &children);
    }
}

int main(int argc, char **argv)
{
    struct server server;
    struct sigaction action = {.sa_handler = stop};
    server_begin(&server, argc, argv);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    accept_clients(&server);
    server_end(&server);
    return EXIT_SUCCESS;
}
