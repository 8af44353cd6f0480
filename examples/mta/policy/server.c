/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c: requests of a connection are checked side by side and answered in their order. */
#include "server.h"

#include "../common/report.h"
#include "contexts.h"
#include "inquiry.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { MOST_AHEAD = 32 /* requests of a connection that are not answered */, MOST_UNREAD = 64 * 1024 /* octets */ };

struct server {
    struct event_base *base;
    const struct server_settings *settings;
    struct contexts *contexts;
    struct evconnlistener **listeners;
    size_t listener_count;
    struct event *pause; /* after which connections are accepted again */
    struct connection *connections;
    unsigned connection_count;
    bool ends_with_connection;
};

/* A request of a connection, in the order in which they came. */
struct turn {
    struct inquiry inquiry;
    struct connection *connection;
    bool is_done;
    struct turn *next;
};

struct connection {
    struct server *server;
    struct bufferevent *in, *out; /* the same for a socket */
    int fd_in, fd_out;
    struct request request; /* which is being read */
    size_t octets;          /* of it */
    struct turn *first, *last;
    unsigned turn_count;
    bool has_ended; /* no more requests come */
    struct connection *previous, *next;
};

static void proceed(struct connection *connection);

void server_reload(struct server *server)
{
    contexts_reload(server->contexts);
}

void server_report_counts(const struct server *server)
{
    contexts_report_counts(server->contexts);
    report(LOG_INFO, "connections: %u", server->connection_count);
}

/* --- connections --- */

static void free_turn(struct turn *turn)
{
    inquiry_clear(&turn->inquiry);
    free(turn);
}

static void resume_listening(struct server *server)
{
    if (server->connection_count >= server->settings->most_connections)
        return;
    for (size_t i = 0; i < server->listener_count; i++)
        evconnlistener_enable(server->listeners[i]);
}

static void stop_listening(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        evconnlistener_disable(server->listeners[i]);
}

static void close_connection(struct connection *connection)
{
    struct server *server = connection->server;
    for (struct turn *turn = connection->first, *next; turn != NULL; turn = next) {
        next = turn->next;
        free_turn(turn);
    }
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->out != connection->in)
        bufferevent_free(connection->out);
    bufferevent_free(connection->in);
    close(connection->fd_in);
    if (connection->fd_out != connection->fd_in)
        close(connection->fd_out);
    request_clear(&connection->request);
    free(connection);
    server->connection_count--;
    resume_listening(server);
    if (server->ends_with_connection)
        event_base_loopbreak(server->base);
}

static size_t unsent(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->out));
}

static void write_answers(struct connection *connection)
{
    while (connection->first != NULL && connection->first->is_done) {
        struct turn *turn = connection->first;
        char action[ACTION_SIZE];
        inquiry_action(&turn->inquiry, action);
        evbuffer_add_printf(bufferevent_get_output(connection->out), "%s\n\n", action);
        connection->first = turn->next;
        if (connection->first == NULL)
            connection->last = NULL;
        connection->turn_count--;
        free_turn(turn);
    }
}

static void on_end(struct inquiry *inquiry, void *user_data)
{
    struct turn *turn = user_data;
    (void)inquiry;
    turn->is_done = true;
    if (turn == turn->connection->first)
        proceed(turn->connection);
}

/* The request is whole: queue it. NULL: memory ran out. */
static struct turn *queue_turn(struct connection *connection)
{
    struct turn *turn = calloc(1, sizeof(*turn));
    if (turn == NULL)
        return NULL;
    turn->connection = connection;
    turn->inquiry = (struct inquiry){
        .settings = &connection->server->settings->common,
        .defers_if_permit = connection->server->settings->defers_if_permit,
        .request = connection->request,
        .on_end = on_end,
        .user_data = turn,
    };
    connection->request = (struct request){.lines = 0};
    connection->octets = 0;
    *(connection->last == NULL ? &connection->first : &connection->last->next) = turn;
    connection->last = turn;
    connection->turn_count++;
    return turn;
}

static bool is_policy_request(const struct request *request)
{
    return strcmp(attribute_text(&request->request), "smtpd_access_policy") == 0;
}

/* Take what has been read. Gives a turn that is to be begun; NULL: no request is whole, or *is_bad. */
static struct turn *next_turn(struct connection *connection, bool *is_bad)
{
    struct evbuffer *input = bufferevent_get_input(connection->in);
    size_t length;
    char *line;
    while ((line = evbuffer_readln(input, &length, EVBUFFER_EOL_LF)) != NULL) {
        connection->octets += length + 1;
        enum request_state state = request_take(&connection->request, line, length);
        free(line);
        bool is_short = connection->octets <= connection->server->settings->most_octets;
        if (state == REQUEST_MORE && is_short)
            continue;
        struct turn *turn = NULL;
        if (state == REQUEST_WHOLE && is_short && is_policy_request(&connection->request))
            turn = queue_turn(connection);
        *is_bad = turn == NULL;
        return turn;
    }
    *is_bad = connection->octets + evbuffer_get_length(input) > connection->server->settings->most_octets;
    return NULL;
}

/* Write the answers that are due, and begin the requests that are whole as long as the peer reads its answers. The
 * connection may be closed when it returns. */
