/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c: libmicrohttpd with an epoll set of its own, which is a descriptor in that of the program. */
#include "server.h"

#include "listen.h"
#include "request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { REST_MOST_MS = 1000 };

/* --- connections -------------------------------------------------------------------------------------------------- */

static struct client *find_client(struct server *server, const struct sockaddr *peer, bool *is_proxy)
{
    char address[INET6_ADDRSTRLEN];
    listen_address(peer, address, sizeof(address));
    *is_proxy = networks_have(&server->options->proxies, address);
    return *is_proxy ? NULL : clients_find(server->clients, address, allowance_now_ms());
}

static enum MHD_Result on_accept(void *user_data, const struct sockaddr *peer, socklen_t size)
{
    struct server *server = user_data;
    bool is_proxy;
    const struct client *client = find_client(server, peer, &is_proxy);
    (void)size;
    if (is_proxy || (client != NULL && client->connections < server->options->client_connections))
        return MHD_YES;
    server->metrics.connections_refused++;
    return MHD_NO;
}

static struct visit *open_visit(struct server *server, struct MHD_Connection *connection)
{
    bool is_proxy;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct visit *visit = calloc(1, sizeof(*visit));
    if (visit == NULL)
        return NULL;
    *visit = (struct visit){.server = server,
                            .next = server->visits,
                            .connection = connection,
                            .client = find_client(server, info->client_addr, &is_proxy),
                            .since_ms = allowance_now_ms()};
    if (visit->client != NULL)
        visit->client->connections++;
    if (visit->next != NULL)
        visit->next->previous = visit;
    server->visits = visit;
    server->metrics.connections++;
    return visit;
}

static void close_visit(struct visit *visit)
{
    struct server *server = visit->server;
    if (visit->client != NULL)
        visit->client->connections--;
    if (visit->next != NULL)
        visit->next->previous = visit->previous;
    if (visit->previous != NULL)
        visit->previous->next = visit->next;
    else
        server->visits = visit->next;
    server->metrics.connections--;
    free(visit);
}

static void on_connection(void *user_data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = open_visit(user_data, connection);
    else if (*context != NULL)
        close_visit(*context);
}

/* libmicrohttpd gives the path with its escapes decoded, up to the first NUL. */
static void *on_uri(void *user_data, const char *uri, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const char *nul = strstr(uri, "%00");
    struct visit *visit = info->socket_context;
    (void)user_data;
    if (visit != NULL)
        visit->has_cut_path = nul != NULL && (size_t)(nul - uri) < strcspn(uri, "?");
    return NULL;
}

static void end_visit(const struct visit *visit)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL)
        shutdown(info->connect_fd, SHUT_RDWR);
}

void server_sweep(struct server *server)
{
    int64_t oldest_ms = allowance_now_ms() - (int64_t)server->options->patience_s * 1000;
    for (struct visit *visit = server->visits; visit != NULL; visit = visit->next) {
        if (visit->since_ms > oldest_ms || (visit->request != NULL && request_waits(visit->request)))
            continue;
        end_visit(visit);
        visit->since_ms = INT64_MAX;
        server->metrics.too_slow++;
    }
}

/* --- the daemon --------------------------------------------------------------------------------------------------- */

bool server_start(struct server *server, int listener)
{
    const struct options *options = server->options;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, server, request_handle, server,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, options->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)options->header_octets, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED, request_on_completed, server,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_END);
    return server->daemon != NULL;
}

int server_fd(const struct server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

/* libmicrohttpd takes the listener out of its set while all places are taken, or no descriptor is left, and puts it
 * back only when it is run after a place became free. */
void server_run(struct server *server)
{
    unsigned long before = server->metrics.connections;
    MHD_run(server->daemon);
    if (server->metrics.connections < before)
        MHD_run(server->daemon);
}

int server_rest_ms(const struct server *server)
{
    MHD_UNSIGNED_LONG_LONG rest_ms;
    if (MHD_get_timeout(server->daemon, &rest_ms) != MHD_YES || rest_ms > REST_MOST_MS)
        return REST_MOST_MS;
    return (int)rest_ms;
}

void server_stop(struct server *server)
{
    for (struct visit *visit = server->visits; visit != NULL; visit = visit->next) {
        if (visit->request != NULL)
            request_resume(visit->request);
    }
    MHD_stop_daemon(server->daemon);
}
