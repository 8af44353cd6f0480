/* SPDX-License-Identifier: BSD-2-Clause */
/* health.c: weighs upstreams by how often a question went there, and by their silence. */
#include "dns/health.h"

/* An upstream that is silent stands behind one that the question has gone to once already. */
#define SILENCE_WEIGHT 2
#define FAILURE_WEIGHT 1000

void health_note_silence(struct health *health, uint64_t now_us)
{
    if (health->is_silent)
        return;
    health->is_silent = true;
    health->next_probe_us = now_us + HEALTH_PROBE_US;
}

void health_note_answer(struct health *health)
{
    health->is_silent = false;
    health->is_answering = true;
}

void health_note_end(struct health *health)
{
    health->is_answering = false;
}

size_t health_choose(const struct health *health, size_t count, const unsigned char *asked, uint32_t failed)
{
    size_t best = 0;
    unsigned best_weight = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned weight = asked[i];
        weight += health[i].is_silent ? SILENCE_WEIGHT : 0;
        weight += (failed >> i & 1U) != 0 ? FAILURE_WEIGHT : 0;
        if (i == 0 || weight < best_weight) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}

size_t health_choose_probe(struct health *health, size_t count, uint64_t now_us)
{
    for (size_t i = 0; i < count; i++) {
        if (health[i].is_silent && health[i].next_probe_us <= now_us) {
            health[i].next_probe_us = now_us + HEALTH_PROBE_US;
            return i;
        }
    }
    return count;
}
