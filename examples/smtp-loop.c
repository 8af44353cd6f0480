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
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 200 };

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

static volatile sig_atomic_t is_stopping;
static size_t children; /* that have not been collected */

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopping = 1;
}

/* Wait until the socket is ready; signals come only here. False when the client has no time left, or must go. */
static bool wait_for(int client, short events, const struct patience *patience)
{
    struct pollfd watched = {.fd = client, .events = events};
    sigset_t none;
    int count, left_ms;
    sigemptyset(&none);
    do {
        left_ms = patience_left_ms(patience);
        const struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000L};
        count = is_stopping ? 0 : ppoll(&watched, 1, &left, &none);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

/* A client, in the process that serves it. */
struct connection {
    int client;
    struct session *session;
    struct patience patience;
    struct guest *guest;
};

/* Write everything that the session has to say. False when the client is gone. */
static bool write_output(struct connection *connection)
{
    const char *octets;
    size_t size;
    while ((size = session_output(connection->session, &octets)) > 0) {
        ssize_t sent = send(connection->client, octets, size, MSG_NOSIGNAL);
        if (sent < 0 && (errno != EAGAIN || !wait_for(connection->client, POLLOUT, &connection->patience)))
            return false;
        session_sent(connection->session, sent < 0 ? 0 : (size_t)sent);
    }
    return true;
}

/* Read what the client says. False when it is gone. */
static bool read_input(struct connection *connection)
{
    char *place;
    size_t room = session_input(connection->session, &place);
    if (!wait_for(connection->client, POLLIN, &connection->patience)) {
        session_end(connection->session, is_stopping ? "421 4.3.2 the server needs the room, come back later"
                                                     : "421 4.4.2 silent for too long");
        return true;
    }
    ssize_t size = recv(connection->client, place, room, 0);
    if (size <= 0)
        return false;
    session_take(connection->session, (size_t)size);
    return true;
}

static void note_lines(struct connection *connection)
{
    unsigned long lines = session_lines(connection->session);
    if (lines != connection->patience.lines)
        admission_note(connection->guest, getpid());
    patience_note(&connection->patience, lines);
}

/* One client, from the greeting to the end. */
static void serve(const struct server *server, struct connection *connection)
{
    struct session *session = connection->session;
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
            note_lines(connection);
            if (!write_output(connection) || !read_input(connection))
                return;
            break;
        case SESSION_NEEDS_ROOM:
        case SESSION_WAITS: /* never here: every question has been answered at once */
            note_lines(connection);
            if (!write_output(connection))
                return;
            break;
        case SESSION_ENDED:
            write_output(connection);
            return;
        }
    }
}

/* In a process of its own. The context was made before the fork; libmxcheck starts afresh here. */
static void serve_in_child(struct server *server, const struct server_client *client, struct guest *guest)
{
    struct connection connection = {.client = client->socket, .guest = guest};
    connection.session = session_new(&server->session, client->peer);
    patience_begin(&connection.patience, server->idle_s, server->session_s);
    if (connection.session != NULL)
        serve(server, &connection);
    session_free(connection.session);
    admission_leave(guest, getpid()); /* before the client sees the end, and comes back at once */
    close(client->socket);
    server_end(server);
}

/* The place in the table bears the number of the child, which is known when it is there. */
static void start_child(struct server *server, const struct server_client *client, struct guest *guest)
{
    pid_t child = fork();
    if (child == 0) {
        guest->owner = getpid();
        serve_in_child(server, client, guest);
        exit(EXIT_SUCCESS);
    }
    if (child > 0) {
        guest->owner = child;
        children++;
    } else {
        admission_leave(guest, guest->owner);
    }
}

/* Let a client in; the child of one that must make room says good-bye to it, and ends. */
static void take_client(struct server *server, const struct server_client *client)
{
    struct guest rival;
    struct guest *guest = admission_enter(server->admission, &client->network, 0, &rival);
    if (guest == NULL) {
        server_refuse(server, client);
        return;
    }
    if (rival.is_here)
        kill((pid_t)rival.owner, SIGTERM);
    start_child(server, client, guest);
    close(client->socket);
}

/* Collect the children that have ended, and free the places of those that were killed. Those that must make room may
 * take a while to end: wait for them when there are too many. */
static void reap(struct admission *admission)
{
    pid_t child;
    while (children > 0 && (child = waitpid(-1, NULL, children < 2 * admission->most ? WNOHANG : 0)) > 0) {
        children--;
        for (size_t i = 0; i < admission->most; i++)
            admission_leave(&admission->guests[i], child);
    }
}

static void accept_clients(struct server *server)
{
    struct pollfd watched = {.fd = server->listener, .events = POLLIN};
    const struct timespec second = {1, 0};
    struct server_client client;
    sigset_t none;
    sigemptyset(&none);
    while (!is_stopping) {
        ppoll(&watched, 1, &second, &none);
        reap(server->admission);
        if (!is_stopping && server_accept(server, &client))
            take_client(server, &client);
    }
}

int main(int argc, char **argv)
{
    struct server server;
    struct sigaction action = {.sa_handler = stop};
    server_begin(&server, CLIENTS_MAX, argc, argv);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    accept_clients(&server);
    server_end(&server);
    return EXIT_SUCCESS;
}
