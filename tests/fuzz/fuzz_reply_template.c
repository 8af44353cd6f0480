/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_reply_template.c: any template is judged, and filled with any values, without harm: within its limit, printable,
 * and where it is fit for a reply, with its codes as they stand, which say the verdict of the reason. The data are an
 * octet for the reason, one for the limit, and texts that end with NUL: the template, and a value for each place. */
#include "check.h"

#include "base/memory.h"
#include "options/reasons.h"
#include "options/reply_text.h"
#include "words/reply.h"
#include "words/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX 510

/* A block of just the size that template_fill is promised. */
static char *fill(const char *line, const struct template_values *values, size_t limit)
{
    char *out = malloc(limit + 1);
    demand(out != NULL);
    size_t length = template_fill(line, values, out, limit);
    demand(length <= limit && strlen(out) == length && check_is_printable(out, false));
    return out;
}

static void check_filling(const char *line, const struct template_values *values, size_t limit)
{
    char *once = fill(line, values, limit);
    char *twice = fill(line, values, limit);
    demand(strcmp(once, twice) == 0);
    if (strchr(line, '{') == NULL && check_is_printable(line, false)) {
        demand(strncmp(once, line, strlen(once)) == 0);
        demand(strlen(once) == (strlen(line) < limit ? strlen(line) : limit));
    }
    free(once);
    free(twice);
}

/* One value, which is not cut where the line has room for it. */
static void check_whole_value(enum placeholder place, const char *name, const char *value)
{
    struct template_values values = {{NULL}};
    char line[40];
    size_t length = strlen(value);
    values.value[place] = value;
    snprintf(line, sizeof(line), "550 5.1.1 {%s} end", name);
    char *out = fill(line, &values, length + 14 + (length == 0));
    demand(strlen(out) == length + 14 - (length == 0));
    demand(!check_is_printable(value, false) || length == 0 || strncmp(out + 10, value, length) == 0);
    free(out);
}

/* Reply code and enhanced code, which stand for themselves. */
static size_t codes_length(const char *line)
{
    return 4 + strcspn(line + 4, " ");
}

/* An empty place takes a space with it, which may be the one behind the codes. */
static bool has_empty_place(const char *line, const struct template_values *values)
{
    size_t length;
    for (const char *p = strchr(line, '{'); p != NULL; p = strchr(p + 1, '{')) {
        enum placeholder place = placeholder_match(p, &length);
        if (place == PLACEHOLDER_HINT || place == PLACEHOLDER_REASON || !placeholder_is_for_replies(place))
            continue;
        if (values->value[place] == NULL || values->value[place][0] == '\0')
            return true;
    }
    return false;
}

static void check_reply(const char *line, const struct reason *row, const struct template_values *values)
{
    static const char classes[] = "?245";
    struct judgement judgement = {.reason = row->number, .verdict = row->verdict, .role = MXCHECK_ROLE_RCPT};
    struct options options;
    char name[80];
    char error[512];
    char reply[REPLY_MAX + 2];
    options_init(&options);
    snprintf(name, sizeof(name), "reply.%s.rcpt", row->word);
    mxcheck_status status = options_set(&options, &memory_libc, name, line, error, sizeof(error));
    const char *fault = reply_text_fault(line, row->number);
    demand(fault == NULL || check_is_printable(fault, false));
    demand((status == MXCHECK_OK) == (fault == NULL || line[0] == '\0'));
    judgement.address = values->value[PLACEHOLDER_ADDRESS] == NULL ? "" : values->value[PLACEHOLDER_ADDRESS];
    judgement.domain = values->value[PLACEHOLDER_DOMAIN] == NULL ? "" : values->value[PLACEHOLDER_DOMAIN];
    judgement.fault = judgement.rule = "";
    size_t length = reply_write(&options, &judgement, values->value[PLACEHOLDER_ID], reply, sizeof(reply));
    demand(length <= REPLY_MAX && strlen(reply) == length && check_is_printable(reply, false));
    demand(has_empty_place(line, values) || reply[0] == classes[row->verdict]);
    if (fault == NULL && !has_empty_place(line, values)) {
        demand(line[0] == classes[row->verdict]);
        demand(strncmp(reply, line, codes_length(line)) == 0);
        demand(reply[codes_length(line)] == ' ' || reply[codes_length(line)] == '\0');
    }
    options_clear(&options, &memory_libc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[PLACEHOLDERS] = {
        [PLACEHOLDER_HINT] = "hint", [PLACEHOLDER_ADDRESS] = "address", [PLACEHOLDER_DOMAIN] = "domain",
        [PLACEHOLDER_ID] = "id",     [PLACEHOLDER_REASON] = "reason",   [PLACEHOLDER_DETAIL] = "detail",
        [PLACEHOLDER_HOST] = "host", [PLACEHOLDER_ZONE] = "zone",       [PLACEHOLDER_FAULT] = "fault",
        [PLACEHOLDER_RULE] = "rule",
    };
    struct template_values values = {{NULL}};
    if (size < 2)
        return 0;
    char *text = check_string(data + 2, size - 2);
    char *end = text + size - 2;
    char *at = text + strlen(text);
    for (int i = 0; i < PLACEHOLDERS && at < end; i++) {
        values.value[i] = at + 1;
        check_whole_value((enum placeholder)i, names[i], at + 1);
        at += 1 + strlen(at + 1);
    }
    check_filling(text, &values, REPLY_MAX);
    check_filling(text, &values, data[1]);
    check_reply(text, reasons_at(data[0] % reasons_count()), &values);
    free(text);
    return 0;
}
