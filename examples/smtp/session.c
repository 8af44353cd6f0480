/* SPDX-License-Identifier: BSD-2-Clause */
/* session.c: octets in, octets out, and the order of it all. */
#include "session.h"

#include "dialogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct session *session_new(const struct session_settings *settings, const char *peer)
{
    char greeting[300];
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        return NULL;
    session->settings = settings;
    snprintf(session->peer, sizeof(session->peer), "%s", peer);
    snprintf(greeting, sizeof(greeting), "220 %s ESMTP", settings->host);
    dialogue_reply(session, greeting);
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    envelope_clear(session);
    transaction_clear(&session->transaction);
    free(session);
}

size_t session_input(struct session *session, char **place)
{
    *place = session->input.octets + session->input.size;
    return sizeof(session->input.octets) - session->input.size;
}

void session_take(struct session *session, size_t size)
{
    session->input.size += size;
}

size_t session_output(struct session *session, const char **octets)
{
    *octets = session->output;
    return session->output_size;
}

void session_sent(struct session *session, size_t size)
{
    session->output_size -= size;
    memmove(session->output, session->output + size, session->output_size);
}

unsigned long session_lines(const struct session *session)
{
    return session->lines;
}

/* While checks are under way, only RCPTs may be looked at ahead of their turn. */
static bool may_go_on(const struct session *session)
{
    size_t length;
    if (session->step_count == 0)
        return true;
    return session->step_count < STEPS_MAX && buffer_find_line(&session->input, &length) == BUFFER_LINE && length > 4 &&
           strncasecmp(session->input.octets, "RCPT", 4) == 0;
}

enum session_state session_turn(struct session *session, struct session_question **question)
{
    char line[BUFFER_SIZE];
    for (;;) {
        envelope_settle(session);
        if (session->is_ended)
            return SESSION_ENDED;
        if (!dialogue_has_room(session))
            return SESSION_NEEDS_ROOM;
        if (!may_go_on(session))
            return SESSION_WAITS;
        if (session->is_in_content) {
            if (!dialogue_take_content(session))
                return SESSION_NEEDS_INPUT;
            continue;
        }
        enum buffer_line kind = buffer_take_line(&session->input, line);
        if (kind == BUFFER_NO_LINE)
            return SESSION_NEEDS_INPUT;
        session->lines++;
        *question = dialogue_take_line(session, kind, line);
        if (*question != NULL)
            return SESSION_ASKS;
    }
}

void session_answer(struct session *session, struct session_question *question, const mxcheck_result *result)
{
    struct step *step = (struct step *)question;
    (void)session;
    step->result = mxcheck_result_ref(result);
    step->is_answered = true;
}

struct session_question *session_unanswered(struct session *session, struct session_question *previous)
{
    size_t i = previous == NULL ? 0 : (size_t)((struct step *)previous - session->steps) + 1;
    for (; i < STEPS_MAX; i++) {
        if (session->steps[i].address != NULL && !session->steps[i].is_answered)
            return &session->steps[i].question;
    }
    return NULL;
}

void session_end(struct session *session, const char *line)
{
    if (!session->is_ended && dialogue_has_room(session))
        dialogue_end(session, line);
    session->is_ended = true;
}