static void proceed(struct connection *connection)
{
    for (;;) {
        bool is_bad = false;
        write_answers(connection);
        if (connection->turn_count >= MOST_AHEAD || unsent(connection) >= MOST_UNREAD)
            return;
        struct turn *turn = next_turn(connection, &is_bad);
        if (is_bad) {
            report(LOG_WARNING, "a request that is none, or too long: its connection is closed");
            close_connection(connection);
            return;
        }
        if (turn == NULL)
            break;
        struct contexts *contexts = connection->server->contexts;
        turn->is_done = inquiry_begin(&turn->inquiry, contexts_current(contexts), contexts_shadow(contexts));
    }
    if (connection->has_ended && connection->first == NULL && unsent(connection) == 0)
        close_connection(connection);
}

static void on_readable(struct bufferevent *in, void *user_data)
{
    (void)in;
    proceed(user_data);
}

static void on_written(struct bufferevent *out, void *user_data)
{
    (void)out;
    proceed(user_data);
}

/* Nothing has come for some time, but an answer is on its way: the peer waits for it. */
static bool is_only_waiting(const struct connection *connection, short what)
{
    bool is_silent = (what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0;
    return is_silent && (connection->first != NULL || unsent(connection) > 0);
}

static void on_event(struct bufferevent *of, short what, void *user_data)
{
    struct connection *connection = user_data;
    if (is_only_waiting(connection, what) && bufferevent_enable(of, EV_READ) == 0)
        return;
    if ((what & BEV_EVENT_EOF) != 0 && of == connection->in) {
        connection->has_ended = true;
        proceed(connection);
    } else {
        close_connection(connection);
    }
}

static struct bufferevent *watch(struct connection *connection, int fd, short direction)
{
    struct timeval idle = {.tv_sec = (time_t)connection->server->settings->idle_seconds};
    if (evutil_make_socket_nonblocking(fd) != 0)
        return NULL;
    struct bufferevent *made = bufferevent_socket_new(connection->server->base, fd, 0);
    if (made == NULL)
        return NULL;
    bufferevent_setcb(made, on_readable, on_written, on_event, connection);
    bufferevent_setwatermark(made, EV_READ, 0, connection->server->settings->most_octets + 1);
    bufferevent_set_timeouts(made, &idle, &idle);
    bufferevent_disable(made, EV_READ | EV_WRITE);
    if (bufferevent_enable(made, direction) == 0)
        return made;
    bufferevent_free(made);
    return NULL;
}

bool server_serve(struct server *server, int in, int out)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection != NULL) {
        *connection = (struct connection){.server = server, .fd_in = in, .fd_out = out, .next = server->connections};
        connection->in = watch(connection, in, in == out ? EV_READ | EV_WRITE : EV_READ);
        connection->out = in == out || connection->in == NULL ? connection->in : watch(connection, out, EV_WRITE);
    }
    if (connection == NULL || connection->out == NULL) {
        report(LOG_ERR, "a connection cannot be served: %s", strerror(errno));
        if (connection != NULL && connection->in != NULL)
            bufferevent_free(connection->in);
        free(connection);
        close(in);
        if (out != in)
            close(out);
        return false;
    }
    if (server->connections != NULL)
        server->connections->previous = connection;
    server->connections = connection;
    server->connection_count++;
    server->ends_with_connection = in != out;
    return true;
}

/* --- listening --- */

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int size,
                          void *user_data)
{
    struct server *server = user_data;
    (void)listener;
    (void)peer;
    (void)size;
    server_serve(server, fd, fd);
    if (server->connection_count >= server->settings->most_connections)
        stop_listening(server);
}

static void on_pause_end(evutil_socket_t fd, short what, void *user_data)
{
    (void)fd;
    (void)what;
    resume_listening(user_data);
}

/* Without descriptors accept() fails again and again: wait a second. */
static void on_accept_error(struct evconnlistener *listener, void *user_data)
{
    struct server *server = user_data;
    struct timeval second = {.tv_sec = 1};
    (void)listener;
    report(LOG_ERR, "no connection can be accepted for a second: %s", strerror(errno));
    stop_listening(server);
    evtimer_add(server->pause, &second);
}

bool server_listen(struct server *server, int fd)
{
    struct evconnlistener **listeners =
        realloc(server->listeners, (server->listener_count + 1) * sizeof(struct evconnlistener *));
    if (listeners != NULL)
        server->listeners = listeners;
    struct evconnlistener *listener =
        listeners == NULL || evutil_make_socket_nonblocking(fd) != 0
            ? NULL
            : evconnlistener_new(server->base, on_connection, server, LEV_OPT_CLOSE_ON_EXEC, -1, fd);
    if (listener == NULL) {
        report(LOG_ERR, "no socket can be listened at: %s", strerror(errno));
        close(fd);
        return false;
    }
    evconnlistener_set_error_cb(listener, on_accept_error);
    listeners[server->listener_count++] = listener;
    return true;
}

struct server *server_new(struct event_base *base, const struct server_settings *settings)
{
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return NULL;
    server->base = base;
    server->settings = settings;
    server->pause = evtimer_new(base, on_pause_end, server);
    if (server->pause != NULL)
        server->contexts = contexts_new(base, settings->common.config, settings->shadow_config);
    if (server->contexts != NULL)
        return server;
    if (server->pause != NULL)
        event_free(server->pause);
    free(server);
    return NULL;
}

void server_free(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        int fd = evconnlistener_get_fd(server->listeners[i]);
        evconnlistener_free(server->listeners[i]);
        close(fd);
    }
    free(server->listeners);
    server->listener_count = 0;
    server->ends_with_connection = false;
    for (struct connection *connection = server->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        close_connection(connection);
    }
    contexts_free(server->contexts);
    event_free(server->pause);
    free(server);
}
