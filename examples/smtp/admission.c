/* SPDX-License-Identifier: BSD-2-Clause */
/* admission.c: a table of clients in shared memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "admission.h"

#include "patience.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>

static size_t size_of(size_t most)
{
    return sizeof(struct admission) + most * sizeof(struct guest);
}

struct admission *admission_new(size_t most, size_t most_each)
{
    /* cppcheck-suppress invalidFunctionArg; -1 goes with MAP_ANONYMOUS */
    struct admission *admission = mmap(NULL, size_of(most), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (admission == MAP_FAILED)
        return NULL;
    admission->most = most;
    admission->most_each = most_each;
    return admission;
}

void admission_free(struct admission *admission)
{
    if (admission != NULL)
        munmap(admission, size_of(admission->most));
}

struct admission_network admission_network_of(const struct sockaddr_storage *address)
{
    struct admission_network network = {{0}};
    if (address->ss_family == AF_INET) {
        memcpy(network.octets + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        network.octets[10] = network.octets[11] = 0xff;
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
        memcpy(network.octets, &in6->sin6_addr, is_mapped ? 16 : 8);
    }
    return network;
}

static size_t count_of(const struct admission *admission, const struct admission_network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < admission->most; i++) {
        const struct guest *guest = &admission->guests[i];
        count += guest->is_here && memcmp(&guest->network, network, sizeof(*network)) == 0;
    }
    return count;
}

/* A free place, or that of the client that has said nothing for longest. */
static struct guest *find_place(struct admission *admission)
{
    struct guest *oldest = &admission->guests[0];
    for (size_t i = 0; i < admission->most; i++) {
        struct guest *guest = &admission->guests[i];
        if (!guest->is_here)
            return guest;
        if (guest->since_ms < oldest->since_ms)
            oldest = guest;
    }
    return oldest;
}

struct guest *admission_enter(struct admission *admission, const struct admission_network *network, long owner,
                              struct guest *rival)
{
    rival->is_here = false;
    if (count_of(admission, network) >= admission->most_each)
        return NULL;
    struct guest *guest = find_place(admission);
    *rival = *guest;
    *guest = (struct guest){.is_here = true, .network = *network, .since_ms = patience_now_ms(), .owner = owner};
    return guest;
}

void admission_note(struct guest *guest, long owner)
{
    if (guest->is_here && guest->owner == owner)
        guest->since_ms = patience_now_ms();
}

void admission_leave(struct guest *guest, long owner)
{
    if (guest->is_here && guest->owner == owner)
        guest->is_here = false;
}
