/* SPDX-License-Identifier: BSD-2-Clause */
/* test_answer.c: what a DNS message comes to, by messages built here octet by octet. */
#include "base/memory.h"
#include "message/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NS = 2, CNAME = 5, SOA = 6, DNAME = 39, OPT = 41 };

/* A message under construction. */
struct message {
    uint8_t octets[65535];
    size_t size;
};

static void put_u16(struct message *message, unsigned value)
{
    message->octets[message->size++] = (uint8_t)(value >> 8);
    message->octets[message->size++] = (uint8_t)value;
}

static void put_name(struct message *message, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");
        message->octets[message->size++] = (uint8_t)length;
        memcpy(message->octets + message->size, name, length);
        message->size += length;
        name += length + (name[length] == '.');
    }
    message->octets[message->size++] = 0;
}

/* A reply to "ok.example" of type MX with the counts of its sections. */
static void begin(struct message *message, unsigned flags, unsigned answers, unsigned authority, unsigned additional)
{
    message->size = 0;
    put_u16(message, 1);
    put_u16(message, flags);
    put_u16(message, 1);
    put_u16(message, answers);
    put_u16(message, authority);
    put_u16(message, additional);
    put_name(message, "ok.example");
    put_u16(message, DNS_MX);
    put_u16(message, 1);
}

/* Returns where RDLENGTH stands; end_record fills it in. */
static size_t begin_record(struct message *message, const char *owner, unsigned type, unsigned ttl_s)
{
    put_name(message, owner);
    put_u16(message, type);
    put_u16(message, 1);
    put_u16(message, ttl_s >> 16);
    put_u16(message, ttl_s & 0xffff);
    put_u16(message, 0);
    return message->size - 2;
}

static void end_record(struct message *message, size_t place)
{
    size_t length = message->size - place - 2;
    message->octets[place] = (uint8_t)(length >> 8);
    message->octets[place + 1] = (uint8_t)length;
}

static void put_mx(struct message *message, const char *owner, unsigned ttl_s, unsigned preference, const char *host)
{
    size_t place = begin_record(message, owner, DNS_MX, ttl_s);
    put_u16(message, preference);
    put_name(message, host);
    end_record(message, place);
}

static void put_alias(struct message *message, const char *owner, unsigned ttl_s, const char *target)
{
    size_t place = begin_record(message, owner, CNAME, ttl_s);
    put_name(message, target);
    end_record(message, place);
}

static void put_soa_of(struct message *message, const char *zone, unsigned ttl_s, unsigned minimum_s)
{
    size_t place = begin_record(message, zone, SOA, ttl_s);
    put_name(message, "ns.example");
    put_name(message, "root.example");
    for (int i = 0; i < 8; i++)
        put_u16(message, 0);
    put_u16(message, minimum_s >> 16);
    put_u16(message, minimum_s & 0xffff);
    end_record(message, place);
}

static void put_soa(struct message *message, unsigned ttl_s, unsigned minimum_s)
{
    put_soa_of(message, "example", ttl_s, minimum_s);
}

/* With what the server says besides, "" for nothing. */
static void put_extended_error_text(struct message *message, unsigned code, const char *text, size_t size)
{
    size_t place = begin_record(message, "", OPT, 0);
    put_u16(message, 15);
    put_u16(message, (unsigned)(2 + size));
    put_u16(message, code);
    memcpy(message->octets + message->size, text, size);
    message->size += size;
    end_record(message, place);
}

static void put_extended_error(struct message *message, unsigned code)
{
    put_extended_error_text(message, code, "", 0);
}

static void put_address(struct message *message, const char *owner, unsigned type, const void *octets, size_t size)
{
    size_t place = begin_record(message, owner, type, 60);
    memcpy(message->octets + message->size, octets, size);
    message->size += size;
    end_record(message, place);
}

static void read_mx(const struct message *message, struct answer *answer)
{
    assert_int_equal(answer_read(answer, &memory_libc, message->octets, message->size, "ok.example", DNS_MX), 0);
}

enum { NOERROR = 0x8180, SERVFAIL = 0x8182, NXDOMAIN = 0x8183, REFUSED = 0x8185, TRUNCATED = 0x8380 };

static struct message message;

