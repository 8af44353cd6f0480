/* SPDX-License-Identifier: BSD-2-Clause */
/* clients.c: a table of a fixed size, whose hash has a secret, so that nobody can choose addresses that share a place.
 */
#include "clients.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PLACES = 8192, PLACES_TRIED = 16 };

struct clients {
    uint64_t secret;
    struct client places[PLACES];
};

struct clients *clients_new(void)
{
    struct clients *clients = calloc(1, sizeof(*clients));
    if (clients != NULL && getrandom(&clients->secret, sizeof(clients->secret), 0) != sizeof(clients->secret)) {
        free(clients);
        return NULL;
    }
    return clients;
}

void clients_free(struct clients *clients)
{
    free(clients);
}

/* What is no address has the key of zeros. */
static void read_key(const char *address, unsigned char key[9])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    unsigned char octets[16] = {0};
    memset(key, 0, 9);
    if (inet_pton(AF_INET, address, octets) == 1) {
        key[0] = 4;
        memcpy(key + 1, octets, 4);
        return;
    }
    if (inet_pton(AF_INET6, address, octets) != 1)
        return;
    bool is_mapped = memcmp(octets, mapped, sizeof(mapped)) == 0;
    key[0] = is_mapped ? 4 : 6;
    memcpy(key + 1, is_mapped ? octets + 12 : octets, is_mapped ? 4 : 8);
}

static size_t first_place(const struct clients *clients, const unsigned char key[9])
{
    uint64_t hash = clients->secret;
    for (int i = 0; i < 9; i++) {
        hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return (size_t)(hash % PLACES);
}

/* Which of two places is given away rather? One that is here never is. */
static struct client *more_idle(struct client *a, struct client *b)
{
    if (b->connections > 0 || b->requests > 0)
        return a;
    if (a == NULL || !b->is_taken)
        return b;
    return a->is_taken && b->seen_ms < a->seen_ms ? b : a;
}

struct client *clients_find(struct clients *clients, const char *address, int64_t now_ms)
{
    unsigned char key[9];
    struct client *idle = NULL;
    read_key(address, key);
    size_t first = first_place(clients, key);
    for (size_t i = 0; i < PLACES_TRIED; i++) {
        struct client *client = &clients->places[(first + i) % PLACES];
        if (client->is_taken && memcmp(client->key, key, sizeof(key)) == 0) {
            client->seen_ms = now_ms;
            return client;
        }
        idle = more_idle(idle, client);
    }
    if (idle == NULL)
        return NULL;
    *idle = (struct client){.is_taken = true, .seen_ms = now_ms};
    memcpy(idle->key, key, sizeof(key));
    return idle;
}
