/* SPDX-License-Identifier: BSD-2-Clause */
/* health.h: what earlier questions have shown of an upstream: does it answer, and does it have quirks? It is remembered
 * for a time, not for a number of queries. */
#ifndef MXCHECK_DNS_HEALTH_H
#define MXCHECK_DNS_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often a silent upstream gets a query beside the others, to see whether it answers again. */
#define HEALTH_PROBE_US 1000000

/* How long a quirk is remembered after it was last seen. */
#define HEALTH_QUIRK_US 600000000

/* How long TCP counts as closed after it has failed. */
#define HEALTH_NO_TCP_US 60000000

/* What is known of one upstream; zero: nothing bad. */
struct health {
    bool is_silent;
    uint64_t answered_us; /* when it answered last; 0: never */
    bool is_answering;    /* its last event was an answer */
    uint64_t next_probe_us;
    uint64_t quirk_until_us;     /* it failed on a query and answered the plain form of it */
    uint64_t lost_case_until_us; /* it did not repeat the letter case, and TCP was closed */
    uint64_t no_tcp_until_us;    /* a UDP upstream could not be reached over TCP */
};

/* No answer came in time, or the upstream could not be reached. */
void health_note_silence(struct health *health, uint64_t now_us);

/* It answered, whatever it said. */
void health_note_answer(struct health *health, uint64_t now_us);

/* A connection to it has ended. That says little of an upstream that was answering: servers close idle connections. */
void health_note_end(struct health *health);

/* It answers only the plain form: from now on both forms are sent at once. */
void health_note_quirk(struct health *health, uint64_t now_us);

/* It has answered a query in the usual form with records. */
void health_note_no_quirk(struct health *health);

bool health_has_quirk(const struct health *health, uint64_t now_us);

/* Its quirk is that it does not repeat the letter case. */
void health_note_lost_case(struct health *health, uint64_t now_us);

bool health_loses_case(const struct health *health, uint64_t now_us);

/* TCP has failed to an upstream that is queried over UDP. */
void health_note_no_tcp(struct health *health, uint64_t now_us);

bool health_has_tcp(const struct health *health, uint64_t now_us);

/* A silent upstream that is due for a probe, and now counts as probed. `count`: there is none. */
size_t health_choose_probe(struct health *health, size_t count, uint64_t now_us);

#endif