static void test_records_are_read_with_preference_and_ttl(void **state)
{
    (void)state;
    begin(&message, NOERROR, 2, 0, 0);
    put_mx(&message, "ok.example", 300, 10, "MAIL.Example");
    put_mx(&message, "OK.example", 200, 20, "");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_RECORDS);
    assert_int_equal(answer.dns.count, 2);
    assert_string_equal(answer.dns.records[0].host, "mail.example");
    assert_int_equal(answer.dns.records[0].preference, 10);
    assert_int_equal(answer.dns.records[0].ttl_s, 300);
    assert_string_equal(answer.dns.records[1].host, "");
    answer_clear(&answer);
}

static void test_records_of_another_owner_do_not_count(void **state)
{
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    put_mx(&message, "evil.example", 300, 10, "mail.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_NODATA);
    answer_clear(&answer);
}

static void test_alias_is_followed_whatever_the_order_and_bounds_the_ttl(void **state)
{
    (void)state;
    begin(&message, NOERROR, 3, 0, 0);
    put_mx(&message, "c.example", 300, 10, "mail.example");
    put_alias(&message, "b.example", 60, "c.example");
    put_alias(&message, "ok.example", 500, "b.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_RECORDS);
    assert_int_equal(answer.dns.records[0].ttl_s, 60);
    assert_string_equal(answer.dns.alias, "c.example");
    answer_clear(&answer);
}

static void test_bare_alias_is_told(void **state)
{
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    put_alias(&message, "ok.example", 60, "c.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_ALIAS);
    assert_string_equal(answer.dns.alias, "c.example");
    answer_clear(&answer);
}

static void test_alias_loop_is_no_data(void **state)
{
    (void)state;
    begin(&message, NOERROR, 2, 0, 0);
    put_alias(&message, "ok.example", 60, "b.example");
    put_alias(&message, "b.example", 60, "ok.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_NODATA);
    answer_clear(&answer);
}

static void put_dname(struct message *built, const char *owner, unsigned ttl_s, const char *target)
{
    size_t place = begin_record(built, owner, DNAME, ttl_s);
    put_name(built, target);
    end_record(built, place);
}

static void test_every_name_that_the_question_leads_to_counts(void **state)
{
    struct answer answer;
    (void)state;
    begin(&message, NOERROR, 3, 0, 0); /* an MX of the name asked beside its alias, and one of the alias' target */
    put_alias(&message, "ok.example", 60, "b.example");
    put_mx(&message, "ok.example", 300, 10, "mail.example");
    put_mx(&message, "b.example", 300, 20, "mail2.example");
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.count, 2);
    answer_clear(&answer);

    begin(&message, NOERROR, 3, 0, 0); /* two aliases of one name */
    put_alias(&message, "ok.example", 60, "b.example");
    put_alias(&message, "ok.example", 30, "c.example");
    put_mx(&message, "c.example", 300, 10, "mail.example");
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.count, 1);
    assert_int_equal(answer.dns.records[0].ttl_s, 30);
    answer_clear(&answer);

    begin(&message, NOERROR, 2, 0, 0); /* a DNAME without the CNAME that it stands for */
    put_dname(&message, "example", 60, "example.net");
    put_mx(&message, "ok.example.net", 300, 10, "mail.example");
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.count, 1);
    assert_string_equal(answer.dns.alias, "ok.example.net");
    answer_clear(&answer);

    begin(&message, NOERROR, 2, 0, 0); /* which leads what is below it alone, whole labels */
    put_dname(&message, "k.example", 60, "example.net");
    put_dname(&message, "ok.example", 60, "example.net");
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_NODATA);
    assert_string_equal(answer.dns.alias, "");
    answer_clear(&answer);
}

static void test_a_dname_that_leads_to_too_long_a_name_leads_nowhere(void **state)
{
    char target[4 * 63 + 4];
    struct answer answer;
    (void)state;
    memset(target, 'x', sizeof(target) - 1);
    target[62] = target[62 + 63] = target[62 + 126] = '.';
    target[250] = '\0'; /* 252 octets on the wire, and three more for "ok" */
    begin(&message, NOERROR, 1, 0, 0);
    put_dname(&message, "example", 60, target);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_ALIAS);
    answer_clear(&answer);
    target[250] = 'x';
    target[251] = '\0';
    begin(&message, NOERROR, 1, 0, 0);
    put_dname(&message, "example", 60, target);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_NODATA);
    answer_clear(&answer);
}

/* In the reverse order, so that each round over the records finds one. */
static void put_chain(unsigned length, bool has_mx)
{
    char owner[32], target[32];
    begin(&message, NOERROR, length + has_mx, 0, 0);
    snprintf(target, sizeof(target), "c%u.example", length);
    if (has_mx)
        put_mx(&message, target, 300, 10, "mail.example");
    for (unsigned i = length; i > 0; i--) {
        snprintf(target, sizeof(target), "c%u.example", i);
        snprintf(owner, sizeof(owner), i == 1 ? "ok.example" : "c%u.example", i - 1);
        put_alias(&message, owner, 60, target);
    }
}

