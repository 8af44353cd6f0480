/* SPDX-License-Identifier: BSD-2-Clause */
/* patience.c: two deadlines; the nearer one counts. */
#include "patience.h"

#include <time.h>

int64_t patience_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void patience_begin(struct patience *patience, int line_s, int session_s)
{
    int64_t now_ms = patience_now_ms();
    *patience = (struct patience){.line_s = line_s, .session_s = session_s, .begun_ms = now_ms, .since_ms = now_ms};
}

void patience_note(struct patience *patience, unsigned long lines)
{
    if (lines == patience->lines)
        return;
    patience->lines = lines;
    patience->since_ms = patience_now_ms();
}

int patience_left_ms(const struct patience *patience)
{
    int64_t line_end_ms = patience->since_ms + (int64_t)patience->line_s * 1000;
    int64_t session_end_ms = patience->begun_ms + (int64_t)patience->session_s * 1000;
    int64_t end_ms = line_end_ms < session_end_ms ? line_end_ms : session_end_ms;
    int64_t now_ms = patience_now_ms();
    return end_ms > now_ms ? (int)(end_ms - now_ms) : 0;
}
