/* SPDX-License-Identifier: BSD-2-Clause */
/* reply_text.c: looks at a reply that an option sets: its codes, its verdict, its placeholders. */
#include "options/reply_text.h"

#include "base/text.h"
#include "options/placeholder.h"
#include "options/reasons.h"

#include <string.h>

char reply_class(mxcheck_verdict verdict)
{
    switch (verdict) {
    case MXCHECK_VERDICT_ACCEPT:
        return '2';
    case MXCHECK_VERDICT_DEFER:
        return '4';
    case MXCHECK_VERDICT_REJECT:
        return '5';
    }
    return '4';
}

/* The length of `text` as an enhanced code (RFC 3463 section 2), class "." 1*3digit "." 1*3digit; 0: it is none. */
static size_t enhanced_length(const char *text)
{
    const char *p = text;

    if (!text_is_digit(*p++))
        return 0;
    for (int part = 0; part < 2; part++) {
        if (*p++ != '.')
            return 0;
        size_t digits = strspn(p, "0123456789");
        if (digits == 0 || digits > 3)
            return 0;
        p += digits;
    }
    return (size_t)(p - text);
}

static const char *code_fault(const char *line, const char **rest)
{
    /* RFC 5321 section 4.2: the second digit goes from 0 to 5. */
    if (strspn(line, "0123456789") != 3 || line[1] > '5' || line[3] != ' ')
        return "it does not begin with a reply code of three digits and a space";
    size_t length = enhanced_length(line + 4);
    if (length == 0 || line[4 + length] != ' ')
        return "no enhanced code such as 5.1.2 and a space follow the reply code";
    if (line[0] != line[4])
        return "reply code and enhanced code begin with different digits";
    *rest = line + 4 + length + 1;
    return NULL;
}

static const char *words_fault(const char *words)
{
    size_t length;

    if (words[strspn(words, " ")] == '\0')
        return "there is no text after the codes";
    for (const char *p = words; *p != '\0'; p++) {
        if (*p < 0x20 || *p >= 0x7f)
            return "there is a character that is not printable ASCII";
        if (*p != '{')
            continue;
        if (!placeholder_is_for_replies(placeholder_match(p, &length)))
            return "there is an unknown placeholder";
    }
    return NULL;
}

const char *reply_text_fault(const char *line, mxcheck_reason reason)
{
    const struct reason *row = reasons_find(reason);
    const char *words = "";

    if (strlen(line) > REPLY_LINE_MAX)
        return "it is longer than 510 octets";
    const char *fault = code_fault(line, &words);
    if (fault == NULL)
        fault = words_fault(words);
    if (fault != NULL)
        return fault;
    if (row == NULL || line[0] != reply_class(row->verdict))
        return "its code says another verdict than the reason has (2xx accept, 4xx defer, 5xx reject)";
    return NULL;
}