static void test_more_aliases_than_are_followed_are_a_failure_and_not_no_data(void **state)
{
    struct answer answer;
    (void)state;
    put_chain(32, true);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_RECORDS);
    answer_clear(&answer);
    put_chain(32, false);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_ALIAS);
    assert_string_equal(answer.dns.alias, "c32.example");
    answer_clear(&answer);
    put_chain(33, true);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_FAILURE);
    assert_string_equal(answer.dns.failure, "too many aliases");
    answer_clear(&answer);
}

static void test_a_referral_is_a_failure_and_not_no_data(void **state)
{
    struct answer answer;
    (void)state;
    for (int has_soa = 0; has_soa <= 1; has_soa++) {
        begin(&message, NOERROR, 0, 1 + (unsigned)has_soa, 0);
        size_t place = begin_record(&message, "example", NS, 60);
        put_name(&message, "ns.example");
        end_record(&message, place);
        if (has_soa)
            put_soa(&message, 60, 60);
        read_mx(&message, &answer);
        assert_int_equal(answer.dns.outcome, has_soa ? DNS_NODATA : DNS_FAILURE);
        assert_string_equal(answer.dns.failure, has_soa ? "" : "referral");
        answer_clear(&answer);
    }
}

/* The walk finds such a message sound: every octet of it is as it must be. */
static void test_what_contradicts_itself_is_a_failure_that_says_so(void **state)
{
    struct answer answer;
    static const struct {
        uint16_t flags;
        unsigned answers, authorities;
    } rows[] = {{NXDOMAIN, 1, 0}, {NOERROR, 0, 1}, {NXDOMAIN, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&message, rows[i].flags, rows[i].answers, rows[i].authorities, 0);
        put_mx(&message, "ok.example", 60, 10, "a.ok.example");
        read_mx(&message, &answer);
        assert_int_equal(answer.dns.outcome, DNS_FAILURE);
        assert_string_equal(answer.dns.failure, "contradictory answer");
        answer_clear(&answer);
    }
}

static void test_negative_ttl_is_the_lesser_of_soa_ttl_and_minimum(void **state)
{
    (void)state;
    begin(&message, NXDOMAIN, 0, 1, 0);
    put_soa(&message, 900, 120);
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_NXDOMAIN);
    assert_int_equal(answer.dns.negative_ttl_s, 120);
    answer_clear(&answer);
}

static void test_ttl_with_its_top_bit_set_is_zero(void **state)
{
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    put_mx(&message, "ok.example", 0x80000001U, 10, "mail.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.records[0].ttl_s, 0);
    answer_clear(&answer);
}

static void test_hostile_exchange_is_escaped(void **state)
{
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    put_mx(&message, "ok.example", 5, 10, "a\r\nb \"\x80.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_string_equal(answer.dns.records[0].host, "a\\013\\010b\\032\\\"\\128.example");
    answer_clear(&answer);
}

static void test_one_octet_of_mx_rdata_is_a_failure_and_not_no_data(void **state)
{
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    size_t place = begin_record(&message, "ok.example", DNS_MX, 5);
    message.octets[message.size++] = 0;
    end_record(&message, place);
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_FAILURE);
    answer_clear(&answer);
}

static void test_truncation_and_error_codes_are_failures(void **state)
{
    static const struct {
        unsigned flags;
        const char *failure;
    } rows[] = {{TRUNCATED, "truncated answer"}, {SERVFAIL, "SERVFAIL"}, {REFUSED, "REFUSED"}, {0x8184, "NOTIMP"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&message, rows[i].flags, 0, 0, 0);
        struct answer answer;
        read_mx(&message, &answer);
        assert_int_equal(answer.dns.outcome, DNS_FAILURE);
        assert_string_equal(answer.dns.failure, rows[i].failure);
        answer_clear(&answer);
    }
}

static void test_extended_error_tells_bogus_from_broken(void **state)
{
    (void)state;
    begin(&message, SERVFAIL, 0, 0, 1);
    put_extended_error(&message, 9);
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_BOGUS);
    answer_clear(&answer);
    begin(&message, SERVFAIL, 0, 0, 1);
    put_extended_error(&message, 22);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_FAILURE);
    answer_clear(&answer);
}

