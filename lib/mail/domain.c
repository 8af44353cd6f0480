/* SPDX-License-Identifier: BSD-2-Clause */
/* domain.c: checks a domain name label by label. */
#include "mail/domain.h"

#include "base/text.h"
#include "mail/idna.h"

#include <string.h>

#define LABEL_MAX_OCTETS 63 /* RFC 5890 section 2.3.1, RFC 1035 section 2.3.4 */

static enum domain_status refuse(const char **fault, const char *sentence)
{
    *fault = sentence;
    return DOMAIN_BAD;
}

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

/* Let-dig and Ldh-str of RFC 5321 section 4.1.2, and the underscore, which real mail domains have. */
static bool is_name_char(char c)
{
    return text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '_';
}

/* Length of the label separator at p, 0 when there is none: ".", or U+3002, U+FF0E, U+FF61, which UTS 46 section 2.3
 * takes for it. */
static size_t separator_length(const char *p, size_t left)
{
    static const char *const wide[] = {"\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"};
    if (*p == '.')
        return 1;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (left >= 3 && memcmp(p, wide[i], 3) == 0)
            return 3;
    return 0;
}

/* A label in ASCII never comes here: DNS may hold A-labels of any kind. */
static enum domain_status put_u_label(struct text *out, const char *label, size_t length, const char **fault)
{
    switch (idna_put_ascii(out, label, length, fault)) {
    case IDNA_OK:
        return DOMAIN_OK;
    case IDNA_BAD:
        return DOMAIN_BAD;
    case IDNA_NOMEM:
        return DOMAIN_NOMEM;
    }
    return DOMAIN_BAD;
}

static enum domain_status put_label(struct text *out, const char *label, size_t length, const char **fault)
{
    bool ascii = true;
    for (size_t i = 0; i < length; i++) {
        if (!is_ascii(label[i]))
            ascii = false;
        else if (!is_name_char(label[i])) /* RFC 5321 section 4.1.2, sub-domain */
            return refuse(fault, "the domain has a character other than letters, digits, hyphens and underscores");
    }
    if (!ascii)
        return put_u_label(out, label, length, fault);
    text_put(out, label, length);
    return DOMAIN_OK;
}

/* Labels apart, each in its ASCII form, with plain dots between them. */
static enum domain_status put_labels(struct text *out, const char *input, size_t length, const char **fault)
{
    size_t start = 0;
    for (size_t i = 0; i < length;) {
        size_t separator = separator_length(input + i, length - i);
        if (separator == 0) {
            i++;
            continue;
        }
        enum domain_status status = put_label(out, input + start, i - start, fault);
        if (status != DOMAIN_OK)
            return status;
        text_puts(out, ".");
        start = i += separator;
    }
    return put_label(out, input + start, length - start, fault);
}

/* What is wrong with one label; NULL when nothing is. */
static const char *label_fault(const char *label, size_t length)
{
    if (length == 0) /* RFC 5321 section 4.1.2: a sub-domain begins with Let-dig */
        return "the domain has an empty label";
    if (length > LABEL_MAX_OCTETS)
        return "the domain has a label longer than 63 octets";
    if (label[0] == '-' || label[length - 1] == '-') /* RFC 5321 section 4.1.2: Let-dig [Ldh-str] */
        return "the domain has a label that begins or ends with a hyphen";
    for (size_t i = 0; i < length; i++)
        if (!is_name_char(label[i])) /* that UTS 46 has made of others, such as a solidus */
            return "the domain has a character other than letters, digits, hyphens and underscores";
    return NULL;
}

/* What is wrong with a name in ASCII; NULL when nothing is. */
static const char *name_fault(const char *name)
{
    for (const char *label = name;; label++) {
        size_t length = strcspn(label, ".");
        const char *fault = label_fault(label, length);
        if (fault != NULL)
            return fault;
        label += length;
        if (*label == '\0')
            break;
    }
    if (domain_is_ipv4_literal(name)) /* RFC 5321 section 4.1.3 wants brackets */
        return "an IP address must stand in square brackets";
    return NULL;
}

static void lower(char *name)
{
    for (; *name != '\0'; name++)
        *name = text_to_lower(*name);
}

