/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions.c: which SMTP sessions are exempt. */
#include "sessions.h"

#include <stdlib.h>

struct session {
    struct session *next;
    uint64_t id;
    unsigned int marks;
};

static size_t row_of(uint64_t id)
{
    return (size_t)((id ^ id >> 32) % SESSIONS_ROWS);
}

static struct session *find(const struct sessions *sessions, uint64_t id)
{
    struct session *session = sessions->rows[row_of(id)];
    while (session != NULL && session->id != id)
        session = session->next;
    return session;
}

static struct session *add(struct sessions *sessions, uint64_t id)
{
    struct session *session = sessions->count < SESSIONS_MAX ? calloc(1, sizeof(*session)) : NULL;
    if (session == NULL)
        return NULL;
    struct session **row = &sessions->rows[row_of(id)];
    *session = (struct session){.next = *row, .id = id};
    *row = session;
    sessions->count++;
    return session;
}

bool sessions_mark(struct sessions *sessions, uint64_t id, enum session_mark mark)
{
    struct session *session = find(sessions, id);
    if (session == NULL)
        session = add(sessions, id);
    if (session == NULL)
        return false;
    session->marks |= (unsigned int)mark;
    return true;
}

bool sessions_are(const struct sessions *sessions, uint64_t id, enum session_mark mark)
{
    const struct session *session = find(sessions, id);
    return session != NULL && (session->marks & (unsigned int)mark) != 0;
}

static void remove_first(struct sessions *sessions, struct session **link)
{
    struct session *session = *link;
    *link = session->next;
    sessions->count--;
    free(session);
}

void sessions_forget(struct sessions *sessions, uint64_t id)
{
    struct session **link = &sessions->rows[row_of(id)];
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    if (*link != NULL)
        remove_first(sessions, link);
}

void sessions_free(struct sessions *sessions)
{
    for (size_t row = 0; row < SESSIONS_ROWS; row++) {
        while (sessions->rows[row] != NULL)
            remove_first(sessions, &sessions->rows[row]);
    }
}