static void test_extended_errors_keep_code_and_text(void **state)
{
    char long_text[400];
    struct answer answer;
    (void)state;
    begin(&message, SERVFAIL, 0, 0, 2);
    put_extended_error_text(&message, 22, "no\0way\0", 7);
    put_extended_error_text(&message, 23, "second", 6);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.error_code, 22);
    assert_string_equal(answer.dns.error_text, "no way");
    answer_clear(&answer);

    begin(&message, SERVFAIL, 0, 0, 2); /* of several the one that tells of validation */
    put_extended_error(&message, 65535);
    put_extended_error_text(&message, 7, "expired", 7);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.error_code, 7);
    assert_string_equal(answer.dns.error_text, "expired");
    answer_clear(&answer);

    memset(long_text, 'x', sizeof(long_text));
    memcpy(long_text + 159, "\xc3\xbc", 2); /* across the place of the cut */
    begin(&message, NOERROR, 1, 0, 1);
    put_mx(&message, "ok.example", 300, 10, "mail.example");
    put_extended_error_text(&message, 3, long_text, sizeof(long_text));
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_RECORDS);
    assert_int_equal(answer.dns.error_code, 3);
    assert_int_equal(strlen(answer.dns.error_text), 159 + 3);
    assert_string_equal(answer.dns.error_text + 159, "...");
    answer_clear(&answer);

    begin(&message, NOERROR, 0, 0, 0);
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.error_code, -1);
    assert_string_equal(answer.dns.error_text, "");
    answer_clear(&answer);
}

static void test_upper_bits_of_the_rcode_count(void **state)
{
    struct answer answer;
    (void)state;
    begin(&message, NOERROR, 0, 0, 1);
    end_record(&message, begin_record(&message, "", OPT, 1U << 24)); /* BADVERS, RFC 6891 section 9 */
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.rcode, 16);
    assert_int_equal(answer.dns.outcome, DNS_FAILURE);
    answer_clear(&answer);
}

static void test_the_zone_that_denies_is_told(void **state)
{
    static const char *const rows[][2] = {{"example", "example"}, {"", "."}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct answer answer;
        begin(&message, NXDOMAIN, 0, 1, 0);
        put_soa_of(&message, rows[i][0], 60, 60);
        read_mx(&message, &answer);
        assert_string_equal(answer.dns.zone, rows[i][1]);
        answer_clear(&answer);
    }
    struct answer answer;
    begin(&message, NXDOMAIN, 0, 0, 0);
    read_mx(&message, &answer);
    assert_string_equal(answer.dns.zone, "");
    answer_clear(&answer);
}

static void test_addresses_are_octets(void **state)
{
    struct answer answer;
    (void)state;
    begin(&message, NOERROR, 3, 0, 0);
    put_address(&message, "ok.example", DNS_A, "\1\2\3\4", 4);
    put_address(&message, "other.example", DNS_A, "\5\6\7\10", 4);
    put_address(&message, "ok.example", DNS_A, "\0\0\0\0", 4);
    assert_int_equal(answer_read(&answer, &memory_libc, message.octets, message.size, "ok.example", DNS_A), 0);
    assert_int_equal(answer.dns.count, 2);
    assert_memory_equal(answer.dns.records[0].address, "\1\2\3\4", 4);
    assert_memory_equal(answer.dns.records[1].address, "\0\0\0\0", 4);
    answer_clear(&answer);

    for (unsigned size = 0; size <= 17; size++) {
        begin(&message, NOERROR, 1, 0, 0);
        put_address(&message, "ok.example", DNS_AAAA, "0123456789abcdefg", size);
        assert_int_equal(answer_read(&answer, &memory_libc, message.octets, message.size, "ok.example", DNS_AAAA), 0);
        assert_int_equal(answer.dns.outcome, size == 16 ? DNS_RECORDS : DNS_FAILURE);
        answer_clear(&answer);
    }
}

static void test_message_cut_anywhere_is_a_failure(void **state)
{
    (void)state;
    begin(&message, NOERROR, 2, 0, 0);
    put_mx(&message, "ok.example", 300, 10, "mail.example");
    put_mx(&message, "ok.example", 300, 20, "mail2.example");
    for (size_t size = 0; size < message.size; size++) {
        struct answer answer;
        assert_int_equal(answer_read(&answer, &memory_libc, message.octets, size, "ok.example", DNS_MX), 0);
        assert_int_equal(answer.dns.outcome, DNS_FAILURE);
        answer_clear(&answer);
    }
}

