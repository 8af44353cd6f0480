/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_domain.c: any octets are parsed as a domain without harm; what is taken is a name of lower-case letters, digits,
 * hyphens and underscores within the bounds of DNS, and parses to itself; what people see of it is UTF-8 without
 * controls, however it is cut, and leads back to it. */
#include "check.h"

#include "mail/domain.h"

#include <stdlib.h>
#include <string.h>

#define UNICODE_SIZE (4 * DOMAIN_SIZE)

static bool is_name(const char *name)
{
    size_t label = 0;
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '.' && label == 0)
            return false;
        if (*p != '.' && strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", *p) == NULL)
            return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label > 0 && strlen(name) <= 253;
}

/* Of what shows itself by turning other text around or by hiding. */
static bool has_controls(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    for (; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
            return true;
        if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x8e && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae)))
            return true; /* marks, separators, embeddings and overrides: U+200E, U+200F, U+2028 to U+202E */
    }
    return false;
}

static void check_unicode(const char *name)
{
    char unicode[UNICODE_SIZE];
    char back[DOMAIN_SIZE];
    const char *fault = NULL;
    domain_to_unicode(name, unicode, sizeof(unicode));
    demand(check_is_utf8(unicode) && !has_controls(unicode));
    demand(domain_parse(unicode, strlen(unicode), back, &fault) == DOMAIN_OK && strcmp(back, name) == 0);
    for (size_t size = 1; size <= strlen(unicode); size += 1 + size / 8) {
        char *cut = malloc(size);
        demand(cut != NULL);
        domain_to_unicode(name, cut, size);
        demand(check_is_utf8(cut) && memcmp(cut, unicode, strlen(cut)) == 0);
        free(cut);
    }
}

static void check_name(const char *name)
{
    char again[DOMAIN_SIZE];
    const char *fault = NULL;
    size_t length = strlen(name);
    demand(is_name(name));
    demand(!domain_is_ipv4_literal(name) && domain_is_within(name, name));
    demand(domain_is_dotless(name) == (strchr(name, '.') == NULL));
    demand(!domain_is_idna_disallowed(name) || strstr(name, "xn--") != NULL);
    const char *source = domain_special_use(name, length);
    demand(source == NULL || check_is_printable(source, false));
    demand(domain_parse(name, length, again, &fault) == DOMAIN_OK && strcmp(again, name) == 0);
    check_unicode(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[DOMAIN_SIZE];
    char untouched[DOMAIN_SIZE];
    const char *fault = NULL;
    char *text = check_string(data, size);
    memset(name, '!', sizeof(name));
    memset(untouched, '!', sizeof(untouched));
    enum domain_status status = domain_parse(text, size, name, &fault);
    free(text);
    demand(status == DOMAIN_OK || status == DOMAIN_BAD);
    if (status == DOMAIN_OK)
        check_name(name);
    else
        demand(memcmp(name, untouched, sizeof(name)) == 0 && fault != NULL && check_is_printable(fault, false));
    return 0;
}
