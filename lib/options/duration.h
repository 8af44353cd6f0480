/* SPDX-License-Identifier: BSD-2-Clause */
/* duration.h: numbers, durations, sizes and shares as options write them. Pure. */
#ifndef MXCHECK_OPTIONS_DURATION_H
#define MXCHECK_OPTIONS_DURATION_H

#include <stdint.h>

/* Parse "1000": digits alone. Returns NULL, or a static sentence on what is wrong; the number is written on NULL alone.
 */
const char *duration_parse_number(const char *text, uint64_t *number);

/* Parse "250ms", "8s", "2m", "1h" into milliseconds; "0" needs no unit. Returns as above. */
const char *duration_parse(const char *text, uint64_t *milliseconds);

/* Parse "4096", "512K", "16M", "1G" into octets, by powers of 1024. Returns as above. */
const char *duration_parse_size(const char *text, uint64_t *octets);

/* Parse "25%" into 25. Returns as above. */
const char *duration_parse_share(const char *text, uint64_t *percent);

#endif