static void test_records_past_the_bound_are_left_out(void **state)
{
    (void)state;
    begin(&message, NOERROR, ANSWER_RECORDS_MAX + 5, 0, 0);
    for (unsigned i = 0; i < ANSWER_RECORDS_MAX + 5; i++)
        put_mx(&message, "ok.example", 300, i, "m.example");
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.outcome, DNS_RECORDS);
    assert_int_equal(answer.dns.count, ANSWER_RECORDS_MAX);
    answer_clear(&answer);
}

static void *no_memory(size_t size, void *user_data)
{
    (void)size;
    (void)user_data;
    return NULL;
}

/* Each host is a label and a pointer to one long name, so that the names take many times the size of the message. */
static void test_names_that_take_more_room_than_the_message_are_whole(void **state)
{
    (void)state;
    static const char label[] = "a123456789b123456789c123456789d123456789e123456789f123456789";
    char longest[4 * sizeof(label)];
    snprintf(longest, sizeof(longest), "%s.%s.%s", label, label, label);
    begin(&message, NOERROR, 60, 0, 0);
    size_t place = begin_record(&message, "ok.example", DNS_MX, 60);
    put_u16(&message, 0);
    size_t target = message.size;
    put_name(&message, longest);
    end_record(&message, place);
    for (unsigned i = 1; i < 60; i++) {
        place = begin_record(&message, "ok.example", DNS_MX, 60);
        put_u16(&message, i);
        message.octets[message.size++] = 1;
        message.octets[message.size++] = 'x';
        put_u16(&message, 0xc000 | (unsigned)target);
        end_record(&message, place);
    }
    struct answer answer;
    read_mx(&message, &answer);
    assert_int_equal(answer.dns.count, 60);
    assert_string_equal(answer.dns.records[0].host, longest);
    for (unsigned i = 1; i < 60; i++) {
        assert_string_equal(answer.dns.records[i].host + 2, longest);
        assert_int_equal(answer.dns.records[i].preference, i);
    }
    answer_clear(&answer);
}

static void test_lack_of_memory_is_told(void **state)
{
    struct memory memory = {no_memory, memory_libc.realloc, memory_libc.free, NULL};
    struct answer answer;
    (void)state;
    begin(&message, NOERROR, 1, 0, 0);
    put_mx(&message, "ok.example", 300, 10, "mail.example");
    assert_int_equal(answer_read(&answer, &memory, message.octets, message.size, "ok.example", DNS_MX), -1);
    begin(&message, SERVFAIL, 0, 0, 1);
    put_extended_error_text(&message, 22, "x", 1);
    assert_int_equal(answer_read(&answer, &memory, message.octets, message.size, "ok.example", DNS_MX), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_read_with_preference_and_ttl),
        cmocka_unit_test(test_records_of_another_owner_do_not_count),
        cmocka_unit_test(test_alias_is_followed_whatever_the_order_and_bounds_the_ttl),
        cmocka_unit_test(test_bare_alias_is_told),
        cmocka_unit_test(test_alias_loop_is_no_data),
        cmocka_unit_test(test_every_name_that_the_question_leads_to_counts),
        cmocka_unit_test(test_a_dname_that_leads_to_too_long_a_name_leads_nowhere),
        cmocka_unit_test(test_more_aliases_than_are_followed_are_a_failure_and_not_no_data),
        cmocka_unit_test(test_a_referral_is_a_failure_and_not_no_data),
        cmocka_unit_test(test_what_contradicts_itself_is_a_failure_that_says_so),
        cmocka_unit_test(test_negative_ttl_is_the_lesser_of_soa_ttl_and_minimum),
        cmocka_unit_test(test_ttl_with_its_top_bit_set_is_zero),
        cmocka_unit_test(test_hostile_exchange_is_escaped),
        cmocka_unit_test(test_one_octet_of_mx_rdata_is_a_failure_and_not_no_data),
        cmocka_unit_test(test_truncation_and_error_codes_are_failures),
        cmocka_unit_test(test_extended_error_tells_bogus_from_broken),
        cmocka_unit_test(test_extended_errors_keep_code_and_text),
        cmocka_unit_test(test_upper_bits_of_the_rcode_count),
        cmocka_unit_test(test_the_zone_that_denies_is_told),
        cmocka_unit_test(test_addresses_are_octets),
        cmocka_unit_test(test_message_cut_anywhere_is_a_failure),
        cmocka_unit_test(test_records_past_the_bound_are_left_out),
        cmocka_unit_test(test_names_that_take_more_room_than_the_message_are_whole),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
