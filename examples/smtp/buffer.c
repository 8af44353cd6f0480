/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer.c: lines end with CRLF and with nothing else. */
#include "buffer.h"

#include <string.h>

void buffer_drop(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    memmove(buffer->octets, buffer->octets + size, buffer->size);
}

enum buffer_line buffer_find_line(const struct buffer *buffer, size_t *length)
{
    const char *end = memchr(buffer->octets, '\n', buffer->size);
    if (end == NULL)
        return buffer->size == sizeof(buffer->octets) ? BUFFER_LINE_TOO_LONG : BUFFER_NO_LINE;
    *length = (size_t)(end - buffer->octets);
    bool is_whole = *length > 0 && memchr(buffer->octets, '\r', *length) == end - 1 &&
                    memchr(buffer->octets, '\0', *length) == NULL;
    return is_whole ? BUFFER_LINE : BUFFER_LINE_BROKEN;
}

/* Drop octets up to the end of a line that was too long. */
static bool skip(struct buffer *buffer)
{
    size_t length = 0;
    enum buffer_line kind = buffer_find_line(buffer, &length);
    bool has_end = kind == BUFFER_LINE || kind == BUFFER_LINE_BROKEN;
    buffer_drop(buffer, has_end ? length + 1 : buffer->size);
    buffer->is_skipping = !has_end;
    return has_end;
}

enum buffer_line buffer_take_line(struct buffer *buffer, char *line)
{
    size_t length = 0;
    if (buffer->is_skipping && !skip(buffer))
        return BUFFER_NO_LINE;
    enum buffer_line kind = buffer_find_line(buffer, &length);
    if (kind == BUFFER_LINE_TOO_LONG) {
        buffer->is_skipping = true;
        buffer_drop(buffer, buffer->size);
    } else if (kind == BUFFER_LINE) {
        memcpy(line, buffer->octets, length - 1);
        line[length - 1] = '\0';
        buffer_drop(buffer, length + 1);
    }
    return kind;
}
