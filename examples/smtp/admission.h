/* SPDX-License-Identifier: BSD-2-Clause */
/* admission.h: which clients are let in, so that those of one network, or silent ones, do not lock all others out. */
#ifndef SMTP_ADMISSION_H
#define SMTP_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 address, or the first 64 bits of an IPv6 address. */
struct admission_network {
    unsigned char octets[16];
};

/* A client. */
struct guest {
    bool is_here;
    struct admission_network network;
    int64_t since_ms; /* when it last said a whole line, or came */
    long owner;       /* the server's own */
};

struct admission {
    size_t most;      /* clients in all */
    size_t most_each; /* of one network */
    struct guest guests[];
};

/* Gives a table in memory that children of fork share; NULL when there is none. Release with admission_free. */
struct admission *admission_new(size_t most, size_t most_each);
void admission_free(struct admission *admission);

struct admission_network admission_network_of(const struct sockaddr_storage *address);

/* Let a client in. Gives its place; NULL: its network has as many as it may have. Where all places are taken the client
 * that has said nothing for longest must go: *rival is a copy of what was known of it, and says is_here. */
struct guest *admission_enter(struct admission *admission, const struct admission_network *network, long owner,
                              struct guest *rival);

/* Its client has said a whole line; it has gone. They do nothing when another has its place by now. */
void admission_note(struct guest *guest, long owner);
void admission_leave(struct guest *guest, long owner);

#endif
