/* SPDX-License-Identifier: BSD-2-Clause */
/* name_list.c: lists of host and domain names, with wildcards. */
#include "mail/name_list.h"

#include "base/memory.h"
#include "base/text.h"
#include "mail/domain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 63

static const char separators[] = ", \t";

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
    if (memchr(text, '*', length) != NULL)
        return parse_pattern(text, length, name, why);
    enum domain_status status = domain_parse(text, length, name, why);
    if (status == DOMAIN_BAD && (length == 0 || strspn(text, "0123456789.:[]") >= length))
        *why = "that is no name";
    return status;
}

/* One block without pointers, so that a copy of its octets is a copy. */
struct name_list {
    size_t size;         /* of the block */
    size_t plain, count; /* items without a star, sorted by name, and all, those with stars behind */
    uint32_t at[];       /* where each begins in the block; one that holds all below keeps its dot */
};

static const char *item_at(const struct name_list *list, size_t index)
{
    return (const char *)list + list->at[index];
}

/* The name of an item without the dot that it may begin with. */
static const char *name_of(const char *item)
{
    return item + (*item == '.');
}

/* Write each name with a NUL after it. *size: of all. */
static mxcheck_status parse_names(const char *list, char *names, size_t *size, size_t *count, const char **why)
{
    char *next = names;
    char name[DOMAIN_SIZE];

    *count = 0;
    for (const char *p = list + strspn(list, separators); *p != '\0'; p += strspn(p, separators)) {
        size_t length = strcspn(p, separators);
        size_t dot = *p == '.' ? 1 : 0;
        enum domain_status status = parse_name(p + dot, length - dot, name, why);
        if (status == DOMAIN_NOMEM)
            return MXCHECK_ERR_NOMEM;
        if (status == DOMAIN_BAD)
            return MXCHECK_ERR_OPTION;
        if (dot == 1)
            *next++ = '.';
        size_t octets = strlen(name) + 1;
        memcpy(next, name, octets);
        next += octets;
        (*count)++;
        p += length;
    }
    *size = (size_t)(next - names);
    return MXCHECK_OK;
}

static bool has_star(const char *item)
{
    return strchr(item, '*') != NULL;
}

static int compare(const void *a, const void *b)
{
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;
    int order = (int)has_star(left) - (int)has_star(right);
    return order != 0 ? order : strcmp(name_of(left), name_of(right));
}

/* Put the names into one block, in order. NULL: memory ran out. */
static struct name_list *pack(const struct memory *memory, const char *names, size_t size, size_t count)
{
    size_t fixed = sizeof(struct name_list) + count * sizeof(uint32_t);
    const char **items = memory_zalloc(memory, count, sizeof(*items));
    struct name_list *list = items == NULL || fixed + size > UINT32_MAX ? NULL : memory_alloc(memory, fixed + size);
    if (list != NULL) {
        char *next = (char *)list + fixed;
        *list = (struct name_list){.size = fixed + size, .count = count};
        for (size_t i = 0; i < count; i++, names += strlen(names) + 1)
            items[i] = names;
        qsort(items, count, sizeof(*items), compare);
        for (size_t i = 0; i < count; i++) {
            size_t octets = strlen(items[i]) + 1;
            list->at[i] = (uint32_t)(next - (char *)list);
            list->plain += !has_star(items[i]);
            memcpy(next, items[i], octets);
            next += octets;
        }
    }
    memory_free(memory, items);
    return list;
}

mxcheck_status name_list_parse(const struct memory *memory, const char *text, struct name_list **list, const char **why)
{
    size_t items = 0;
    size_t size;
    size_t count;

    *list = NULL;
    for (const char *p = text + strspn(text, separators); *p != '\0'; p += strspn(p, separators), items++)
        p += strcspn(p, separators);
    if (items == 0)
        return MXCHECK_OK;
    /* A name grows in A-labels, but never past DOMAIN_SIZE; its dot comes on top. */
    char *names = items > SIZE_MAX / (DOMAIN_SIZE + 1) ? NULL : memory_alloc(memory, items * (DOMAIN_SIZE + 1));
    if (names == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_status status = parse_names(text, names, &size, &count, why);
    if (status == MXCHECK_OK) {
        *list = pack(memory, names, size, count);
        status = *list == NULL ? MXCHECK_ERR_NOMEM : MXCHECK_OK;
    }
    memory_free(memory, names);
    return status;
}

struct name_list *name_list_copy(const struct name_list *list, const struct memory *memory)
{
    struct name_list *copy = list == NULL ? NULL : memory_alloc(memory, list->size);
    if (copy != NULL)
        memcpy(copy, list, list->size);
    return copy;
}

void name_list_free(struct name_list *list, const struct memory *memory)
{
    memory_free(memory, list);
}

/* Is the pattern the whole name? A star stops at a dot, so only the last one is ever tried again. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL;
    const char *taken = NULL; /* by the star, up to here */
    while (*name != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            taken = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL && *taken != '.') {
            name = ++taken;
            pattern = star;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
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

/* Is this name, or what holds all below it, among those without a star? */
static bool holds_plain(const struct name_list *list, const char *name, bool is_itself)
{
    size_t least = 0;
    for (size_t most = list->plain; least < most;) {
        size_t middle = least + (most - least) / 2;
        if (strcmp(name_of(item_at(list, middle)), name) < 0)
            least = middle + 1;
        else
            most = middle;
    }
    for (; least < list->plain && strcmp(name_of(item_at(list, least)), name) == 0; least++) {
        if (is_itself || *item_at(list, least) == '.')
            return true;
    }
    return false;
}

static bool holds_by_star(const struct name_list *list, const char *name, bool is_itself)
{
    for (size_t i = list->plain; i < list->count; i++) {
        const char *item = item_at(list, i);
        if ((is_itself || *item == '.') && matches(name_of(item), name))
            return true;
    }
    return false;
}

bool name_list_holds(const struct name_list *list, const char *name)
{
    bool is_itself = true;
    if (list == NULL)
        return false;
    for (const char *part = name; part != NULL; part = parent_of(part), is_itself = false) {
        if (holds_plain(list, part, is_itself) || holds_by_star(list, part, is_itself))
            return true;
    }
    return false;
}
