/* SPDX-License-Identifier: BSD-2-Clause */
/* test_wire.c: which messages are walked to their end, which belong to somebody else, and which lie. */
#include "dns/resolver.h"
#include "message/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER(flags, answers, authority, additional) "\x12\x34" flags "\0\1" answers authority additional
#define REPLY "\x81\x80"
#define NONE "\0\0"
#define ONE "\0\1"
#define QUESTION "\2ok\7example\0\0\x0f\0\1" /* at 12; ok.example MX IN; 27 octets of message so far are 12 + 16 */
#define OWNER "\xc0\x0c"                     /* the name of the question */
#define FIXED(type, length) "\0" type "\0\1\0\0\1\x2c\0" length /* IN, TTL 300 */
#define MX_RECORD                                                                                                      \
    OWNER FIXED("\x0f", "\x09") "\0\x0a"                                                                               \
                                "\4mail"                                                                               \
                                "\xc0\x0c"

#define TWENTY "01234567890123456789"
#define SOA(length)                                                                                                    \
    OWNER FIXED("\6", length)                                                                                          \
    OWNER OWNER TWENTY

#define OPT "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define TWO_QUESTIONS "\x12\x34\x81\x80\0\2\0\0\0\0\0\0"
#define OTHER_QUESTION "\2no\7example\0\0\x0f\0\1"

/* The octets of a literal without its last NUL. */
#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static enum wire_verdict walk(const uint8_t *octets, size_t size, int exact_case)
{
    /* In a block of its own size, so that a sanitizer sees a step too far. */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, octets, size);
    enum wire_verdict verdict = wire_walk(copy, size, -1, "ok.example", DNS_MX, exact_case);
    free(copy);
    return verdict;
}

struct row {
    const char *name;
    const uint8_t *octets;
    size_t size;
    enum wire_verdict verdict;
};

