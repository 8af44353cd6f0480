/* SPDX-License-Identifier: BSD-2-Clause */
/* caller.c: each proxy puts the address that it was called from at the end of the list, so the list is read from there.
 */
#include "caller.h"

#include "listen.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static enum MHD_Result add_forwarded(void *user_data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct buffer *all = user_data;
    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") == 0 && value != NULL) {
        buffer_puts(all, ",");
        buffer_puts(all, value);
    }
    return MHD_YES;
}

/* Write the address in "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80"; empty where there is none. */
static void read_address(const char *word, size_t size, char address[INET6_ADDRSTRLEN])
{
    struct in6_addr octets;
    char text[INET6_ADDRSTRLEN + sizeof("[]:65535")];
    char *start = text;
    address[0] = '\0';
    if (size >= sizeof(text))
        return;
    snprintf(text, sizeof(text), "%.*s", (int)size, word);
    char *colon = strchr(text, ':');
    if (text[0] == '[') {
        char *bracket = strchr(text, ']');
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return;
        *bracket = '\0';
        start = text + 1;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *colon = '\0';
    }
    if (inet_pton(AF_INET, start, &octets) == 1)
        inet_ntop(AF_INET, &octets, address, INET6_ADDRSTRLEN);
    else if (inet_pton(AF_INET6, start, &octets) == 1)
        inet_ntop(AF_INET6, &octets, address, INET6_ADDRSTRLEN);
}

/* Take the last word off the list, in which a comma is in front of each. False: there was none. */
static bool take_last(struct buffer *list, char address[INET6_ADDRSTRLEN])
{
    char *comma = list->octets == NULL ? NULL : strrchr(list->octets, ',');
    if (comma == NULL)
        return false;
    const char *word = comma + 1 + strspn(comma + 1, " \t");
    read_address(word, strcspn(word, " \t"), address);
    *comma = '\0';
    return true;
}

void caller_address(const struct server *server, struct MHD_Connection *connection, char address[INET6_ADDRSTRLEN])
{
    const struct networks *proxies = &server->options->proxies;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct buffer forwarded = {0};
    listen_address(info->client_addr, address, INET6_ADDRSTRLEN);
    if (networks_have(proxies, address))
        MHD_get_connection_values(connection, MHD_HEADER_KIND, add_forwarded, &forwarded);
    while (networks_have(proxies, address) && take_last(&forwarded, address))
        continue;
    if (forwarded.has_failed)
        address[0] = '\0';
    buffer_clear(&forwarded);
}

unsigned caller_enter(struct request *request)
{
    char address[INET6_ADDRSTRLEN];
    caller_address(request->server, request->connection, address);
    request->client = clients_find(request->server->clients, address, allowance_now_ms());
    if (request->client == NULL)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    request->client->requests++;
    return request->client->requests > request->server->options->client_connections ? MHD_HTTP_TOO_MANY_REQUESTS : 0;
}

void caller_leave(struct request *request)
{
    if (request->client != NULL)
        request->client->requests--;
    request->client = NULL;
}

unsigned caller_admit(struct request *request, unsigned checks, unsigned *retry_s)
{
    struct server *server = request->server;
    struct client *client = request->client;
    const struct options *options = server->options;
    int64_t now_ms = allowance_now_ms();
    *retry_s = allowance_take(&client->checks, options->client_checks, checks, now_ms);
    if (*retry_s > 0)
        return MHD_HTTP_TOO_MANY_REQUESTS;
    *retry_s = allowance_take(&server->all_checks, options->all_checks, checks, now_ms);
    if (*retry_s == 0)
        return 0;
    allowance_give_back(&client->checks, checks);
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}
