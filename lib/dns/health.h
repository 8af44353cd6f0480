/* SPDX-License-Identifier: BSD-2-Clause */
/* health.h: which upstream is asked next: one that stopped answering is asked last until it answers again. */
#ifndef MXCHECK_DNS_HEALTH_H
#define MXCHECK_DNS_HEALTH_H

#include "dns/upstreams.h"

/* How often an upstream that does not answer is asked beside the others, to see whether it does again. */
#define HEALTH_PROBE_US 1000000

/* What is known of one upstream; zero: nothing bad. Counted in time and not in queries. */
struct health {
    bool is_silent;
    bool is_answering; /* the last that came of it was an answer */
    uint64_t next_probe_us;
};

/* No answer came in time, or the upstream could not be reached. */
void health_note_silence(struct health *health, uint64_t now_us);

/* It answered, whatever it said. */
void health_note_answer(struct health *health);

/* A stream to it has ended, which says little of one that was answering: streams that idle are closed. */
void health_note_end(struct health *health);

/* The upstream for the next attempt of a question: `asked[i]` is how often it has gone to upstream i, and `failed` has
 * a bit for each that has spoken, and not well. */
size_t health_choose(const struct health *health, size_t count, const unsigned char *asked, uint32_t failed);

/* A silent upstream whose time for a probe has come; its next one is a while off then. `count`: there is none. */
size_t health_choose_probe(struct health *health, size_t count, uint64_t now_us);

#endif
