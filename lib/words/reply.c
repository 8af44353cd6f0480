/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.c: a judgement as one SMTP reply line. */
#include "words/reply.h"

#include "options/reasons.h"
#include "words/advice.h"
#include "words/template.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1.5: 512 octets with CRLF. */
#define LINE_MAX_OCTETS 510

/* The first digit of the codes that carry a verdict (RFC 5321 section 4.2.1, RFC 3463 section 2). */
static char class_of(mxcheck_verdict verdict)
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
    char class = class_of(judgement->verdict);
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
    char line[LINE_MAX_OCTETS + 1];
    char hint[ADVICE_MAX + 1];
    struct template_values values = {{NULL}};
    const char *form = line_of(options, judgement);
    struct text text;

    if (strstr(form, "{hint}") != NULL) { /* which costs more than all the rest */
        advice_write(options, judgement, hint, sizeof(hint));
        values.value[TEMPLATE_HINT] = hint;
    }
    values.value[TEMPLATE_ID] = id;
    values.value[TEMPLATE_DOMAIN] = judgement->domain;
    values.value[TEMPLATE_ADDRESS] = judgement->address;
    values.value[TEMPLATE_REASON] = reasons_word(judgement->reason);
    size_t length = template_fill(form, &values, line, LINE_MAX_OCTETS);
    text_init(&text, buffer, size);
    text_put(&text, line, length);
    return text.length;
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
        if (!template_is_for_replies(template_match(p, &length)))
            return "there is an unknown placeholder";
    }
    return NULL;
}

const char *reply_template_fault(const char *line, mxcheck_reason reason)
{
    const struct reason *row = reasons_find(reason);
    const char *words = "";

    if (strlen(line) > LINE_MAX_OCTETS)
        return "it is longer than 510 octets";
    const char *fault = code_fault(line, &words);
    if (fault == NULL)
        fault = words_fault(words);
    if (fault != NULL)
        return fault;
    if (row == NULL || line[0] != class_of(row->verdict))
        return "its code says another verdict than the reason has (2xx accept, 4xx defer, 5xx reject)";
    return NULL;
}
