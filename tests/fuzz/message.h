/* SPDX-License-Identifier: BSD-2-Clause */
/* message.h: octets become the DNS message that answers a question. Most of what comes of it is whole, so that a fuzzer
 * need not find out how records are built; some is built of octets as they are.
 *
 * First an octet: 0x01 what follows the question stands in the data as it is; 0x02 TC; 0x04 AD; 0x08 another question;
 * the upper half is the RCODE. Records follow, each with an octet for its kind (lower four bits, see RECORD_*; 0x10
 * class CH; 0x20 an octet with a count follows) and one for its owner, as all names are written:
 *
 *     00-1f  the name asked                       80-bf  a label of so many octets that follow, then the root
 *     20-3f  one of a list                        c0-ff  a pointer, with the octet that follows
 *     40-7f  a label of so many octets that follow, then the name asked */
#ifndef MXCHECK_TESTS_FUZZ_MESSAGE_H
#define MXCHECK_TESTS_FUZZ_MESSAGE_H

#include "octets.h"

#include "dns/resolver.h"

enum record_kind {
    RECORD_NONE, /* the end of the message */
    RECORD_A,
    RECORD_AAAA,
    RECORD_MX,
    RECORD_CNAME,
    RECORD_SOA, /* in the authority section, as all that follows */
    RECORD_OPT, /* with an Extended DNS Error, in the additional section, as all that follows */
    RECORD_RAW, /* any type, any rdata */
    RECORD_DNAME,
    RECORD_KINDS
};

/* Will the next message be one with another question? */
static inline bool message_is_other(const struct octets *octets)
{
    return octets->left > 0 && (*octets->at & 0x08) != 0;
}

/* Gives a block of just *size octets; release with free. */
uint8_t *message_make(struct octets *octets, const char *name, enum dns_type type, size_t *size);

#endif
