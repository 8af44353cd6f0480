/* SPDX-License-Identifier: BSD-2-Clause */
/* idna.c: U-labels to A-labels and back, by libidn2 as far as it goes.
 *
 * IDNA2008 allows letters, digits and marks, in some order. DNS holds more: symbols such as emoji have been registered
 * under several top-level domains, are reached by browsers through UTS 46, and get mail. So a label that IDNA2008
 * refuses is asked for in the form that UTS 46 gives it, with none of the checks that UTS 46 section 4 leaves to choice
 * (hyphens, joiners, directions). Refused is what has no such form. */
#include "mail/idna.h"

#include "mail/punycode.h"

#define IDN2_SKIP_LIBIDN_COMPAT
#include <idn2.h>
#include <string.h>

#define A_LABEL_MAX_OCTETS 63

static enum idna_status refuse(int code, const char **fault)
{
    switch (code) {
    case IDN2_MALLOC:
        return IDNA_NOMEM;
    case IDN2_ENCODING_ERROR: /* RFC 6531 section 3.3, RFC 3629 */
        *fault = "the domain is not valid UTF-8";
        return IDNA_BAD;
    case IDN2_TOO_BIG_DOMAIN:
    case IDN2_TOO_BIG_LABEL:
    case IDN2_PUNYCODE_BIG_OUTPUT: /* RFC 5890 section 2.3.2.1 */
        *fault = "the domain has a label longer than 63 octets";
        return IDNA_BAD;
    default: /* RFC 5890 section 2.3.2.1: every U-label has an A-label */
        *fault = "the domain has a label that has no ASCII form (A-label)";
        return IDNA_BAD;
    }
}

/* RFC 5891 section 5, after the mapping of UTS 46. */
static int put_by_idna2008(struct text *out, const char *label)
{
    uint8_t *ascii = NULL;
    int code = idn2_lookup_u8((const uint8_t *)label, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK)
        text_puts(out, (const char *)ascii);
    idn2_free(ascii);
    return code;
}

/* Where a label is cut before libidn2 maps it: at the characters that its transitional mapping changes and
 * nontransitional does not (UTS 46 section 2.3), and at hyphens, which it checks the places of. */
static const struct cut {
    const char *from;
    const char *to;
} cuts[] = {
    {"\xc3\x9f", "\xc3\x9f"},         /* sharp s */
    {"\xe1\xba\x9e", "\xc3\x9f"},     /* capital sharp s */
    {"\xcf\x82", "\xcf\x82"},         /* final sigma */
    {"\xe2\x80\x8c", "\xe2\x80\x8c"}, /* zero width non-joiner */
    {"\xe2\x80\x8d", "\xe2\x80\x8d"}, /* zero width joiner */
    {"-", "-"},
    {"\xef\xb9\xa3", "-"}, /* small hyphen-minus */
    {"\xef\xbc\x8d", "-"}, /* fullwidth hyphen-minus */
};

/* The cut that the text begins with; NULL: none. */
static const struct cut *cut_at(const char *text)
{
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        if (strncmp(text, cuts[i].from, strlen(cuts[i].from)) == 0)
            return &cuts[i];
    }
    return NULL;
}

/* Put what UTS 46 maps a piece of a label to. IDN2_TRANSITIONAL is the one mode of libidn2 that maps and does not check
 * by IDNA2008. A piece that follows a cut has a digit before it, with which nothing composes, so that it may begin with
 * a combining mark: it is not the first of the label. */
