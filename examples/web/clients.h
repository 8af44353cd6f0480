/* SPDX-License-Identifier: BSD-2-Clause */
/* clients.h: what each client has open and may still ask. An IPv6 network of 64 bits is one client. */
#ifndef WEB_CLIENTS_H
#define WEB_CLIENTS_H

#include "allowance.h"

#include <stdbool.h>
#include <stddef.h>

struct client {
    unsigned char key[9]; /* the family and the network */
    bool is_taken;
    unsigned connections;
    unsigned requests; /* at hand, also by way of a proxy */
    int64_t seen_ms;
    struct allowance checks;
};

struct clients;

/* Gives NULL when memory ran out. */
struct clients *clients_new(void);
void clients_free(struct clients *clients);

/* Find the client with this address, or give it a place; what is no address is one client. One that has connections or
 * requests keeps its place; of the others, the one that was not seen for the longest time loses it. NULL: there is no
 * place. */
struct client *clients_find(struct clients *clients, const char *address, int64_t now_ms);

#endif
