/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_answer.c: any octets as a DNS message, walked or not, are read without harm, and what was found sound is never
 * called malformed. Build with clang -fsanitize=fuzzer,address,undefined. */
#include "base/memory.h"
#include "message/answer.h"
#include "message/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(const uint8_t *data, size_t size, enum dns_type type)
{
    struct answer answer;
    int is_sound = wire_walk(data, size, -1, "ok.example", (uint16_t)type, 0) == WIRE_ANSWER;
    if (answer_read(&answer, &memory_libc, data, size, "ok.example", type) != 0)
        return;
    if (is_sound && strcmp(answer.dns.failure, "malformed answer") == 0)
        abort();
    if (answer.dns.outcome == DNS_RECORDS && (answer.dns.count == 0 || answer.dns.records == NULL))
        abort();
    answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(data, size, DNS_MX);
    read_as(data, size, DNS_A);
    read_as(data, size, DNS_AAAA);
    return 0;
}
