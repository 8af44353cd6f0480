/* SPDX-License-Identifier: BSD-2-Clause */
/* exempt.c: the domains of exempt-domains. */
#include "options/exempt.h"

#include "base/memory.h"
#include "mail/domain.h"

#include <assert.h>
#include <string.h>

/* Turn a list of domains into A-labels, each followed by a space; a name that begins with a dot keeps it. */
static mxcheck_status parse_domains(const char *list, char *zones, const char **why)
{
    static const char separators[] = ", \t";
    char name[DOMAIN_SIZE];

    zones[0] = '\0';
    for (const char *p = list + strspn(list, separators); *p != '\0'; p += strspn(p, separators)) {
        size_t length = strcspn(p, separators);
        size_t dot = *p == '.' ? 1 : 0;
        enum domain_status status = domain_parse(p + dot, length - dot, name, why);
        if (status == DOMAIN_NOMEM)
            return MXCHECK_ERR_NOMEM;
        if (status == DOMAIN_BAD)
            return MXCHECK_ERR_OPTION;
        size_t size = strlen(name);
        if (dot == 1)
            *zones++ = '.';
        memcpy(zones, name, size);
        zones += size;
        memcpy(zones, " ", 2);
        zones++;
        p += length;
    }
    return MXCHECK_OK;
}

mxcheck_status exempt_parse(const struct memory *memory, const char *list, char **exempt, const char **why)
{
    size_t items = 1;

    *exempt = NULL;
    if (list[0] == '\0')
        return MXCHECK_OK;
    for (const char *p = list; *p != '\0'; p++)
        items += *p == ',' || *p == ' ' || *p == '\t';
    /* A name grows in A-labels, but never past DOMAIN_SIZE; its dot and space come on top. */
    char *zones = memory_zalloc(memory, items, DOMAIN_SIZE + 2);
    if (zones == NULL)
        return MXCHECK_ERR_NOMEM;
    mxcheck_status status = parse_domains(list, zones, why);
    if (status != MXCHECK_OK) {
        memory_free(memory, zones);
        return status;
    }
    char *fitted = memory_realloc(memory, zones, strlen(zones) + 1);
    *exempt = fitted == NULL ? zones : fitted;
    return MXCHECK_OK;
}

bool exempt_holds(const char *exempt, const char *domain)
{
    char zone[DOMAIN_SIZE];

    for (const char *p = exempt; p != NULL && *p != '\0';) {
        bool below = *p == '.';
        p += below;
        size_t length = strcspn(p, " ");
        assert(length < sizeof(zone));
        memcpy(zone, p, length);
        zone[length] = '\0';
        if (below ? domain_is_within(domain, zone) : strcmp(domain, zone) == 0)
            return true;
        p += length;
        p += *p == ' ';
    }
    return false;
}
