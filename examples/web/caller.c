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

/* Take the last of the addresses off the list, which ends before it then. False: it is none, or the list is empty. */
static bool take_last(struct buffer *list, char address[INET6_ADDRSTRLEN])
{
    struct in6_addr octets;
    char *comma = list->octets == NULL ? NULL : strrchr(list->octets, ',');
    if (comma == NULL)
        return false;
    const char *word = comma + 1 + strspn(comma + 1, " \t");
    size_t size = strcspn(word, " \t");
    snprintf(address, INET6_ADDRSTRLEN, "%.*s", size < INET6_ADDRSTRLEN ? (int)size : 0, word);
    *comma = '\0';
    return inet_pton(AF_INET, address, &octets) == 1 || inet_pton(AF_INET6, address, &octets) == 1;
}

void caller_address(const struct server *server, struct MHD_Connection *connection, char address[INET6_ADDRSTRLEN])
{
    const struct networks *proxies = &server->options->proxies;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct buffer forwarded = {0};
    char before[INET6_ADDRSTRLEN];
    listen_address(info->client_addr, address, INET6_ADDRSTRLEN);
    if (networks_have(proxies, address))
        MHD_get_connection_values(connection, MHD_HEADER_KIND, add_forwarded, &forwarded);
    while (networks_have(proxies, address) && take_last(&forwarded, before))
        memcpy(address, before, sizeof(before));
    buffer_clear(&forwarded);
}

unsigned caller_admit(struct server *server, struct MHD_Connection *connection, unsigned checks, unsigned *retry_s)
{
    const struct options *options = server->options;
    char address[INET6_ADDRSTRLEN];
    int64_t now_ms = allowance_now_ms();
    caller_address(server, connection, address);
    struct client *client = clients_find(server->clients, address, now_ms);
    *retry_s = 1;
    if (client == NULL)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    *retry_s = allowance_take(&client->checks, options->client_checks, checks, now_ms);
    if (*retry_s > 0)
        return MHD_HTTP_TOO_MANY_REQUESTS;
    *retry_s = allowance_take(&server->all_checks, options->all_checks, checks, now_ms);
    return *retry_s > 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : 0;
}
