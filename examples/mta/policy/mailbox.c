/* SPDX-License-Identifier: BSD-2-Clause */
/* mailbox.c: a local part that is no dot-string becomes a quoted-string. */
#include "mailbox.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_atext(char letter)
{
    static const char special[] = "!#$%&'*+-/=?^_`{|}~";
    bool is_alphanumeric =
        (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    return is_alphanumeric || (unsigned char)letter >= 0x80 || (letter != '\0' && strchr(special, letter) != NULL);
}

static bool is_dot_string(const char *text, size_t length)
{
    bool after_atom = false;
    for (size_t i = 0; i < length; i++) {
        if (!is_atext(text[i]) && !(text[i] == '.' && after_atom))
            return false;
        after_atom = text[i] != '.';
    }
    return after_atom;
}

static size_t local_length(const struct attribute *address)
{
    const char *text = attribute_text(address);
    for (size_t i = address->length; i > 0; i--) {
        if (text[i - 1] == '@')
            return i - 1;
    }
    return 0;
}

char *mailbox_quote(const struct attribute *address, size_t *length)
{
    const char *text = attribute_text(address);
    size_t local = local_length(address);
    char *quoted = malloc(2 * local + 2 + (address->length - local) + 1);
    size_t used = 0;
    if (quoted == NULL)
        return NULL;
    bool is_plain = local == 0 || is_dot_string(text, local);
    if (!is_plain)
        quoted[used++] = '"';
    for (size_t i = 0; i < local; i++) {
        if (!is_plain && (text[i] == '"' || text[i] == '\\'))
            quoted[used++] = '\\';
        quoted[used++] = text[i];
    }
    if (!is_plain)
        quoted[used++] = '"';
    memcpy(quoted + used, text + local, address->length - local);
    used += address->length - local;
    quoted[used] = '\0';
    *length = used;
    return quoted;
}
