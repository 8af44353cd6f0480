/* SPDX-License-Identifier: BSD-2-Clause */
/* content.c: five states, and CRLF as the only end of a line. */
#include "content.h"

static void write_octet(struct content *content, char octet, FILE *file, size_t most)
{
    if (++content->size <= most)
        putc(octet, file);
}

static void end_line(struct content *content, FILE *file, size_t most)
{
    content->size++; /* the CR */
    content->lines++;
    write_octet(content, '\n', file, most);
    content->state = CONTENT_LINE_BEGIN;
}

/* Inside a line, or at its begin. */
static void take_text(struct content *content, char octet, FILE *file, size_t most)
{
    switch (octet) {
    case '\r':
        content->state = CONTENT_CR;
        break;
    case '\n':
        content->state = CONTENT_BROKEN;
        break;
    default:
        write_octet(content, octet, file, most);
        content->state = CONTENT_TEXT;
    }
}

static void take_octet(struct content *content, char octet, FILE *file, size_t most)
{
    switch (content->state) {
    case CONTENT_LINE_BEGIN:
        if (octet == '.')
            content->state = CONTENT_DOT;
        else
            take_text(content, octet, file, most);
        break;
    case CONTENT_TEXT:
        take_text(content, octet, file, most);
        break;
    case CONTENT_CR:
        if (octet == '\n')
            end_line(content, file, most);
        else
            content->state = CONTENT_BROKEN;
        break;
    case CONTENT_DOT:
        if (octet == '\r')
            content->state = CONTENT_DOT_CR;
        else
            take_text(content, octet, file, most);
        break;
    case CONTENT_DOT_CR:
        content->state = octet == '\n' ? CONTENT_ENDED : CONTENT_BROKEN;
        break;
    case CONTENT_ENDED:
    case CONTENT_BROKEN:
        break;
    }
}

size_t content_take(struct content *content, const char *octets, size_t size, FILE *file, size_t most)
{
    size_t used = 0;
    while (used < size && content->state != CONTENT_ENDED && content->state != CONTENT_BROKEN)
        take_octet(content, octets[used++], file, most);
    return used;
}
