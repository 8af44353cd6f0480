/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_wire.c: any octets are walked without harm, as they are and behind our question; and an answer with the letter
 * case is one without it, too. Build with clang -fsanitize=fuzzer,address,undefined. */
#include "message/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const uint8_t *message, size_t size)
{
    static const uint16_t types[] = {1, 15, 28};
    for (int i = 0; i < 3; i++) {
        enum wire_verdict exact = wire_walk(message, size, -1, "ok.example", types[i], 1);
        enum wire_verdict loose = wire_walk(message, size, -1, "ok.example", types[i], 0);
        if (exact == WIRE_ANSWER && loose != WIRE_ANSWER)
            abort();
    }
}

/* The data are the counts of records, and the records. */
static void walk_behind_question(const uint8_t *data, size_t size)
{
    static const uint8_t question[] = "\2ok\7example\0\0\x0f\0";
    uint8_t *message = malloc(6 + size + 16);
    if (message == NULL)
        return;
    memcpy(message, "\x12\x34\x81\x80\0\1", 6);
    memcpy(message + 6, data, 6);
    memcpy(message + 12, question, 15);
    message[27] = 1;
    memcpy(message + 28, data + 6, size - 6);
    walk(message, size + 22);
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(data, size);
    if (size >= 6)
        walk_behind_question(data, size);
    return 0;
}
