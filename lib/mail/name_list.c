/* SPDX-License-Identifier: BSD-2-Clause */
/* name_list.c: lists of host and domain names, with wildcards. */
#include "mail/name_list.h"

#include "base/memory.h"
#include "base/text.h"
#include "mail/domain.h"

#include <string.h>

#define LABEL_MAX 63

/* A name with stars cannot be looked up, so that it takes letters, digits, '-' and '_' of ASCII alone. */
static enum domain_status parse_pattern(const char *text, size_t length, char name[DOMAIN_SIZE], const char **why)
{
    size_t label = 0;
    if (length > 0 && text[length - 1] == '.')
        length--;
    *why = "a name is too long";
    if (length >= DOMAIN_SIZE)
        return DOMAIN_BAD;
    *why = "a name with * has an empty or overlong label, or a character that host names do not have";
    for (size_t i = 0; i < length; i++) {
        char c = text_to_lower(text[i]);
        bool is_end = c == '.';
        if (is_end ? label == 0 : !text_is_alpha(c) && !text_is_digit(c) && strchr("-_*", c) == NULL)
            return DOMAIN_BAD;
        label = is_end ? 0 : label + 1;
        if (label > LABEL_MAX)
            return DOMAIN_BAD;
        name[i] = c;
    }
    name[length] = '\0';
    return label == 0 ? DOMAIN_BAD : DOMAIN_OK;
}

static enum domain_status parse_name(const char *text, size_t length, char name[DOMAIN_SIZE], const char **why)
{
    return memchr(text, '*', length) != NULL ? parse_pattern(text, length, name, why)
                                             : domain_parse(text, length, name, why);
}

/* Write each name with a space after it; one that begins with a dot keeps it. */
static mxcheck_status parse_names(const char *list, char *names, const char **why)
{
    static const char separators[] = ", \t";
    char name[DOMAIN_SIZE];

    names[0] = '\0';
    for (const char *p = list + strspn(list, separators); *p != '\0'; p += strspn(p, separators)) {
        size_t length = strcspn(p, separators);
        size_t dot = *p == '.' ? 1 : 0;
        enum domain_status status = parse_name(p + dot, length - dot, name, why);
        if (status == DOMAIN_NOMEM)
            return MXCHECK_ERR_NOMEM;
        if (status == DOMAIN_BAD)
            return MXCHECK_ERR_OPTION;
        size_t size = strlen(name);
        if (dot == 1)
            *names++ = '.';
        memcpy(names, name, size);
        names += size;
        memcpy(names, " ", 2);
        names++;
        p += length;
    }
    return MXCHECK_OK;
}

mxcheck_status name_list_parse(const struct memory *memory, const char *list, char **parsed, const char **why)
{
    size_t items = 1;

    *parsed = NULL;
    if (list[0] == '\0')
        return MXCHECK_OK;
    for (const char *p = list; *p != '\0'; p++)
        items += *p == ',' || *p == ' ' || *p == '\t';
    /* A name grows in A-labels, but never past DOMAIN_SIZE; its dot and space come on top. */
    char *names = memory_zalloc(memory, items, DOMAIN_SIZE + 2);
    if (names == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_status status = parse_names(list, names, why);
    if (status != MXCHECK_OK || names[0] == '\0') {
        memory_free(memory, names);
        return status;
    }
    char *fitted = memory_realloc(memory, names, strlen(names) + 1);
    *parsed = fitted == NULL ? names : fitted;
    return MXCHECK_OK;
}

/* Is the pattern the whole name? A star stops at a dot, so only the last one is ever tried again. */
static bool matches(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL;
    const char *taken = NULL; /* by the star, up to here */
    while (*name != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            taken = name;
        } else if (pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL && *taken != '.') {
            name = ++taken;
            pattern = star;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

/* The name behind the next dot; a dot behind a backslash is within a label (RFC 1035 section 5.1). NULL: none. */
static const char *parent_of(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '\\' && name[1] != '\0')
            name++;
        else if (*name == '.')
            return name + 1;
    }
    return NULL;
}

static bool item_holds(const char *item, const char *end, const char *name)
{
    bool is_below = *item == '.';
    if (!is_below)
        return matches(item, end, name);
    for (; name != NULL; name = parent_of(name)) {
        if (matches(item + 1, end, name))
            return true;
    }
    return false;
}

bool name_list_holds(const char *names, const char *name)
{
    for (const char *item = names; item != NULL && *item != '\0';) {
        const char *end = item + strcspn(item, " ");
        if (item_holds(item, end, name))
            return true;
        item = *end == ' ' ? end + 1 : end;
    }
    return false;
}
