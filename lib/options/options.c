/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c: every option as text and as a value, by the table options.def. */
#include "options/options.h"

#include "base/memory.h"
#include "base/text.h"
#include "options/duration.h"
#include "options/reasons.h"
#include "options/reply_text.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum kind {
    KIND_ANY,
    KIND_WORDS,
    KIND_DURATION,
    KIND_COUNT,
    KIND_SIZE,
    KIND_SHARE,
    KIND_NAMES,
    KIND_NETWORKS,
    KIND_NOTES,
    KIND_REPLY
};

struct row {
    const char *name;
    const char *default_text;
    enum kind kind;
    void (*store)(struct options *options, uint64_t value);
    const char *words;
    uint64_t least;
    uint64_t most;
    bool takes_zero; /* below `least`, too */
    size_t names;    /* offset in struct options of a name_list */
    mxcheck_reason reason;
    const char *takes;
    const char *help;
};

/* The table keeps every value in the range of its field; but of a size see store_cache_size. */
#define STORE(type, field)                                                                                             \
    static void store_##field(struct options *options, uint64_t value)                                                 \
    {                                                                                                                  \
        options->field = (type)value;                                                                                  \
    }
STORE(enum resolution, resolution)
STORE(uint32_t, timeout_ms)
STORE(uint32_t, retry_after_ms)
STORE(uint32_t, max_pending)
STORE(enum depth, depth)
STORE(uint32_t, max_targets)
STORE(enum implicit_mx, implicit_mx)
STORE(enum null_mx, null_mx)
STORE(enum nxdomain, nxdomain)
STORE(bool, refuse_literals)
STORE(bool, keeps_lower_case)
STORE(bool, query_special_use)
STORE(enum on_dns_failure, on_dns_failure)
STORE(bool, trusts_ad)
STORE(notes, reject_notes)
STORE(uint32_t, outage_threshold)
STORE(uint32_t, cache_max_ttl_ms)
STORE(uint32_t, cache_min_ttl_ms)
STORE(uint32_t, cache_negative_ttl_ms)
STORE(uint32_t, cache_failure_ttl_ms)
STORE(uint32_t, serve_stale_ms)
STORE(bool, prefetch)
STORE(bool, reply_hints)
STORE(enum reply_profile, reply_profile)

/* The range is the same on every machine, so that all can read one file; where size_t has 32 bits it holds less. */
static void store_cache_size(struct options *options, uint64_t value)
{
    options->cache_size = value < SIZE_MAX ? (size_t)value : SIZE_MAX;
}

/* clang-format off */
#define ANY() .kind = KIND_ANY
#define WORDS(field, text) .kind = KIND_WORDS, .store = store_##field, .words = (text)
#define DURATION(field, low, high) .kind = KIND_DURATION, .store = store_##field, .least = (low), .most = (high)
#define COUNT(field, low, high) .kind = KIND_COUNT, .store = store_##field, .least = (low), .most = (high)
#define SIZE(field, low, high)                                                                                         \
    .kind = KIND_SIZE, .store = store_##field, .least = (low), .most = (high), .takes_zero = true
#define SHARE(field) .kind = KIND_SHARE, .store = store_##field, .most = 100
#define NAMES(field) .kind = KIND_NAMES, .names = offsetof(struct options, field)
#define NOTES(field) .kind = KIND_NOTES, .store = store_##field
#define NETWORKS() .kind = KIND_NETWORKS
#define OPTION(id, text, standard, how, accepts, about)                                                                \
    [OPTION_##id] = {.name = (text), .default_text = (standard), how, .takes = (accepts),                       \
                     .help = about " It takes " accepts "."},
#define REPLY_TAKES(verb) "a whole reply for the verdict " verb ", in printable ASCII, with {id} {domain} {address} {reason} {hint}"
#define REPLY(id, word, role, whom, verb)                                                                                    \
    {.name = "reply." word "." role, .default_text = "", .kind = KIND_REPLY, .reason = MXCHECK_REASON_##id,            \
     .takes = REPLY_TAKES(verb),                                                                                       \
     .help = "The whole reply to a " whom " for " word "; empty: the one of reply-profile. It takes "                  \
             REPLY_TAKES(verb) "."}