/* The fast path for nearly all mail: a valid name in ASCII, in one pass. The slow path handles everything else. */
static bool copy_plain(const char *text, size_t length, char name[DOMAIN_SIZE])
{
    char plain[DOMAIN_SIZE];
    size_t label = 0;
    if (length >= sizeof(plain))
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text_to_lower(text[i]);
        plain[i] = c;
        if (text_is_alpha(c) || text_is_digit(c) || c == '_' || (c == '-' && label > 0))
            label++;
        else if (c == '.' && label > 0 && label <= LABEL_MAX_OCTETS && plain[i - 1] != '-')
            label = 0;
        else
            return false;
    }
    plain[length] = '\0';
    if (label == 0 || label > LABEL_MAX_OCTETS || plain[length - 1] == '-' || domain_is_ipv4_literal(plain))
        return false;
    memcpy(name, plain, length + 1);
    return true;
}

enum domain_status domain_parse(const char *text, size_t length, char name[DOMAIN_SIZE], const char **fault)
{
    char ascii[DOMAIN_SIZE + 1]; /* with the final dot */
    struct text out;
    if (length == 0) /* RFC 5321 section 4.1.2 */
        return refuse(fault, "the domain is empty");
    if (copy_plain(text, length, name))
        return DOMAIN_OK;
    if (length > IDNA_INPUT_MAX_OCTETS)
        return refuse(fault, "the domain is too long");
    text_init(&out, ascii, sizeof(ascii));
    enum domain_status status = put_labels(&out, text, length, fault);
    if (status != DOMAIN_OK)
        return status;
    if (out.length < sizeof(ascii) && out.length > 0 && ascii[out.length - 1] == '.')
        ascii[--out.length] = '\0'; /* the final dot: users type it, but RFC 5321 section 2.3.5 does not allow it */
    /* 255 octets on the wire, RFC 5321 section 4.5.3.1.2, RFC 1035 section 2.3.4 */
    const char *wrong = out.length < DOMAIN_SIZE ? name_fault(ascii) : "the domain is longer than 253 octets";
    if (wrong != NULL)
        return refuse(fault, wrong);
    lower(ascii);
    memcpy(name, ascii, out.length + 1);
    return DOMAIN_OK;
}

/* A cut may have split the last code point: take its octets away, back to the lead octet. */
static void trim_split_code_point(char *buffer)
{
    size_t end = strlen(buffer);
    size_t lead = end;
    while (lead > 0 && ((unsigned char)buffer[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead == 0 || is_ascii(buffer[lead - 1]))
        return;
    unsigned char first = (unsigned char)buffer[--lead];
    size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (end - lead < wanted)
        buffer[lead] = '\0';
}

void domain_to_unicode(const char *name, char *buffer, size_t size)
{
    struct text out;
    text_init(&out, buffer, size);
    for (const char *label = name;; label++) {
        size_t length = strcspn(label, ".");
        if (!idna_put_unicode(&out, label, length))
            text_put(&out, label, length);
        label += length;
        if (*label == '\0')
            break;
        text_puts(&out, ".");
    }
    if (out.size > 0 && out.length >= out.size)
        trim_split_code_point(buffer);
}

static bool is_within(const char *name, size_t length, const char *zone, size_t zone_length)
{
    if (length < zone_length || memcmp(name + length - zone_length, zone, zone_length) != 0)
        return false;
    return length == zone_length || name[length - zone_length - 1] == '.';
}

bool domain_is_within(const char *name, const char *zone)
{
    return is_within(name, strlen(name), zone, strlen(zone));
}

const char *domain_special_use(const char *name, size_t length)
{
    static const struct {
        const char *zone;
        size_t length;
        const char *source;
    } rows[] = {
#define ROW(zone, source) {zone, sizeof(zone) - 1, source},
#include "mail/special_use.def"
#undef ROW
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_within(name, length, rows[i].zone, rows[i].length))
            return rows[i].source;
    }
    return NULL;
}

bool domain_is_dotless(const char *name)
{
    return strchr(name, '.') == NULL;
}

bool domain_has_underscore(const char *name)
{
    return strchr(name, '_') != NULL;
}

bool domain_is_idna_disallowed(const char *name)
{
    if (strchr(name, '-') == NULL) /* nearly all names */
        return false;
    for (const char *label = strstr(name, "xn--"); label != NULL; label = strstr(label + 1, "xn--")) {
        if ((label == name || label[-1] == '.') && idna_is_disallowed(label, strcspn(label, ".")))
            return true;
    }
    return false;
}

bool domain_is_ipv4_literal(const char *name)
{
    size_t labels = 0;
    for (;; name++) {
        size_t digits = strspn(name, "0123456789");
        labels++;
        name += digits;
        if (digits == 0 || *name != '.')
            break;
    }
    return labels == 4 && *name == '\0' && name[-1] != '.';
}
