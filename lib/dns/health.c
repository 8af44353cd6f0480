/* SPDX-License-Identifier: BSD-2-Clause */
/* health.c: notes on upstreams, and how long they count. */
#include "dns/health.h"

void health_note_silence(struct health *health, uint64_t now_us)
{
    if (health->is_silent)
        return;
    health->is_silent = true;
    health->next_probe_us = now_us + HEALTH_PROBE_US;
}

void health_note_answer(struct health *health, uint64_t now_us)
{
    health->answered_us = now_us;
    health->is_silent = false;
    health->is_answering = true;
}

void health_note_end(struct health *health)
{
    health->is_answering = false;
}

void health_note_quirk(struct health *health, uint64_t now_us)
{
    health->quirk_until_us = now_us + HEALTH_QUIRK_US;
}

void health_note_no_quirk(struct health *health)
{
    health->quirk_until_us = 0;
    health->lost_case_until_us = 0;
}

void health_note_lost_case(struct health *health, uint64_t now_us)
{
    health_note_quirk(health, now_us);
    health->lost_case_until_us = now_us + HEALTH_QUIRK_US;
}

bool health_loses_case(const struct health *health, uint64_t now_us)
{
    return now_us < health->lost_case_until_us;
}

bool health_has_quirk(const struct health *health, uint64_t now_us)
{
    return now_us < health->quirk_until_us;
}

void health_note_no_tcp(struct health *health, uint64_t now_us)
{
    health->no_tcp_until_us = now_us + HEALTH_NO_TCP_US;
}

bool health_has_tcp(const struct health *health, uint64_t now_us)
{
    return now_us >= health->no_tcp_until_us;
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
