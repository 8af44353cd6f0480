/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_wire.c: any octets are walked without harm; an answer with the letter case is one without it, too; and what is
 * an answer to us is sound. Build with clang -fsanitize=fuzzer,address,undefined. */
#include "dns/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t types[] = {1, 15, 28};
    for (int i = 0; i < 3; i++) {
        enum wire_verdict exact = wire_walk(data, size, -1, "ok.example", types[i], 1);
        enum wire_verdict loose = wire_walk(data, size, -1, "ok.example", types[i], 0);
        if (exact == WIRE_ANSWER && loose != WIRE_ANSWER)
            abort();
        if (loose == WIRE_ANSWER && !wire_is_sound(data, size))
            abort();
    }
    return 0;
}
