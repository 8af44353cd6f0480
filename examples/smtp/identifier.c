/* SPDX-License-Identifier: BSD-2-Clause */
/* identifier.c: 22 letters and digits out of the kernel's randomness, 131 bits: no two transactions share one. */
#include "identifier.h"

#include <stdlib.h>
#include <sys/random.h>

/* One of 62 characters, each as likely as the others: octets past the last whole round of 62 are drawn again. */
static char draw_character(void)
{
    static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    enum { COUNT = sizeof(characters) - 1, ROUND = 256 / COUNT * COUNT };
    unsigned char octet;
    do {
        if (getrandom(&octet, 1, 0) != 1)
            abort(); /* a kernel without randomness: no server should go on */
    } while (octet >= ROUND);
    return characters[octet % COUNT];
}

void identifier_draw(char identifier[IDENTIFIER_LENGTH + 1])
{
    for (int i = 0; i < IDENTIFIER_LENGTH; i++)
        identifier[i] = draw_character();
    identifier[IDENTIFIER_LENGTH] = '\0';
}
