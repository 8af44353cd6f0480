/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.c: a judgement as one SMTP reply line. */
#include "words/reply.h"

#include "options/reasons.h"
#include "options/reply_text.h"
#include "words/advice.h"
#include "words/template.h"

#include <string.h>

/* For a reason whose own reply says another verdict: on-dns-failure = reject. */
static const char *class_line(char class, mxcheck_role role)
{
    if (class == '2')
        return "250 2.0.0 {id} ok";
    if (class == '5')
        return "550 5.4.3 {id} cannot look up domain";
    return role == MXCHECK_ROLE_SENDER ? "450 4.4.3 {id} try again later" : "451 4.4.3 {id} try again later";
}

/* The line that is used: of the option, of the table, or of the class, the first that says the verdict. */
static const char *line_of(const struct options *options, const struct judgement *judgement)
{
    char class = reply_class(judgement->verdict);
    const char *line = options_reply(options, judgement->reason, judgement->role);
    const struct reason *row = reasons_find(judgement->reason);

    if (line[0] == class)
        return line;
    if (row != NULL) {
        int profile = options->reply_profile == REPLY_PROFILE_RFC ? 1 : 0;
        line = row->reply[profile][judgement->role == MXCHECK_ROLE_SENDER ? 0 : 1];
    }
    return line[0] == class ? line : class_line(class, judgement->role);
}

int reply_code(const struct options *options, const struct judgement *judgement)
{
    const char *line = line_of(options, judgement);
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

void reply_enhanced_code(const struct options *options, const struct judgement *judgement, char *enhanced, size_t size)
{
    const char *code = line_of(options, judgement) + 4;
    struct text text;

    text_init(&text, enhanced, size);
    text_put(&text, code, strcspn(code, " "));
}

/* As much of a hint as fits into `room` octets: cut at a word, without the full stop of the last sentence. */
static size_t fitting_length(const char *hint, size_t room)
{
    size_t length = strlen(hint);
    if (length > 0 && hint[length - 1] == '.')
        length--;
    if (length <= room)
        return length;
    while (room > 0 && hint[room] != ' ')
        room--;
    while (room > 0 && strchr(" ,.:;", hint[room - 1]) != NULL)
        room--;
    return room;
}

/* Put ": HINT" behind line[length], which has room for REPLY_LINE_MAX octets. Returns the new length. */
static size_t append_hint(char *line, size_t length, const char *hint)
{
    size_t used = length + 2;
    size_t fitting = used < REPLY_LINE_MAX ? fitting_length(hint, REPLY_LINE_MAX - used) : 0;
    if (fitting == 0)
        return length;
    memcpy(line + length, ": ", 2);
    memcpy(line + used, hint, fitting);
    line[used + fitting] = '\0';
    return used + fitting;
}

size_t reply_write(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                   size_t size)
{
    char line[REPLY_LINE_MAX + 1];
    char hint[ADVICE_MAX + 1];
    struct template_values values = {{NULL}};
    const char *form = line_of(options, judgement);
    bool has_place = strstr(form, "{hint}") != NULL;
    bool is_appended = options->reply_hints && !has_place && judgement->verdict != MXCHECK_VERDICT_ACCEPT;
    struct text text;

    if (has_place || is_appended) /* which costs more than all the rest */
        advice_write(options, judgement, hint, sizeof(hint));
    if (has_place)
        values.value[PLACEHOLDER_HINT] = hint;
    values.value[PLACEHOLDER_ID] = id;
    values.value[PLACEHOLDER_DOMAIN] = judgement->domain;
    values.value[PLACEHOLDER_ADDRESS] = judgement->address;
    values.value[PLACEHOLDER_REASON] = reasons_word(judgement->reason);
    size_t length = template_fill(form, &values, line, REPLY_LINE_MAX);
    if (is_appended)
        length = append_hint(line, length, hint);
    text_init(&text, buffer, size);
    text_put(&text, line, length);
    return text.length;
}
