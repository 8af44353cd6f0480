/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_test_zone.c: any octets are read as a test zone without harm; what is refused says why; what is taken is found.
 */
#define _GNU_SOURCE /* memfd_create */
#include "octet_file.h"

#include "base/memory.h"
#include "dns/test_zone.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct test_zone *zone;
    char error[256] = "";
    const char *path = octet_file(data, size);
    int status = test_zone_read(&memory_libc, path, &zone, error, sizeof(error));
    if (status != 0) {
        demand(status == -1 && check_is_printable(error, false));
        demand(strncmp(error, path, strlen(path)) == 0 && error[strlen(path)] == ':');
        return 0;
    }
    demand(error[0] == '\0' && check_is_printable(zone->title, false));
    for (size_t i = 0; i < zone->count; i++) {
        const struct test_zone_row *row = &zone->rows[i];
        demand(check_is_printable(row->name, false) && test_zone_has(zone, row->name));
        demand(row->host == NULL || check_is_printable(row->host, false));
        demand(test_zone_find(zone, row->name, row->word) != NULL);
    }
    demand(test_zone_has(zone, "") == (zone->count > 0));
    test_zone_free(zone);
    return 0;
}
