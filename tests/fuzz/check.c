/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c: texts that are looked at octet by octet, and the words of a judgement. */
#include "check.h"

#include "options/reasons.h"
#include "words/advice.h"
#include "words/explain.h"
#include "words/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 5321 section 4.5.3.1.5, less CRLF. */
#define REPLY_MAX 510

void check_fail(const char *claim, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, claim);
    abort();
}

bool check_is_printable(const char *text, bool may_break)
{
    for (; *text != '\0'; text++) {
        if ((*text < 0x20 || *text >= 0x7f) && !(may_break && *text == '\n'))
            return false;
    }
    return true;
}

/* The length of the code point at p by the table of RFC 3629 section 4; 0: there is none. */
static size_t code_point(const unsigned char *p)
{
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    unsigned char least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char most = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (length > 1 && (p[1] < least || p[1] > most))
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

bool check_is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        size_t length = code_point(p);
        if (length == 0)
            return false;
        p += length;
    }
    return true;
}

char *check_string(const uint8_t *data, size_t size)
{
    char *string = malloc(size + 1);
    demand(string != NULL);
    if (size > 0)
        memcpy(string, data, size);
    string[size] = '\0';
    return string;
}

/* --- the words of a judgement --- */

typedef size_t (*writer)(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                         size_t size);

/* What is cut is the beginning. */
static void check_cut(writer write, const struct options *options, const struct judgement *judgement, const char *text)
{
    size_t length = strlen(text);
    size_t half = length / 2 + 1;
    char *beginning = malloc(half);
    demand(beginning != NULL);
    demand(write(options, judgement, NULL, beginning, half) == length && strlen(beginning) == half - 1);
    demand(memcmp(text, beginning, half - 1) == 0);
    free(beginning);
}

/* Gives the whole text, after it was told how long it is. A long one is cut no other way than a short one. */
static char *write_whole(writer write, const struct options *options, const struct judgement *judgement)
{
    size_t length = write(options, judgement, NULL, NULL, 0);
    char *text = malloc(length + 1);
    demand(text != NULL);
    demand(write(options, judgement, NULL, text, length + 1) == length && strlen(text) == length);
    if (length < 4000)
        check_cut(write, options, judgement, text);
    return text;
}

static char class_of(mxcheck_verdict verdict)
{
    demand(verdict == MXCHECK_VERDICT_ACCEPT || verdict == MXCHECK_VERDICT_DEFER || verdict == MXCHECK_VERDICT_REJECT);
    return verdict == MXCHECK_VERDICT_ACCEPT ? '2' : verdict == MXCHECK_VERDICT_DEFER ? '4' : '5';
}

static void check_reply(const struct options *options, const struct judgement *judgement, const char *id)
{
    char line[REPLY_MAX + 1];
    char enhanced[12];
    char begin[20];
    size_t length = reply_write(options, judgement, id, line, sizeof(line));
    demand(length <= REPLY_MAX && strlen(line) == length && check_is_printable(line, false));
    reply_enhanced_code(options, judgement, enhanced, sizeof(enhanced));
    snprintf(begin, sizeof(begin), "%03d %s", reply_code(options, judgement), enhanced);
    demand(strncmp(line, begin, strlen(begin)) == 0);
    demand(line[strlen(begin)] == ' ' || line[strlen(begin)] == '\0');
    demand(line[0] == class_of(judgement->verdict) && line[4] == line[0] && line[5] == '.');
}

static void check_hint(const struct options *options, const struct judgement *judgement)
{
    char hint[ADVICE_MAX + 1];
    size_t length = advice_write(options, judgement, hint, sizeof(hint));
    demand(length > 0 && length <= ADVICE_MAX && strlen(hint) == length && check_is_printable(hint, false));
}

void check_wording(const struct options *options, const struct judgement *judgement, const char *id)
{
    demand(reasons_find(judgement->reason) != NULL);
    check_reply(options, judgement, id);
    check_hint(options, judgement);
    char *story = write_whole(explain_write, options, judgement);
    demand(check_is_printable(story, true) && story[strlen(story) - 1] == '\n');
    free(story);
    char *json = write_whole(explain_json, options, judgement);
    demand(check_is_json(json));
    free(json);
}
