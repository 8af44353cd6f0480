/* SPDX-License-Identifier: BSD-2-Clause */
/* smtp-async.c: an SMTP server that asks libmxcheck without waiting: one process, one epoll set, a thousand sessions.
 *
 * Read `ask` and `on_result` first: they are all that an event-driven mail server has to add, with the descriptor of
 * `mxcheck_ctx_fd` in its loop. What an SMTP server has anyway is in smtp/: the dialogue in smtp/session.h, messages in
 * smtp/maildir.h. */
#include "smtp/server.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1000, EVENTS_MAX = 64, SWEEP_MS = 500 };

/* What a descriptor of the epoll set is there for. */
enum purpose { PURPOSE_LISTENER, PURPOSE_SIGNALS, PURPOSE_CHECKS, PURPOSE_CLIENT };

struct client {
    enum purpose purpose; /* first: PURPOSE_CLIENT */
    struct loop *loop;
    struct client *next;
    struct session *session;
    int socket;
    uint32_t events; /* that the epoll set watches */
    struct patience patience;
    struct guest *guest;
    bool has_hung_up; /* no more will come of it */
    bool is_gone;     /* to be freed when the events at hand have been served */
};

struct loop {
    struct server server;
    int epoll;
    bool is_stopping;
    bool is_accepting;
    struct client *clients;
};

static enum purpose listener = PURPOSE_LISTENER, signals = PURPOSE_SIGNALS, checks = PURPOSE_CHECKS;

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void go_on(struct client *client);

/* Comes from mxcheck_ctx_dispatch. */
static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct session_question *question = user_data;
    struct client *client = question->user;
    (void)id;
    session_answer(client->session, question, result);
    go_on(client);
}

/* MAIL FROM or RCPT TO: start a check. The dialogue goes on; the reply is given when its turn has come. */
static void ask(struct client *client, struct session_question *question)
{
    mxcheck_ctx *ctx = client->loop->server.ctx;
    mxcheck_status status = MXCHECK_ERR_INVALID;
    question->user = client;
    switch (question->role) {
    case MXCHECK_ROLE_SENDER:
        status = mxcheck_check_sender_async(ctx, question->address, on_result, question, &question->check);
        break;
    case MXCHECK_ROLE_RCPT:
        status = mxcheck_check_rcpt_async(ctx, question->address, on_result, question, &question->check);
        break;
    }
    if (status == MXCHECK_OK)
        return;
    fprintf(stderr, "no check: %s\n", mxcheck_status_text(status));
    session_answer(client->session, question, NULL);
}

/* The client is gone: nobody wants to know any more. */
static void cancel_checks(struct client *client)
{
    struct session_question *question = NULL;
    while ((question = session_unanswered(client->session, question)) != NULL)
        mxcheck_cancel(client->loop->server.ctx, question->check);
}

/* --- clients ------------------------------------------------------------------------------------------------------ */

/* It is freed later: an event at hand may still name it. */
static void let_go(struct client *client)
{
    if (client->is_gone)
        return;
    client->is_gone = true;
    admission_leave(client->guest, (long)(intptr_t)client);
    cancel_checks(client);
}

static void watch_client(struct client *client, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = client}};
    if (events == client->events)
        return;
    client->events = events;
    if (epoll_ctl(client->loop->epoll, EPOLL_CTL_MOD, client->socket, &event) != 0)
        let_go(client);
}

/* Returns whether everything is written. */
static bool write_output(struct client *client)
{
    const char *octets;
    size_t size;
    while ((size = session_output(client->session, &octets)) > 0) {
        ssize_t sent = send(client->socket, octets, size, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR)
                let_go(client);
            return false;
        }
        session_sent(client->session, (size_t)sent);
    }
    return true;
}

/* Watch for what can happen next. */
static void rest(struct client *client, enum session_state state, bool is_written)
{
    char *place;
    bool wants_input = state != SESSION_ENDED && !client->has_hung_up && session_input(client->session, &place) > 0;
    if (is_written && (state == SESSION_ENDED || (state == SESSION_NEEDS_INPUT && client->has_hung_up)))
        let_go(client);
    else if (!client->is_gone)
        watch_client(client, (wants_input ? (uint32_t)EPOLLIN : 0) | (is_written ? 0 : (uint32_t)EPOLLOUT));
}

static void note_lines(struct client *client)
{
    unsigned long lines = session_lines(client->session);
    if (lines != client->patience.lines)
        admission_note(client->guest, (long)(intptr_t)client);
    patience_note(&client->patience, lines);
}

/* Carry the dialogue as far as it goes. */
static void go_on(struct client *client)
{
    struct session_question *question;
    bool is_written = true;
    enum session_state state;
    do {
        state = session_turn(client->session, &question);
        if (state == SESSION_ASKS)
            ask(client, question);
        else
            is_written = write_output(client);
    } while (state == SESSION_ASKS || (state == SESSION_NEEDS_ROOM && is_written));
    note_lines(client);
    rest(client, state, is_written);
}

static void read_input(struct client *client)
{
    char *place;
    size_t room = session_input(client->session, &place);
    ssize_t size = recv(client->socket, place, room, 0);
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        let_go(client);
    if (size < 0)
        return;
    if (size == 0)
        client->has_hung_up = true;
    session_take(client->session, (size_t)size);
    go_on(client);
}

