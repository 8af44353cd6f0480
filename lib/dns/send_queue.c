/* SPDX-License-Identifier: BSD-2-Clause */
/* send_queue.c: a linked queue, and how many attempts the system allows. */
#include "dns/send_queue.h"

void line_init(struct line *line)
{
    line->first = NULL;
    line->end = &line->first;
    line->called = 0;
    line->capacity = LINE_CAPACITY_MAX;
    line->shortage_until_us = 0;
}

bool line_is_empty(const struct line *line)
{
    return line->first == NULL;
}

bool line_has_shortage(const struct line *line, uint64_t now_us)
{
    return now_us < line->shortage_until_us;
}

static size_t capacity(const struct line *line, uint64_t now_us)
{
    return line_has_shortage(line, now_us) ? line->capacity : LINE_CAPACITY_MAX;
}

void line_enter(struct line *line, struct line_place *place)
{
    if (place->is_waiting)
        return;
    place->is_waiting = true;
    place->next = NULL;
    *line->end = place;
    line->end = &place->next;
}

void line_leave(struct line *line, struct line_place *place)
{
    struct line_place **link = &line->first;
    line->called -= place->is_called;
    place->is_called = false;
    if (!place->is_waiting)
        return;
    place->is_waiting = false;
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    if (line->end == &place->next)
        line->end = link;
}

void line_move(struct line *line, size_t running, uint64_t now_us)
{
    size_t most = capacity(line, now_us);
    while (line->first != NULL && running + line->called < most) {
        struct line_place *place = line->first;
        line_leave(line, place);
        place->is_called = true;
        line->called++;
        place->call(place->user);
    }
}

bool line_take(struct line *line, struct line_place *place, size_t running, uint64_t now_us)
{
    bool is_first = place->is_called || line->first == NULL || line->first == place;
    size_t taken = running + line->called - place->is_called;
    if (!is_first || taken >= capacity(line, now_us))
        return false;
    line_leave(line, place);
    return true;
}

void line_note_shortage(struct line *line, size_t running, uint64_t now_us)
{
    line->capacity = running > 0 ? running : 1;
    line->shortage_until_us = now_us + LINE_SHORTAGE_US;
}

void line_note_sent(struct line *line)
{
    if (line->capacity < LINE_CAPACITY_MAX)
        line->capacity++;
}
