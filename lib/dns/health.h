/* SPDX-License-Identifier: BSD-2-Clause */
/* health.h: what is known of an upstream from the questions before: does it answer, and has it quirks? Counted in time
 * and not in queries. */
#ifndef MXCHECK_DNS_HEALTH_H
#define MXCHECK_DNS_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often an upstream that does not answer is asked beside the others, to see whether it does again. */
#define HEALTH_PROBE_US 1000000

/* How long a quirk is remembered that has not shown again. */
#define HEALTH_QUIRK_US 600000000

/* How long TCP is taken for closed after it has failed. */
#define HEALTH_NO_TCP_US 60000000

/* What is known of one upstream; zero: nothing bad. */
struct health {
    bool is_silent;
    uint64_t answered_us; /* when it answered last; 0: never */
    bool is_answering;    /* the last that came of it was an answer */
    uint64_t next_probe_us;
    uint64_t quirk_until_us;     /* it has failed a question and answered the same one in the plain form */
    uint64_t lost_case_until_us; /* it did not bring the letter case back, and TCP was closed */
    uint64_t no_tcp_until_us;    /* a UDP upstream could not be asked over TCP */
};

/* No answer came in time, or the upstream could not be reached. */
void health_note_silence(struct health *health, uint64_t now_us);

/* It answered, whatever it said. */
void health_note_answer(struct health *health, uint64_t now_us);

/* A stream to it has ended, which says little of one that was answering: streams that idle are closed. */
void health_note_end(struct health *health);

/* It answers the plain form of a question alone: from now on both forms are sent at once. */
void health_note_quirk(struct health *health, uint64_t now_us);

/* It has given records to a question in the usual form. */
void health_note_no_quirk(struct health *health);

bool health_has_quirk(const struct health *health, uint64_t now_us);

/* It has a quirk, which is that it does not bring letter case back. */
void health_note_lost_case(struct health *health, uint64_t now_us);

bool health_loses_case(const struct health *health, uint64_t now_us);

/* TCP failed, of an upstream that is asked over UDP. */
void health_note_no_tcp(struct health *health, uint64_t now_us);

bool health_has_tcp(const struct health *health, uint64_t now_us);

/* A silent upstream whose time for a probe has come; its next one is a while off then. `count`: there is none. */
size_t health_choose_probe(struct health *health, size_t count, uint64_t now_us);

#endif