static void serve_client(struct client *client, uint32_t events)
{
    if (client->is_gone)
        return;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        let_go(client);
    else if ((events & EPOLLIN) != 0)
        read_input(client);
    else
        go_on(client);
}

/* Its socket is closed last: who sees that finds nothing left of the session. */
static void free_client(struct client *client)
{
    session_free(client->session);
    close(client->socket);
    free(client);
}

static void free_those_gone(struct loop *loop)
{
    struct client **link = &loop->clients;
    while (*link != NULL) {
        struct client *client = *link;
        if (client->is_gone) {
            *link = client->next;
            free_client(client);
        } else {
            link = &client->next;
        }
    }
}

static void send_away(struct client *client, const char *line)
{
    session_end(client->session, line);
    write_output(client);
    let_go(client);
}

static void end_silent_ones(struct loop *loop)
{
    for (struct client *client = loop->clients; client != NULL; client = client->next) {
        if (!client->is_gone && patience_left_ms(&client->patience) == 0)
            send_away(client, "421 4.4.2 silent for too long");
    }
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static int watch(const struct loop *loop, int fd, enum purpose *purpose)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = purpose}};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

static struct client *new_client(struct loop *loop, const struct server_client *accepted)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        close(accepted->socket);
        return NULL;
    }
    *client = (struct client){.purpose = PURPOSE_CLIENT, .loop = loop, .socket = accepted->socket, .events = EPOLLIN};
    patience_begin(&client->patience, loop->server.idle_s, loop->server.session_s);
    client->session = session_new(&loop->server.session, accepted->peer);
    if (client->session != NULL && watch(loop, accepted->socket, &client->purpose) == 0)
        return client;
    free_client(client);
    return NULL;
}

/* Without descriptors for more clients, others wait in the kernel's queue. */
static void set_accepting(struct loop *loop, bool is_accepting)
{
    struct epoll_event event = {.events = is_accepting ? EPOLLIN : 0, .data = {.ptr = &listener}};
    if (is_accepting != loop->is_accepting)
        epoll_ctl(loop->epoll, EPOLL_CTL_MOD, loop->server.listener, &event);
    loop->is_accepting = is_accepting;
}

/* Give a client its place; one that must make room is sent away. */
static bool admit(struct loop *loop, struct client *client, const struct server_client *accepted)
{
    struct guest rival;
    client->guest = admission_enter(loop->server.admission, &accepted->network, (long)(intptr_t)client, &rival);
    if (client->guest != NULL && rival.is_here)
        send_away((struct client *)(intptr_t)rival.owner, "421 4.3.2 the server needs the room, come back later");
    return client->guest != NULL;
}

static void accept_client(struct loop *loop)
{
    struct server_client accepted;
    struct client *client = server_accept(&loop->server, &accepted) ? new_client(loop, &accepted) : NULL;
    if (client == NULL) {
        set_accepting(loop, errno == EAGAIN || errno == ECONNABORTED);
        return;
    }
    if (!admit(loop, client, &accepted)) {
        session_free(client->session);
        free(client);
        server_refuse(&loop->server, &accepted);
        return;
    }
    client->next = loop->clients;
    loop->clients = client;
    go_on(client);
}

static void serve(struct loop *loop, const struct epoll_event *event)
{
    enum purpose *purpose = event->data.ptr;
    switch (*purpose) {
    case PURPOSE_LISTENER:
        accept_client(loop);
        break;
    case PURPOSE_SIGNALS:
        loop->is_stopping = true;
        break;
    case PURPOSE_CHECKS:
        mxcheck_ctx_dispatch(loop->server.ctx);
        break;
    case PURPOSE_CLIENT:
        serve_client(event->data.ptr, event->events);
        break;
    }
}

static void run(struct loop *loop)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t swept_ms = patience_now_ms();
    while (!loop->is_stopping) {
        bool needs_clock = loop->clients != NULL || !loop->is_accepting;
        int count = epoll_wait(loop->epoll, events, EVENTS_MAX, needs_clock ? SWEEP_MS : -1);
        for (int i = 0; i < count; i++)
            serve(loop, &events[i]);
        if (patience_now_ms() - swept_ms >= SWEEP_MS) {
            swept_ms = patience_now_ms();
            end_silent_ones(loop);
            set_accepting(loop, true);
        }
        free_those_gone(loop);
    }
}

/* Each client has a descriptor, and each question to DNS: the usual 1,024 are not enough. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int watch_signals(const struct loop *loop)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd < 0 ? -1 : watch(loop, fd, &signals);
}

int main(int argc, char **argv)
{
    struct loop loop = {.is_accepting = true};
    server_begin(&loop.server, CLIENTS_MAX, argc, argv);
    allow_descriptors();
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop.epoll < 0 || watch(&loop, loop.server.listener, &listener) != 0 || watch_signals(&loop) != 0 ||
        watch(&loop, mxcheck_ctx_fd(loop.server.ctx), &checks) != 0) {
        perror(argv[0]);
        return EXIT_FAILURE;
    }
    run(&loop);
    for (struct client *client = loop.clients; client != NULL; client = client->next)
        send_away(client, "421 4.3.2 the server stops");
    free_those_gone(&loop);
    server_end(&loop.server);
    close(loop.epoll);
    return EXIT_SUCCESS;
}
