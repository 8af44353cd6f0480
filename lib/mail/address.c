/* SPDX-License-Identifier: BSD-2-Clause */
/* address.c: parses a path of SMTP, as liberally as real mail needs. */
#include "mail/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 5321 section 4.5.3.1.3, which counts the source route and the angle brackets, too. A longer path is noted and no
 * fault: section 4.5.3.1 asks for no limits where they can be avoided, and MTAs differ. Postfix takes whatever fits its
 * command line; Exim refuses an address over 256 octets without its brackets, Sendmail one over 255. Variable envelope
 * return paths and SRS make long paths of short ones. */
#define PATH_MAX_OCTETS 256

/* The text that is left to parse. */
struct reader {
    const char *at;
    const char *end;
    const char *fault; /* what is wrong, after parsing has failed */
    bool is_out_of_memory;
};

static bool fail(struct reader *reader, const char *sentence)
{
    reader->fault = sentence;
    return false;
}

static bool is_at(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

/* Is the rest of the text this word, in any letter case? */
static bool reads_as(const struct reader *reader, const char *word)
{
    const char *p = reader->at;
    while (p < reader->end && *word != '\0' && text_to_lower(*p) == *word) {
        p++;
        word++;
    }
    return p == reader->end && *word == '\0';
}

/* Octets of the code point at p: UTF8-non-ascii of RFC 6531 section 3.3 by the ranges of RFC 3629 section 4, less the
 * C1 controls (U+0080 to U+009F). 0 when there is none. */
static size_t code_point_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, length;
    } rows[] = {
        {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t row = 0;
    while (row < sizeof(rows) / sizeof(rows[0]) && (p[0] < rows[row].first_low || p[0] > rows[row].first_high))
        row++;
    if (row == sizeof(rows) / sizeof(rows[0]) || left < rows[row].length)
        return 0;
    if (p[1] < rows[row].second_low || p[1] > rows[row].second_high)
        return 0;
    for (size_t i = 2; i < rows[row].length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return rows[row].length;
}

/* Read one character that may be printed: ASCII from space to tilde, or a code point above. */
static bool read_char(struct reader *reader)
{
    const unsigned char *p = (const unsigned char *)reader->at;
    if (*p < 0x20 || *p == 0x7f) /* neither qtextSMTP nor atext; RFC 5321 section 4.1.2: MUST NOT be needed */
        return fail(reader, "the local part has a control character");
    size_t length = *p < 0x80 ? 1 : code_point_length(p, (size_t)(reader->end - reader->at));
    if (length == 0) /* RFC 6531 section 3.3 takes well-formed UTF-8 for atext and qtextSMTP */
        return fail(reader, "the local part has a control character or is not valid UTF-8");
    reader->at += length;
    return true;
}

/* Quoted-string, RFC 5321 section 4.1.2; the reader stands at the opening quote. */
static bool read_quoted(struct reader *reader)
{
    reader->at++;
    while (reader->at < reader->end && *reader->at != '"') {
        if (*reader->at == '\\' && ++reader->at == reader->end) /* quoted-pairSMTP */
            break;
        if (!read_char(reader))
            return false;
    }
    if (reader->at == reader->end) /* DQUOTE *QcontentSMTP DQUOTE */
        return fail(reader, "the quoted local part has no closing quote");
    reader->at++;
    return true;
}

/* Dot-string, RFC 5321 section 4.1.2, with dots wherever real mail has them. RFC 5321 section 4.5.3.1.1 allows 64
 * octets; real mail has more. */
static bool read_dot_string(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at != '@') {
        char c = *reader->at;
        if (text_is_alpha(c) || text_is_digit(c) || c == '.' || c == '-' || c == '_') {
            reader->at++;
            continue;
        }
        if (c == ' ') /* not atext, RFC 5322 section 3.2.3 */
            return fail(reader, "the local part has a space outside quotes");
        if (c != '\0' && strchr("()<>[]:;,\\\"", c) != NULL) /* specials: not atext, RFC 5322 section 3.2.3 */
            return fail(reader, "the local part has a special character outside quotes");
        if (!read_char(reader))
            return false;
    }
    return reader->at > start || fail(reader, "the local part is empty"); /* Atom = 1*atext */
}

/* Mailbox = Local-part "@" ( Domain / address-literal ), RFC 5321 section 4.1.2. */
static bool read_local_part(struct reader *reader)
{
    bool done = is_at(reader, '"') ? read_quoted(reader) : read_dot_string(reader);
    if (!done)
        return false;
    if (reader->at == reader->end)
        return fail(reader, "the address has no domain");
    if (*reader->at != '@') /* Local-part = Dot-string / Quoted-string, never both */
        return fail(reader, "the local part goes on after its closing quote");
    reader->at++;
    return true;
}

/* Read a domain from the reader's place up to `end`. */
static bool read_name(struct reader *reader, const char *end, char name[DOMAIN_SIZE])
{
    enum domain_status status = domain_parse(reader->at, (size_t)(end - reader->at), name, &reader->fault);
    reader->is_out_of_memory = status == DOMAIN_NOMEM;
    reader->at = end;
    return status == DOMAIN_OK;
}

/* A-d-l, RFC 5321 section 4.1.2: read and forgotten, as section 3.6.1 and appendix C ask. */
static bool read_source_route(struct reader *reader)
{
    char unused[DOMAIN_SIZE];
    const char *colon = memchr(reader->at, ':', (size_t)(reader->end - reader->at));
    if (colon == NULL) /* no A-d-l, then, and '@' is no atext */
        return fail(reader, "the local part is empty");
    while (reader->at < colon) {
        const char *comma = memchr(reader->at, ',', (size_t)(colon - reader->at));
        if (!is_at(reader, '@'))
            return fail(reader, "the source route has a name without an @");
        reader->at++;
        if (!read_name(reader, comma != NULL ? comma : colon, unused))
            return false;
        if (comma != NULL && ++reader->at == colon)
            return fail(reader, "the source route ends with a comma");
    }
    reader->at++;
    return true;
}

/* IPv4-address-literal = Snum 3("." Snum), Snum = 1*3DIGIT up to 255: decimal, whatever zeros it begins with. */
static bool read_ip4(const char *text, size_t length, uint8_t octets[4])
{
    const char *end = text + length;
    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        int digits = 0;
        for (; text < end && text_is_digit(*text) && digits < 4; digits++)
            value = value * 10 + (unsigned)(*text++ - '0');
        bool is_ended = i == 3 ? text == end : text < end && *text++ == '.';
        if (digits == 0 || digits > 3 || value > 255 || !is_ended)
            return false;
        octets[i] = (uint8_t)value;
    }
    return true;
}

