/* SPDX-License-Identifier: BSD-2-Clause */
/* patience.h: how long a client may take: for one line, and for its whole session. */
#ifndef SMTP_PATIENCE_H
#define SMTP_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    int line_s;    /* for a line: RFC 5321 section 4.5.3.2.7 wants at least 5 minutes; single octets win no time */
    int session_s; /* for all */
    int64_t begun_ms;
    int64_t since_ms; /* when the line before was whole */
    unsigned long lines;
};

/* The time that it is measured in. */
int64_t patience_now_ms(void);

/* A client has come. */
void patience_begin(struct patience *patience, int line_s, int session_s);

/* So many lines have come whole by now, in all. */
void patience_note(struct patience *patience, unsigned long lines);

/* Milliseconds that the client has left; 0: none. */
int patience_left_ms(const struct patience *patience);

#endif
