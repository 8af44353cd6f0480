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

size_t reply_write(const struct options *options, const struct judgement *judgement, const char *id, char *buffer,
                   size_t size)
{
    char line[REPLY_LINE_MAX + 1];
    char hint[ADVICE_MAX + 1];
    struct template_values values = {{NULL}};
    const char *form = line_of(options, judgement);
    struct text text;

    if (strstr(form, "{hint}") != NULL) { /* which costs more than all the rest */
        advice_write(options, judgement, hint, sizeof(hint));
        values.value[PLACEHOLDER_HINT] = hint;
    }
    values.value[PLACEHOLDER_ID] = id;
    values.value[PLACEHOLDER_DOMAIN] = judgement->domain;
    values.value[PLACEHOLDER_ADDRESS] = judgement->address;
    values.value[PLACEHOLDER_REASON] = reasons_word(judgement->reason);
    size_t length = template_fill(form, &values, line, REPLY_LINE_MAX);
    text_init(&text, buffer, size);
    text_put(&text, line, length);
    return text.length;
}