static int put_mapped(struct text *mapped, const char *piece, size_t length, bool is_first)
{
    char copy[IDNA_INPUT_MAX_OCTETS + 2] = "0";
    uint8_t *ascii = NULL;
    char *unicode = NULL;
    size_t skip = is_first ? 0 : 1;
    memcpy(copy + skip, piece, length);
    copy[skip + length] = '\0';
    int code = idn2_lookup_u8((const uint8_t *)copy, &ascii, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
    if (code == IDN2_OK)
        code = idn2_to_unicode_8z8z((const char *)ascii, &unicode, 0);
    if (code == IDN2_OK)
        text_puts(mapped, unicode + skip);
    idn2_free(ascii);
    idn2_free(unicode);
    return code;
}

/* Put what UTS 46 maps a label to, nontransitionally. A cut composes with nothing and is a starter, so the pieces may
 * be normalized one by one. Ends as soon as there is more than fits a label, so that the work is bounded. */
static int map(struct text *mapped, const char *label)
{
    for (const char *p = label; *p != '\0' && mapped->length < mapped->size;) {
        const struct cut *cut = cut_at(p);
        const char *start = p;
        if (cut != NULL) {
            text_puts(mapped, cut->to);
            p += strlen(cut->from);
            continue;
        }
        while (*p != '\0' && cut_at(p) == NULL)
            p++;
        int code = put_mapped(mapped, start, (size_t)(p - start), start == label);
        if (code != IDN2_OK)
            return code;
    }
    return mapped->length < mapped->size ? IDN2_OK : IDN2_TOO_BIG_LABEL;
}

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* Put the A-label of UTS 46, or the plain text that the label is mapped to. */
static int put_by_uts46(struct text *out, const char *label)
{
    char space[4 * PUNYCODE_MAX_POINTS + 1];
    char a_label[A_LABEL_MAX_OCTETS + 1];
    struct text mapped;
    struct text ascii;
    text_init(&mapped, space, sizeof(space));
    text_init(&ascii, a_label, sizeof(a_label));
    int code = map(&mapped, label);
    if (code != IDN2_OK)
        return code;
    if (is_ascii(space)) {
        text_puts(out, space);
        return IDN2_OK;
    }
    text_puts(&ascii, "xn--");
    if (!punycode_put(&ascii, space) || ascii.length > A_LABEL_MAX_OCTETS)
        return IDN2_TOO_BIG_LABEL;
    text_puts(out, a_label);
    return IDN2_OK;
}

enum idna_status idna_put_ascii(struct text *out, const char *label, size_t length, const char **fault)
{
    char copy[IDNA_INPUT_MAX_OCTETS + 1];
    memcpy(copy, label, length);
    copy[length] = '\0';
    int code = put_by_idna2008(out, copy);
    if (code != IDN2_OK && code != IDN2_MALLOC && code != IDN2_ENCODING_ERROR)
        code = put_by_uts46(out, copy);
    return code == IDN2_OK ? IDNA_OK : refuse(code, fault);
}

/* Copy an A-label; false when it is none. */
static bool copy_a_label(const char *label, size_t length, char copy[A_LABEL_MAX_OCTETS + 1])
{
    if (length <= 4 || length > A_LABEL_MAX_OCTETS || memcmp(label, "xn--", 4) != 0) /* RFC 5890 section 2.3.1 */
        return false;
    memcpy(copy, label, length);
    copy[length] = '\0';
    return true;
}

bool idna_is_disallowed(const char *label, size_t length)
{
    char copy[A_LABEL_MAX_OCTETS + 1];
    if (!copy_a_label(label, length, copy))
        return false;
    int code = idn2_lookup_u8((const uint8_t *)copy, NULL, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    return code != IDN2_OK && code != IDN2_MALLOC;
}

bool idna_put_unicode(struct text *out, const char *label, size_t length)
{
    char copy[A_LABEL_MAX_OCTETS + 1];
    char *unicode = NULL;
    uint8_t *back = NULL;
    bool same = false;
    if (!copy_a_label(label, length, copy))
        return false;
    if (idn2_to_unicode_8z8z(copy, &unicode, 0) == IDN2_OK &&
        idn2_lookup_u8((const uint8_t *)unicode, &back, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
        same = strcmp((const char *)back, copy) == 0;
    if (same)
        text_puts(out, unicode);
    idn2_free(back);
    idn2_free(unicode);
    return same;
}
