/* SPDX-License-Identifier: BSD-2-Clause */
/* peer.h: what each resolver that is compared can do: ask for the MX of a name and say when that has ended. One file
 * for each, linked with driver.c. */
#ifndef MXCHECK_BENCH_PEER_H
#define MXCHECK_BENCH_PEER_H

/* How many questions may be under way; 1 for one that blocks. */
extern const unsigned peer_in_flight_max;

struct peer;

/* An end of a question; is_good: an MX is there. */
typedef void (*peer_done)(void *user, int is_good);

struct peer_job {
    const char *address; /* of the name server, 127.0.0.x */
    unsigned port;
    unsigned in_flight; /* at most */
    peer_done done;
    void *user;
};

/* Gives a resolver for one thread; ends the program where it cannot. */
struct peer *peer_open(const struct peer_job *job);

/* Called once before children are forked, each of which opens a resolver. Only some peers have what they can share. */
void peer_prepare_children(void) __attribute__((weak));

/* Ask; the end may come before this returns. */
void peer_ask(struct peer *peer, const char *name);

/* Wait for an end at least, while there is a question under way. */
void peer_turn(struct peer *peer);

void peer_close(struct peer *peer);

#endif