/* The look at the characters keeps out what some inet_pton() take besides, such as a zone after '%'. */
static bool read_ip6(const char *text, size_t length, uint8_t octets[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return strspn(copy, "0123456789abcdefABCDEF:.") == length && inet_pton(AF_INET6, copy, octets) == 1;
}

/* address-literal, RFC 5321 section 4.1.3; no tag is registered but IPv6. "::" may stand for a single group, as RFC
 * 4291 section 2.2 has it. */
static bool read_literal(struct reader *reader, struct address *address)
{
    static const char tag[] = {'i', 'p', 'v', '6', ':'};
    const char *text = reader->at + 1;
    if (reader->end[-1] != ']')
        return fail(reader, "the address literal has no closing bracket");
    size_t length = (size_t)(reader->end - 1 - text);
    size_t matched = 0;
    while (matched < sizeof(tag) && matched < length && text_to_lower(text[matched]) == tag[matched])
        matched++;
    bool is_ip6 = matched == sizeof(tag);
    address->literal_family = is_ip6 ? AF_INET6 : AF_INET;
    if (is_ip6 && !read_ip6(text + matched, length - matched, address->literal))
        return fail(reader, "the address literal is not an IPv6 address");
    if (!is_ip6 && !read_ip4(text, length, address->literal))
        return fail(reader, "the address literal is neither an IPv4 address nor an IPv6 address after IPv6:");
    return true;
}

/* The part after the '@'. */
static bool read_domain(struct reader *reader, struct address *address)
{
    if (is_at(reader, '[')) {
        address->kind = ADDRESS_LITERAL;
        return read_literal(reader, address);
    }
    if (memchr(reader->at, '@', (size_t)(reader->end - reader->at)) != NULL) /* neither atext nor of a sub-domain */
        return fail(reader, "the address has a second @ outside quotes");
    address->kind = ADDRESS_DOMAIN;
    if (!read_name(reader, reader->end, address->domain))
        return false;
    address->domain_length = strlen(address->domain);
    return true;
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">", RFC 5321 section 4.1.2; the brackets are off by now. */
static bool read_path(struct reader *reader, struct address *address)
{
    if (reader->at == reader->end) {
        address->kind = ADDRESS_EMPTY; /* RFC 5321 section 4.5.5 */
        return true;
    }
    if (reads_as(reader, "postmaster")) {
        address->kind = ADDRESS_POSTMASTER; /* RFC 5321 section 4.5.1 */
        return true;
    }
    if (is_at(reader, '@') && !read_source_route(reader))
        return false;
    return read_local_part(reader) && read_domain(reader, address);
}

static bool strip_brackets(struct reader *reader)
{
    if (!is_at(reader, '<'))
        return true;
    reader->at++;
    if (reader->at == reader->end || reader->end[-1] != '>') /* Path, RFC 5321 section 4.1.2 */
        return fail(reader, "the address does not end with its closing angle bracket");
    reader->end--;
    return true;
}

/* A program in C would see no more than what stands before a NUL, another one all of it. */
static bool has_no_nul(struct reader *reader)
{
    size_t length = (size_t)(reader->end - reader->at);
    return length == 0 || memchr(reader->at, '\0', length) == NULL || fail(reader, "the address holds a NUL octet");
}

static void init(struct address *address)
{
    address->kind = ADDRESS_BAD;
    address->fault = "";
    address->is_too_long = false;
    address->literal_family = 0;
    address->domain[0] = '\0';
    address->domain_length = 0;
}

/* Returns as address_parse. */
static int conclude(const struct reader *reader, bool is_good, struct address *address)
{
    if (is_good)
        return 0;
    if (reader->is_out_of_memory)
        return -1;
    address->kind = ADDRESS_BAD;
    address->literal_family = 0;
    address->fault = reader->fault;
    return 0;
}

int address_parse(const char *text, size_t length, struct address *address)
{
    struct reader reader = {.at = text, .end = text + length};
    size_t brackets = is_at(&reader, '<') ? 0 : 2; /* the path has them, whether we are given them or not */
    init(address);
    address->is_too_long = length + brackets > PATH_MAX_OCTETS;
    bool is_good = has_no_nul(&reader) && strip_brackets(&reader) && read_path(&reader, address);
    return conclude(&reader, is_good, address);
}

int address_parse_domain(const char *text, size_t length, struct address *address)
{
    struct reader reader = {.at = text, .end = text + length};
    init(address);
    bool is_good = has_no_nul(&reader) && read_name(&reader, reader.end, address->domain);
    if (is_good) {
        address->kind = ADDRESS_DOMAIN;
        address->domain_length = strlen(address->domain);
    }
    return conclude(&reader, is_good, address);
}
