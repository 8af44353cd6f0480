/* SPDX-License-Identifier: BSD-2-Clause */
/* letter_case.c: a bit for each letter, from a keyed hash of a counter. */
#include "message/letter_case.h"

#include <stdbool.h>

void letter_case_init(struct letter_case *letter_case)
{
    siphash_key_init(&letter_case->key);
    letter_case->count = 0;
}

void letter_case_draw(struct letter_case *letter_case, const char *name, char *cased)
{
    uint64_t bits = 0;
    size_t i = 0;
    for (; name[i] != '\0'; i++) {
        if (i % 64 == 0) {
            letter_case->count++;
            bits = siphash(&letter_case->key, &letter_case->count, sizeof(letter_case->count));
        }
        bool is_upper = name[i] >= 'a' && name[i] <= 'z' && (bits >> (i % 64) & 1U) != 0;
        cased[i] = is_upper ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    cased[i] = '\0';
}
