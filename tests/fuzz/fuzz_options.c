/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_options.c: any name and any value are set without harm; a refused value changes nothing, and the sentence names
 * the option; one that is taken reads back, and changes no other; a copy is the same. The data are lines of
 * "name=value". */
#include "check.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void check_names(const struct name_list *a, const struct name_list *b)
{
    static const char *const names[] = {"example.com", "a.example.com", "com", "mx1.example", "a", ""};
    demand((a == NULL) == (b == NULL));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        demand(name_list_holds(a, names[i]) == name_list_holds(b, names[i]));
}

/* Texts and lists lie elsewhere in a copy; all else is the same to the octet. */
static void check_values(const struct options *a, const struct options *b)
{
    struct options left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    memset(left.text, 0, sizeof(left.text));
    memset(right.text, 0, sizeof(right.text));
    left.exempt = right.exempt = NULL;
    left.refused_hosts = right.refused_hosts = NULL;
    left.required_hosts = right.required_hosts = NULL;
    left.forbidden = right.forbidden = NULL;
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): one is the other's copy, padding and all */
    demand(memcmp(&left, &right, sizeof(left)) == 0);
    check_names(a->exempt, b->exempt);
    check_names(a->refused_hosts, b->refused_hosts);
    check_names(a->required_hosts, b->required_hosts);
    demand((a->forbidden == NULL) == (b->forbidden == NULL));
}

static void check_networks(const struct options *a, const struct options *b)
{
    static const uint8_t addresses[][16] = {{127, 0, 0, 1}, {10, 1, 2, 3}, {192, 0, 2, 1}, {0x20, 1, 0x0d, 0xb8}, {0}};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        demand(networks_hold(a->forbidden, AF_INET, addresses[i]) ==
               networks_hold(b->forbidden, AF_INET, addresses[i]));
        demand(networks_hold(a->forbidden, AF_INET6, addresses[i]) ==
               networks_hold(b->forbidden, AF_INET6, addresses[i]));
    }
}

/* Do all options but one, which may be NULL, read the same? */
static void check_texts(const struct options *a, const struct options *b, const char *but)
{
    for (size_t i = 0; i < options_count(); i++) {
        const char *name = options_name(i);
        if (but == NULL || strcmp(name, but) != 0)
            demand(strcmp(options_get(a, name), options_get(b, name)) == 0);
    }
}

static void check_copy(const struct options *options)
{
    struct options copy;
    demand(options_copy(options, &memory_libc, &copy) == 0);
    check_values(options, &copy);
    check_networks(options, &copy);
    check_texts(options, &copy, NULL);
    options_clear(&copy, &memory_libc);
}

/* "option NAME refuses ...", or "there is no option "NAME...". */
static void check_sentence(const char *error, const char *name, bool is_known)
{
    static const char known[] = "option ", unknown[] = "there is no option \"";
    size_t start = is_known ? sizeof(known) - 1 : sizeof(unknown) - 1;
    size_t shown = strlen(name) < 80 ? strlen(name) : 80;
    demand(memcmp(error, is_known ? known : unknown, start) == 0);
    demand(check_is_printable(error, false));
    if (check_is_printable(name, false) && strchr(name, '\\') == NULL)
        demand(strncmp(error + start, name, shown) == 0);
    demand(!is_known || strncmp(error + start + strlen(name), " refuses \"", 10) == 0);
}

/* What was taken, taken again, comes to the same. */
static void check_again(struct options *options, const char *name, const char *value)
{
    struct options before;
    char error[512];
    demand(options_copy(options, &memory_libc, &before) == 0);
    demand(options_set(options, &memory_libc, name, value, error, sizeof(error)) == MXCHECK_OK);
    check_values(options, &before);
    check_texts(options, &before, NULL);
    options_clear(&before, &memory_libc);
}

static void set(struct options *options, const char *name, const char *value)
{
    struct options before;
    struct options raw;
    char error[512] = "";
    bool is_known = options_get(options, name) != NULL;
    demand(options_copy(options, &memory_libc, &before) == 0);
    memcpy(&raw, options, sizeof(raw));
    mxcheck_status status = options_set(options, &memory_libc, name, value, error, sizeof(error));
    demand(status == MXCHECK_OK || status == MXCHECK_ERR_OPTION);
    if (status == MXCHECK_OK) {
        demand(is_known && strcmp(options_get(options, name), value) == 0 && error[0] == '\0');
        check_texts(options, &before, name);
        check_copy(options);
        check_again(options, name, value);
    } else {
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): not an octet has been touched, padding or not */
        demand(memcmp(&raw, options, sizeof(raw)) == 0);
        check_texts(options, &before, NULL);
        check_sentence(error, name, is_known);
    }
    options_clear(&before, &memory_libc);
}

static void set_line(struct options *options, const char *line, size_t length)
{
    char *name = check_string((const uint8_t *)line, length);
    char *value = strchr(name, '=');
    if (value != NULL)
        *value++ = '\0';
    set(options, name, value == NULL ? "" : value);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options;
    const char *line = (const char *)data;
    size_t left = size;
    options_init(&options);
    for (int lines = 0; left > 0 && lines < 8; lines++) {
        const char *end = memchr(line, '\n', left);
        size_t length = end == NULL ? left : (size_t)(end - line);
        set_line(&options, line, length);
        left -= end == NULL ? length : length + 1;
        line += end == NULL ? length : length + 1;
    }
    options_clear(&options, &memory_libc);
    return 0;
}