static const struct row rows[] = {
    {"an answer", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION MX_RECORD), WIRE_ANSWER},
    {"no data", OCTETS(HEADER(REPLY, NONE, NONE, NONE) QUESTION), WIRE_ANSWER},
    {"refused, with its question", OCTETS(HEADER("\x81\x85", NONE, NONE, NONE) QUESTION), WIRE_ANSWER},
    {"refused, without a question", OCTETS("\x12\x34\x81\x85\0\0\0\0\0\0\0\0"), WIRE_REFUSAL},
    {"refused, without a question, with EDNS", OCTETS("\x12\x34\x81\x81\0\0\0\0\0\0\0\1" OPT), WIRE_REFUSAL},
    {"refused, without a question, cut", OCTETS("\x12\x34\x81\x81\0\0\0\0\0\0\0\2" OPT), WIRE_MALFORMED},
    {"well, without a question", OCTETS("\x12\x34\x81\x80\0\0\0\0\0\0\0\0"), WIRE_STRANGER},
    {"EDNS", OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\0"), WIRE_ANSWER},
    {"EDNS with an option",
     OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\6\0\x0f\0\2\0\6"), WIRE_ANSWER},
    {"EDNS with options",
     OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\x0b\0\x0f\0\2\0\6\0\1\0\1a"),
     WIRE_ANSWER},
    {"EDNS with an option and half of another",
     OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\x09\0\x0f\0\2\0\6\0\1\0"),
     WIRE_MALFORMED},
    {"EDNS with an option that is empty",
     OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\3\0\0"), WIRE_ANSWER},
    {"EDNS with an option that is longer than its rdata",
     OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\6\0\x0f\0\3\0\6"), WIRE_MALFORMED},
    {"an empty datagram", OCTETS(""), WIRE_STRANGER},
    {"eleven octets", OCTETS("\x12\x34\x81\x80\0\1\0\0\0\0\0"), WIRE_STRANGER},
    {"a question, sent back", OCTETS(HEADER("\x01\x00", NONE, NONE, NONE) QUESTION), WIRE_STRANGER},
    {"opcode NOTIFY", OCTETS(HEADER("\xa1\x80", NONE, NONE, NONE) QUESTION), WIRE_STRANGER},
    {"our question twice", OCTETS(TWO_QUESTIONS QUESTION QUESTION), WIRE_MALFORMED},
    {"our question before another", OCTETS(TWO_QUESTIONS QUESTION OTHER_QUESTION), WIRE_MALFORMED},
    {"our question behind another", OCTETS(TWO_QUESTIONS OTHER_QUESTION QUESTION), WIRE_MALFORMED},
    {"our question in another type beside it", OCTETS(TWO_QUESTIONS QUESTION "\xc0\x0c\0\1\0\1"), WIRE_MALFORMED},
    {"two questions, neither ours", OCTETS(TWO_QUESTIONS OTHER_QUESTION OTHER_QUESTION), WIRE_STRANGER},
    {"two questions are told of, and one is there", OCTETS(TWO_QUESTIONS OTHER_QUESTION), WIRE_STRANGER},
    {"another name", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2no\7example\0\0\x0f\0\1"), WIRE_STRANGER},
    {"a name below", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\1a\2ok\7example\0\0\x0f\0\1"), WIRE_STRANGER},
    {"a name above", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\7example\0\0\x0f\0\1"), WIRE_STRANGER},
    {"a dot in a label", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\12ok.example\0\0\x0f\0\1"), WIRE_STRANGER},
    {"another type", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2ok\7example\0\0\1\0\1"), WIRE_STRANGER},
    {"another class", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2ok\7example\0\0\x0f\0\3"), WIRE_STRANGER},
    {"half a question", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2ok\7exa"), WIRE_STRANGER},
    {"a compressed question", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\xc0\x0c\0\x0f\0\1"), WIRE_STRANGER},
    {"a question without its class", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2ok\7example\0\0\x0f\0"), WIRE_STRANGER},
    {"a label where the question's name must end", OCTETS(HEADER(REPLY, NONE, NONE, NONE) "\2ok\7example\1\0\x0f\0\1"),
     WIRE_STRANGER},
    {"an octet behind the end", OCTETS(HEADER(REPLY, NONE, NONE, NONE) QUESTION "\0"), WIRE_MALFORMED},
    {"one record less than counted", OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION MX_RECORD), WIRE_MALFORMED},
    {"65,535 records, and none", OCTETS(HEADER(REPLY, "\xff\xff", NONE, NONE) QUESTION), WIRE_MALFORMED},
    {"one record more than counted", OCTETS(HEADER(REPLY, NONE, NONE, NONE) QUESTION MX_RECORD), WIRE_MALFORMED},
    {"rdata past the end",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x0f", "\x0a") "\0\x0a\4mail\xc0\x0c"),
     WIRE_MALFORMED},
    {"rdata longer than its name",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x0f", "\x0a") "\0\x0a\4mail\xc0\x0c\0"),
     WIRE_MALFORMED},
    {"MX of one octet", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x0f", "\1") "\0"), WIRE_MALFORMED},
    {"MX without a name", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x0f", "\2") "\0\x0a"),
     WIRE_MALFORMED},
    {"A of three octets", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\1", "\3") "\1\2\3"),
     WIRE_MALFORMED},
    {"A of five octets", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\1", "\5") "\1\2\3\4\5"),
     WIRE_MALFORMED},
    {"a TXT string past its rdata", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x10", "\2") "\2a"),
     WIRE_MALFORMED},
    {"a type that we do not know", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x63", "\1") "a"),
     WIRE_MALFORMED},
    {"such a type beside the MX",
     OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD OWNER FIXED("\x63", "\1") "a"), WIRE_FOREIGN},
    {"such a type past the end", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x63", "\2") "a"),
     WIRE_MALFORMED},
    {"such a type before a lie", OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION OWNER FIXED("\x63", "\1") "a"),
     WIRE_MALFORMED},
    {"SRV", OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION OWNER FIXED("\x21", "\x08") "\0\1\0\1\0\x19" OWNER),
     WIRE_ANSWER},
    {"SRV without a name", OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION OWNER FIXED("\x21", "\x06") "\0\1\0\1\0\x19"),
     WIRE_MALFORMED},
    {"TLSA", OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION OWNER FIXED("\x34", "\4") "\3\1\1x"), WIRE_ANSWER},
    {"TLSA cut", OCTETS(HEADER(REPLY, NONE, NONE, ONE) QUESTION OWNER FIXED("\x34", "\2") "\3\1"), WIRE_MALFORMED},
    {"a pointer to itself", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x0f", "\4") "\0\x0a\xc0\x2a"),
     WIRE_MALFORMED},
    {"a pointer forward", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\xc0\x1e" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
    {"a pointer into the header", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\xc0\0" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
    {"a pointer past the end", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\xff\xff" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
    {"half a pointer", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\xc0"), WIRE_MALFORMED},
    {"a pointer to itself that leads on",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\xc0\x1c" FIXED("\1", "\4") "\1\2\3\4"), WIRE_MALFORMED},
    {"a label as a pointer that has lost a bit",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\x40\x0c" FIXED("\1", "\4") "\1\2\3\4"), WIRE_MALFORMED},
    {"a pointer to a label that reaches past the end",
     OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION OWNER FIXED("\1", "\4") "\x3f\2\3\4"
                                                                               "\xc0\x28" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
    {"a pointer to a label of a kind that is not",
     OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION OWNER FIXED("\1", "\4") "\x80\2\3\4"
                                                                               "\xc0\x28" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
    {"a record that ends with its length", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\1", "\4")),
     WIRE_MALFORMED},
    {"a record without its last octet of length",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER "\0\1\0\1\0\0\0\0\0"), WIRE_MALFORMED},
    {"all sections", OCTETS(HEADER(REPLY, ONE, ONE, ONE) QUESTION MX_RECORD MX_RECORD MX_RECORD), WIRE_ANSWER},
    {"SOA", OCTETS(HEADER(REPLY, NONE, ONE, NONE) QUESTION SOA("\x18")), WIRE_ANSWER},
    {"SOA with one octet too many", OCTETS(HEADER(REPLY, NONE, ONE, NONE) QUESTION SOA("\x19") "\0"), WIRE_MALFORMED},
    {"SOA with one octet too few", OCTETS(HEADER(REPLY, NONE, "\0\2", NONE) QUESTION SOA("\x17")), WIRE_MALFORMED},
    {"SOA of one name", OCTETS(HEADER(REPLY, NONE, ONE, NONE) QUESTION OWNER FIXED("\6", "\x16") OWNER TWENTY),
     WIRE_MALFORMED},
    {"SOA without its numbers", OCTETS(HEADER(REPLY, NONE, ONE, NONE) QUESTION OWNER FIXED("\6", "\4") OWNER OWNER),
     WIRE_MALFORMED},
    {"NS", OCTETS(HEADER(REPLY, NONE, ONE, NONE) QUESTION OWNER FIXED("\2", "\2") OWNER), WIRE_ANSWER},
    {"NS without a name", OCTETS(HEADER(REPLY, NONE, "\0\2", NONE) QUESTION OWNER FIXED("\2", "\0") MX_RECORD),
     WIRE_MALFORMED},
    {"AAAA", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x1c", "\x10") "0123456789abcdef"),
     WIRE_ANSWER},
    {"TXT", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x10", "\6") "\1a\0\2bc"), WIRE_ANSWER},
    {"a later TXT string past its rdata",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x10", "\6") "\1a\0\3bc"), WIRE_MALFORMED},
    {"the shortest DS", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x2b", "\5") "12345"), WIRE_ANSWER},
    {"DS shorter than that", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\x2b", "\4") "1234"),
     WIRE_MALFORMED},
    /* What cannot stand where it does. */
    {"OPT in the answer section", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OPT), WIRE_MALFORMED},
    {"OPT in the answer section, the MX behind it", OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION OPT MX_RECORD),
     WIRE_MALFORMED},
    {"OPT beside the MX in the answer section", OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION MX_RECORD OPT),
     WIRE_MALFORMED},
    {"OPT in the authority section", OCTETS(HEADER(REPLY, ONE, ONE, NONE) QUESTION MX_RECORD OPT), WIRE_MALFORMED},
    {"OPT twice", OCTETS(HEADER(REPLY, ONE, NONE, "\0\2") QUESTION MX_RECORD OPT OPT), WIRE_MALFORMED},
    {"OPT of a name", OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD OWNER "\0\x29\x04\xd0\0\0\0\0\0\0"),
     WIRE_MALFORMED},
    {"OPT before other additional records", OCTETS(HEADER(REPLY, ONE, NONE, "\0\2") QUESTION MX_RECORD OPT MX_RECORD),
     WIRE_ANSWER},
    {"an MX of class CH", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER "\0\x0f\0\3\0\0\0\0\0\4\0\x0a" OWNER),
     WIRE_MALFORMED},
    {"an MX of class ANY", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER "\0\x0f\0\xff\0\0\0\0\0\4\0\x0a" OWNER),
     WIRE_MALFORMED},
    {"an NS of class NONE",
     OCTETS(HEADER(REPLY, ONE, ONE, NONE) QUESTION MX_RECORD OWNER "\0\2\0\xfe\0\0\0\0\0\2" OWNER), WIRE_MALFORMED},
    {"an additional A of class CH",
     OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD OWNER "\0\1\0\3\0\0\0\0\0\4\1\2\3\4"), WIRE_MALFORMED},
    {"TSIG, whose class is ANY",
     OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD "\1k\0\0\xfa\0\xff\0\0\0\0\0\1x"), WIRE_FOREIGN},
    {"TSIG in the answer section", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\1k\0\0\xfa\0\xff\0\0\0\0\0\1x"),
     WIRE_MALFORMED},
    {"SOA in the answer section", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION SOA("\x18")), WIRE_MALFORMED},
    {"SOA behind the MX in the answer section",
     OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION MX_RECORD SOA("\x18")), WIRE_MALFORMED},
    {"SOA among the additional records", OCTETS(HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD SOA("\x18")),
     WIRE_ANSWER},
    {"NS beside the MX in the answer section",
     OCTETS(HEADER(REPLY, "\0\2", NONE, NONE) QUESTION MX_RECORD OWNER FIXED("\2", "\2") OWNER), WIRE_ANSWER},
    {"A in the place of the MX", OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION OWNER FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_ANSWER},
    {"a label of a kind that is not",
     OCTETS(HEADER(REPLY, ONE, NONE, NONE) QUESTION "\x41"
                                                    "a\0" FIXED("\1", "\4") "\1\2\3\4"),
     WIRE_MALFORMED},
};

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum wire_verdict verdict = walk(rows[i].octets, rows[i].size, 1);
        if (verdict != rows[i].verdict)
            fail_msg("%s: %d, not %d", rows[i].name, verdict, rows[i].verdict);
    }
}

static void test_a_message_cut_anywhere_is_no_answer(void **state)
{
    static const char whole[] = HEADER(REPLY, ONE, NONE, ONE) QUESTION MX_RECORD "\0\0\x29\x04\xd0\0\0\0\0\0\0";
    (void)state;
    assert_int_equal(walk(OCTETS(whole), 1), WIRE_ANSWER);
    for (size_t size = 0; size < sizeof(whole) - 1; size++)
        assert_int_not_equal(walk((const uint8_t *)whole, size, 1), WIRE_ANSWER);
}

static void test_letter_case_counts_when_it_is_asked_for(void **state)
{
    static const char other[] = HEADER(REPLY, NONE, NONE, NONE) "\2oK\7exAMple\0\0\x0f\0\1";
    (void)state;
    assert_int_equal(walk(OCTETS(other), 1), WIRE_STRANGER);
    assert_int_equal(walk(OCTETS(other), 0), WIRE_ANSWER);
}

static void test_the_id_counts_when_it_is_given(void **state)
{
    static const char good[] = HEADER(REPLY, NONE, NONE, NONE) QUESTION;
    (void)state;
    assert_int_equal(wire_walk(OCTETS(good), 0x1234, "ok.example", DNS_MX, 1), WIRE_ANSWER);
    assert_int_equal(wire_walk(OCTETS(good), 0x1235, "ok.example", DNS_MX, 1), WIRE_STRANGER);
    assert_int_equal(wire_walk(OCTETS(good), 0, "ok.example", DNS_MX, 1), WIRE_STRANGER);
}

static void test_escapes_of_the_name_asked_are_octets(void **state)
{
    static const char escaped[] = HEADER(REPLY, NONE, NONE, NONE) "\3a.\1\7example\0\0\x0f\0\1";
    (void)state;
    assert_int_equal(wire_walk(OCTETS(escaped), -1, "a\\.\\001.example", DNS_MX, 1), WIRE_ANSWER);
    assert_int_equal(wire_walk(OCTETS(escaped), -1, "a\\046\\001.example", DNS_MX, 1), WIRE_ANSWER);
    assert_int_equal(wire_walk(OCTETS(escaped), -1, "a.\\001.example", DNS_MX, 1), WIRE_STRANGER);
}

/* A label of 63 octets is asked; a longer one, or one of none, is nobody's question. */
static void test_labels_of_the_name_asked(void **state)
{
    enum { LONGEST = 63 };
    char name[LONGEST + 2], message[12 + 1 + LONGEST + 1 + 1 + 4] = HEADER(REPLY, NONE, NONE, NONE);
    size_t fixed = 12 + 1 + LONGEST + 1;
    (void)state;
    memset(name, 'a', sizeof(name));
    memset(message + 13, 'a', LONGEST + 1);
    message[12] = LONGEST;
    name[LONGEST] = '\0';
    memcpy(message + fixed - 1, "\0\0\x0f\0\1", 5);
    assert_int_equal(wire_walk((const uint8_t *)message, fixed + 4, -1, name, DNS_MX, 1), WIRE_ANSWER);
    name[LONGEST] = 'a';
    name[LONGEST + 1] = '\0';
    message[12] = LONGEST + 1;
    memcpy(message + fixed, "\0\0\x0f\0\1", 5);
    assert_int_equal(wire_walk((const uint8_t *)message, fixed + 5, -1, name, DNS_MX, 1), WIRE_STRANGER);
    static const char empty_label[] = HEADER(REPLY, NONE, NONE, NONE) "\1a\0\1b\0\0\x0f\0\1";
    assert_int_equal(wire_walk(OCTETS(empty_label), -1, "a..b", DNS_MX, 1), WIRE_STRANGER);
}

static void test_a_name_of_more_than_255_octets_lies(void **state)
{
    uint8_t message[512] = HEADER(REPLY, ONE, NONE, NONE) QUESTION;
    size_t at = 12 + 16;
    (void)state;
    for (int labels = 0; labels < 4; labels++) {
        message[at] = 63;
        memset(message + at + 1, 'a', 63);
        at += 64;
    }
    memcpy(message + at, "\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 15);
    assert_int_equal(walk(message, at + 15, 1), WIRE_MALFORMED);
    /* With 61 in the last label it has 255 octets with its root. */
    size_t last = 12 + 16 + 3 * 64;
    message[last] = 61;
    memcpy(message + last + 62, "\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 15);
    assert_int_equal(walk(message, last + 62 + 15, 1), WIRE_ANSWER);
}

/* Records whose owners are pointers, each to the one before: following all of them costs the square of their number. */
static enum wire_verdict walk_chain(unsigned records)
{
    static uint8_t message[65535];
    static const char head[] = HEADER(REPLY, NONE, NONE, NONE) QUESTION;
    size_t at = sizeof(head) - 1;
    size_t previous = 12;
    memcpy(message, head, at);
    message[6] = (uint8_t)(records >> 8);
    message[7] = (uint8_t)records;
    for (unsigned i = 0; i < records; i++) {
        size_t owner = at;
        message[at++] = (uint8_t)(0xc0 | previous >> 8);
        message[at++] = (uint8_t)previous;
        memcpy(message + at, "\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 14);
        at += 14;
        previous = owner < 0x4000 ? owner : previous;
    }
    return walk(message, at, 1);
}

static void test_pointer_chains_cost_no_more_than_the_message_is_long(void **state)
{
    (void)state;
    assert_int_equal(walk_chain(100), WIRE_ANSWER);
    assert_int_equal(walk_chain(4000), WIRE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_a_message_cut_anywhere_is_no_answer),
        cmocka_unit_test(test_letter_case_counts_when_it_is_asked_for),
        cmocka_unit_test(test_the_id_counts_when_it_is_given),
        cmocka_unit_test(test_escapes_of_the_name_asked_are_octets),
        cmocka_unit_test(test_labels_of_the_name_asked),
        cmocka_unit_test(test_a_name_of_more_than_255_octets_lies),
        cmocka_unit_test(test_pointer_chains_cost_no_more_than_the_message_is_long),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