#define REASON(number, id, word, verdict, ...)                                                                         \
    [OPTION_REPLY_##id##_SENDER] = REPLY(id, word, "sender", "sender", VERB_##verdict),                                \
    [OPTION_REPLY_##id##_RCPT] = REPLY(id, word, "rcpt", "recipient", VERB_##verdict),
#define VERB_ACCEPT "accept (250 2.1.0 ok)"
#define VERB_DEFER "defer (450 4.4.3 {id} try again later)"
#define VERB_REJECT "reject (550 5.1.2 {id} no mail for {domain})"
/* clang-format on */

static const struct row rows[OPTIONS_MAX] = {
#include "options/options.def"
#include "options/reasons.def"
};

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

size_t options_count(void)
{
    return OPTIONS_MAX;
}

const char *options_name(size_t index)
{
    return index < OPTIONS_MAX ? rows[index].name : NULL;
}

const char *options_default(size_t index)
{
    return index < OPTIONS_MAX ? rows[index].default_text : NULL;
}

const char *options_help(size_t index)
{
    return index < OPTIONS_MAX ? rows[index].help : NULL;
}

/* The number of `value` among words separated by single spaces. */
static const char *parse_word(const char *words, const char *value, uint64_t *number)
{
    size_t length = strlen(value);
    uint64_t index = 0;

    for (const char *word = words; *word != '\0'; index++) {
        size_t size = strcspn(word, " ");
        if (size == length && strncmp(word, value, size) == 0) {
            *number = index;
            return NULL;
        }
        word += size;
        word += *word == ' ';
    }
    return "there is no such word";
}

static const char *parse_value(const struct row *row, const char *value, uint64_t *number)
{
    const char *fault = NULL;

    switch (row->kind) {
    case KIND_WORDS:
        return parse_word(row->words, value, number);
    case KIND_DURATION:
        fault = duration_parse(value, number);
        break;
    case KIND_COUNT:
        fault = duration_parse_number(value, number);
        break;
    case KIND_SIZE:
        fault = duration_parse_size(value, number);
        break;
    case KIND_SHARE:
        fault = duration_parse_share(value, number);
        break;
    case KIND_NOTES:
        return notes_parse(value, number);
    case KIND_REPLY:
        return value[0] == '\0' ? NULL : reply_text_fault(value, row->reason);
    case KIND_ANY:
    case KIND_NAMES:
    case KIND_NETWORKS:
        return NULL;
    }
    if (fault == NULL && *number == 0 && row->takes_zero)
        return NULL;
    if (fault == NULL && (*number < row->least || *number > row->most))
        return "it is out of range";
    return fault;
}

void options_init(struct options *options)
{
    memset(options, 0, sizeof(*options));
    options->forbidden = &networks_bogons;
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        uint64_t number = 0;
        const char *fault = parse_value(&rows[i], rows[i].default_text, &number);
        assert(fault == NULL);
        (void)fault;
        if (rows[i].store != NULL)
            rows[i].store(options, number);
    }
}

/* Put a string from outside that stays readable when it is long. */
static void put_cut(struct text *text, const char *string)
{
    char piece[81];
    size_t length = strlen(string);
    size_t fits = length < sizeof(piece) ? length : sizeof(piece) - 1;

    memcpy(piece, string, fits);
    piece[fits] = '\0';
    text_put_escaped(text, piece);
    if (fits < length)
        text_puts(text, "...");
}

void options_refuse(const char *name, const char *value, const char *why, char *error, size_t size)
{
    const struct row *row = find(name);
    struct text text;

    text_init(&text, error, size);
    text_puts(&text, row == NULL ? "there is no option \"" : "option ");
    put_cut(&text, name);
    if (row == NULL) {
        text_puts(&text, "\"");
        return;
    }
    text_puts(&text, " refuses \"");
    put_cut(&text, value);
    text_puts(&text, "\": ");
    text_puts(&text, why);
    text_puts(&text, "; it takes ");
    text_puts(&text, row->takes);
}

/* What a list comes to: one of them, or neither. */
struct lists {
    struct name_list *names;
    struct networks *forbidden;
};

static void lists_free(struct lists *lists, const struct memory *memory)
{
    name_list_free(lists->names, memory);
    networks_free(lists->forbidden, memory);
}

static mxcheck_status parse_list(enum kind kind, const struct memory *memory, const char *value, struct lists *lists,
                                 const char **why)
{
    if (kind == KIND_NAMES)
        return name_list_parse(memory, value, &lists->names, why);
    if (kind == KIND_NETWORKS)
        return networks_parse(memory, value, &lists->forbidden, why);
    return MXCHECK_OK;
}

/* Where a row of KIND_NAMES has its list. */
static struct name_list **names_of(struct options *options, const struct row *row)
{
    return (struct name_list **)(void *)((char *)options + row->names);
}

/* The new list takes the place of the old one, which is left in `lists`. */
static void swap_list(const struct row *row, struct options *options, struct lists *lists)
{
    struct lists new = *lists;
    if (row->kind == KIND_NAMES) {
        struct name_list **names = names_of(options, row);
        lists->names = *names;
        *names = new.names;
    } else if (row->kind == KIND_NETWORKS) {
        lists->forbidden = (struct networks *)(uintptr_t)options->forbidden;
        options->forbidden = new.forbidden;
    }
}

mxcheck_status options_set(struct options *options, const struct memory *memory, const char *name, const char *value,
                           char *error, size_t size)
{
    const struct row *row = find(name);
    const char *why = row == NULL ? "" : NULL;
    uint64_t number = 0;
    struct lists lists = {NULL, NULL};

    if (row != NULL)
        why = parse_value(row, value, &number);
    if (why != NULL) {
        options_refuse(name, value, why, error, size);
        return MXCHECK_ERR_OPTION;
    }
    mxcheck_status status = parse_list(row->kind, memory, value, &lists, &why);
    if (status == MXCHECK_ERR_OPTION)
        options_refuse(name, value, why, error, size);
    if (status != MXCHECK_OK)
        return status;
    char *text = memory_strdup(memory, value);
    if (text == NULL) {
        lists_free(&lists, memory);
        return MXCHECK_ERR_NOMEM;
    }
    char **slot = &options->text[row - rows];
    memory_free(memory, *slot);
    *slot = text;
    if (row->store != NULL)
        row->store(options, number);
    swap_list(row, options, &lists);
    lists_free(&lists, memory);
    return MXCHECK_OK;
}

static const char *text_of(const struct options *options, const struct row *row)
{
    const char *text = options->text[row - rows];
    return text == NULL ? row->default_text : text;
}

const char *options_get(const struct options *options, const char *name)
{
    const struct row *row = find(name);
    return row == NULL ? NULL : text_of(options, row);
}

const char *options_reply(const struct options *options, mxcheck_reason reason, mxcheck_role role)
{
    for (size_t i = 0; i + 1 < OPTIONS_MAX; i++) {
        if (rows[i].kind == KIND_REPLY && rows[i].reason == reason)
            return text_of(options, role == MXCHECK_ROLE_SENDER ? &rows[i] : &rows[i + 1]);
    }
    return "";
}

int options_copy(const struct options *options, const struct memory *memory, struct options *copy)
{
    bool complete = true;

    *copy = *options;
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        copy->text[i] = options->text[i] == NULL ? NULL : memory_strdup(memory, options->text[i]);
        complete = complete && (copy->text[i] != NULL) == (options->text[i] != NULL);
        if (rows[i].kind != KIND_NAMES)
            continue;
        struct name_list **names = names_of(copy, &rows[i]);
        bool is_empty = *names == NULL;
        *names = name_list_copy(*names, memory);
        complete = complete && (*names == NULL) == is_empty;
    }
    copy->forbidden = networks_copy(options->forbidden, memory);
    complete = complete && (copy->forbidden != NULL) == (options->forbidden != NULL);
    if (complete)
        return 0;
    options_clear(copy, memory);
    return -1;
}

void options_clear(struct options *options, const struct memory *memory)
{
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        memory_free(memory, options->text[i]);
        options->text[i] = NULL;
        if (rows[i].kind == KIND_NAMES) {
            name_list_free(*names_of(options, &rows[i]), memory);
            *names_of(options, &rows[i]) = NULL;
        }
    }
    networks_free((struct networks *)(uintptr_t)options->forbidden, memory);
    options->forbidden = NULL;
}
