/* SPDX-License-Identifier: BSD-2-Clause */
/* retry.c: weighs upstreams by what a question has met there, and by their silence. */
#include "dns/retry.h"

/* A silent upstream comes after one that the question has gone to once; one that has failed the usual form after those
 * that have not been asked. */
#define SILENCE_WEIGHT 2
#define FAILURE_WEIGHT 4
#define DOWN_WEIGHT 1000

/* So often an upstream that cannot be reached is tried where another has answered. */
#define UNREACHABLE_MAX 2

void retry_init(struct retry *retry, size_t count)
{
    retry->count = count;
}

void retry_has_no_plain_form(struct retry *retry, size_t upstream)
{
    retry->upstream[upstream].has_failed[RETRY_PLAIN] = true;
}

void retry_is_asked_by_stream(struct retry *retry, size_t upstream)
{
    retry->upstream[upstream].is_stream = true;
}

void retry_note_sent(struct retry *retry, size_t upstream, enum retry_form form)
{
    retry->upstream[upstream].sent[form]++;
}

void retry_note_failure(struct retry *retry, size_t upstream, enum retry_form form)
{
    retry->upstream[upstream].has_failed[form] = true;
    retry->has_answer = true;
}

void retry_note_end(struct retry *retry, size_t upstream)
{
    retry_note_failure(retry, upstream, RETRY_USUAL);
    retry_note_failure(retry, upstream, RETRY_PLAIN);
}

void retry_reset(struct retry *retry)
{
    for (size_t i = 0; i < retry->count; i++) {
        retry->upstream[i].has_failed[RETRY_USUAL] = false;
        retry->upstream[i].has_failed[RETRY_PLAIN] = false;
        retry->upstream[i].is_down = true;
    }
}

void retry_note_unreachable(struct retry *retry, size_t upstream)
{
    retry->upstream[upstream].is_down = true;
    retry->upstream[upstream].unreachable++;
}

void retry_clear_unreachable(struct retry *retry)
{
    for (size_t i = 0; i < retry->count; i++)
        retry->upstream[i].is_down = false;
}

static bool has_failed_both(const struct retry_upstream *upstream)
{
    return upstream->has_failed[RETRY_USUAL] && upstream->has_failed[RETRY_PLAIN];
}

static unsigned weigh(const struct retry_upstream *upstream, const struct health *health)
{
    unsigned weight = (unsigned)upstream->sent[RETRY_USUAL] + upstream->sent[RETRY_PLAIN];
    weight += health->is_silent ? SILENCE_WEIGHT : 0;
    weight += upstream->has_failed[RETRY_USUAL] ? FAILURE_WEIGHT : 0;
    return upstream->is_down || has_failed_both(upstream) ? weight + DOWN_WEIGHT : weight;
}

size_t retry_choose(const struct retry *retry, const struct health *health)
{
    size_t best = retry->count;
    unsigned best_weight = DOWN_WEIGHT;
    for (size_t i = 0; i < retry->count; i++) {
        unsigned weight = weigh(&retry->upstream[i], &health[i]);
        if (weight < best_weight) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}

enum retry_form retry_form(const struct retry *retry, size_t upstream)
{
    const struct retry_upstream *state = &retry->upstream[upstream];
    if (state->has_failed[RETRY_USUAL] != state->has_failed[RETRY_PLAIN])
        return state->has_failed[RETRY_USUAL] ? RETRY_PLAIN : RETRY_USUAL;
    return state->sent[RETRY_PLAIN] + state->is_stream < state->sent[RETRY_USUAL] ? RETRY_PLAIN : RETRY_USUAL;
}

bool retry_is_over(const struct retry *retry)
{
    for (size_t i = 0; i < retry->count; i++) {
        const struct retry_upstream *upstream = &retry->upstream[i];
        bool is_given_up = retry->has_answer && upstream->unreachable >= UNREACHABLE_MAX;
        if (!has_failed_both(upstream) && !is_given_up)
            return false;
    }
    return true;
}
