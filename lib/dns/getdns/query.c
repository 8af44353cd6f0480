/* SPDX-License-Identifier: BSD-2-Clause */
/* query.c: looks where the query was last time, then everywhere. */
#include "dns/getdns/query.h"

#include "message/wire.h"

bool query_find(const uint8_t *block, size_t size, const char *name, uint16_t type, size_t *place)
{
    if (*place < size && wire_is_query(block + *place, size - *place, name, type))
        return true;
    for (size_t at = 0; at < size; at++) {
        if (wire_is_query(block + at, size - at, name, type)) {
            *place = at;
            return true;
        }
    }
    return false;
}
