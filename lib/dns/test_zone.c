/* SPDX-License-Identifier: BSD-2-Clause */
/* test_zone.c: reads lines of a name, a word and its data. */
#include "dns/test_zone.h"

#include "base/siphash.h"
#include "base/text.h"
#include "message/message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_MAX 1048576
#define DELAY_MAX_MS 600000

static const struct {
    const char *text;
    enum test_zone_word word;
} words[] = {{"A", TEST_ZONE_A},
             {"AAAA", TEST_ZONE_AAAA},
             {"MX", TEST_ZONE_MX},
             {"CNAME", TEST_ZONE_CNAME},
             {"NXDOMAIN", TEST_ZONE_NXDOMAIN},
             {"SERVFAIL", TEST_ZONE_SERVFAIL},
             {"TIMEOUT", TEST_ZONE_TIMEOUT},
             {"BOGUS", TEST_ZONE_BOGUS},
             {"DELAY", TEST_ZONE_DELAY}};

static const struct {
    const char *text;
    enum dns_type type;
} types[] = {{"A", DNS_A}, {"AAAA", DNS_AAAA}, {"MX", DNS_MX}};

/* A line in its parts. */
enum { FIELDS_MAX = 5 };

struct reading {
    struct test_zone *zone;
    size_t room;
    const char *why; /* a line cannot be; NULL while all is well */
    bool is_out_of_memory;
};

static bool refuse(struct reading *reading, const char *why)
{
    reading->why = why;
    return false;
}

/* A name in lower case, without final dot. */
static char *take_name(struct reading *reading, const char *text)
{
    struct message_name name;
    char written[MESSAGE_NAME_TEXT_SIZE];
    if (strcmp(text, ".") == 0)
        text = "";
    if (!message_parse_name(text, &name)) {
        refuse(reading, "this is no domain name");
        return NULL;
    }
    message_write_name(&name, written);
    char *copy = memory_strdup(reading->zone->memory, written);
    reading->is_out_of_memory |= copy == NULL;
    return copy;
}

/* A number of digits alone, up to `most`; `rest` is what must follow. */
static bool take_number(const char *text, unsigned long most, const char *rest, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return text_is_digit(text[0]) && errno == 0 && *number <= most && strcmp(end, rest) == 0;
}

static bool take_mx(struct reading *reading, struct test_zone_row *row, char **fields, size_t count)
{
    unsigned long preference;
    if (count != 2 || !take_number(fields[0], UINT16_MAX, "", &preference))
        return refuse(reading, "MX takes a preference and a host, such as 10 mx.example");
    row->preference = (uint16_t)preference;
    row->host = take_name(reading, fields[1]);
    return row->host != NULL;
}

static bool take_delay(struct reading *reading, struct test_zone_row *row, char **fields, size_t count)
{
    unsigned long delay_ms;
    if (count != 1 || !take_number(fields[0], DELAY_MAX_MS, "ms", &delay_ms))
        return refuse(reading, "DELAY takes milliseconds, such as 250ms");
    row->delay_ms = (uint32_t)delay_ms;
    return true;
}

static bool take_fault(struct reading *reading, struct test_zone_row *row, char **fields, size_t count)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && count == 1; i++) {
        if (strcmp(fields[0], types[i].text) == 0)
            row->type = (int)types[i].type;
    }
    if (count > 1 || (count == 1 && row->type == 0))
        return refuse(reading, "a fault takes nothing, or one of A, AAAA and MX");
    return true;
}

static bool take_data(struct reading *reading, struct test_zone_row *row, char **fields, size_t count)
{
    switch (row->word) {
    case TEST_ZONE_A:
        return (count == 1 && inet_pton(AF_INET, fields[0], row->address) == 1) ||
               refuse(reading, "A takes an IPv4 address");
    case TEST_ZONE_AAAA:
        return (count == 1 && inet_pton(AF_INET6, fields[0], row->address) == 1) ||
               refuse(reading, "AAAA takes an IPv6 address");
    case TEST_ZONE_MX:
        return take_mx(reading, row, fields, count);
    case TEST_ZONE_CNAME:
        row->host = count == 1 ? take_name(reading, fields[0]) : NULL;
        return row->host != NULL || reading->is_out_of_memory || refuse(reading, "CNAME takes a domain name");
    case TEST_ZONE_NXDOMAIN:
    case TEST_ZONE_SERVFAIL:
    case TEST_ZONE_TIMEOUT:
    case TEST_ZONE_BOGUS:
        return take_fault(reading, row, fields, count);
    case TEST_ZONE_DELAY:
        return take_delay(reading, row, fields, count);
    }
    return false;
}

static bool take_word(struct reading *reading, struct test_zone_row *row, const char *text)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i].text) == 0) {
            row->word = words[i].word;
            return true;
        }
    }
    return refuse(reading, "the second word must be A, AAAA, MX, CNAME, NXDOMAIN, SERVFAIL, TIMEOUT, BOGUS or DELAY");
}

/* A new row behind the others, all zero; NULL when memory ran out. */
static struct test_zone_row *add_row(struct reading *reading)
{
    struct test_zone *zone = reading->zone;
    if (zone->count == reading->room) {
        size_t room = reading->room == 0 ? 16 : 2 * reading->room;
        struct test_zone_row *rows = memory_realloc(zone->memory, zone->rows, room * sizeof(*rows));
        reading->is_out_of_memory |= rows == NULL;
        if (rows == NULL)
            return NULL;
        zone->rows = rows;
        reading->room = room;
    }
    struct test_zone_row *row = &zone->rows[zone->count++];
    memset(row, 0, sizeof(*row));
    return row;
}

static bool take_line(struct reading *reading, char *line)
{
    char *fields[FIELDS_MAX];
    char *rest = line;
    size_t count = 0;
    line[strcspn(line, "#")] = '\0';
    for (char *field; count < FIELDS_MAX && (field = strtok_r(rest, " \t\r", &rest)) != NULL;)
        fields[count++] = field;
    if (count == 0)
        return true;
    if (count == 1 || count == FIELDS_MAX)
        return refuse(reading, "a line is a name, a word and its data, such as: example.com MX 10 mx.example.com");
    struct test_zone_row *row = add_row(reading);
    if (row == NULL)
        return false;
    row->name = take_name(reading, fields[0]);
    return row->name != NULL && take_word(reading, row, fields[1]) && take_data(reading, row, fields + 2, count - 2) &&
           !reading->is_out_of_memory;
}

/* Returns the number of the line that cannot be, 0 when all can. */
static unsigned take_lines(struct reading *reading, char *text)
{
    unsigned number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        if (!take_line(reading, line))
            return number;
        line = end;
    }
    return 0;
}

/* The whole file, with a NUL behind it; NULL, and errno, when it cannot be read. */
static char *read_text(const struct memory *memory, const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd < 0 ? NULL : memory_alloc(memory, FILE_MAX + 1);
    ssize_t more = 1;
    *size = 0;
    while (text != NULL && more > 0 && *size < FILE_MAX) {
        more = read(fd, text + *size, FILE_MAX - *size);
        *size += more > 0 ? (size_t)more : 0;
    }
    int error = fd >= 0 && text == NULL ? ENOMEM : *size == FILE_MAX ? EFBIG : errno;
    bool is_good = text != NULL && more == 0;
    if (is_good)
        text[*size] = '\0';
    else
        memory_free(memory, text);
    if (fd >= 0)
        close(fd);
    errno = error;
    return is_good ? text : NULL;
}

static int complain(const char *path, unsigned line, const char *why, char *error, size_t size)
{
    struct text text;
    text_init(&text, error, size);
    text_put_escaped(&text, path);
    if (line > 0)
        text_printf(&text, ":%u", line);
    text_printf(&text, ": %s", why);
    return -1;
}

static void set_title(struct test_zone *zone, const char *path)
{
    struct text text;
    text_init(&text, zone->title, sizeof(zone->title));
    text_puts(&text, "test data of ");
    text_put_escaped(&text, path);
}

int test_zone_read(const struct memory *memory, const char *path, struct test_zone **made, char *error, size_t size)
{
    static const struct siphash_key key = {{0, 0}};
    size_t length;
    char *text = read_text(memory, path, &length);
    if (text == NULL)
        return errno == ENOMEM ? -2
                               : complain(path, 0,
                                          errno == ENOENT  ? "there is no such file"
                                          : errno == EFBIG ? "it is larger than 1 MiB"
                                                           : "it cannot be read",
                                          error, size);
    struct reading reading = {.zone = memory_zalloc(memory, 1, sizeof(*reading.zone))};
    unsigned line = 0;
    bool has_nul = strlen(text) != length;
    if (reading.zone != NULL) {
        reading.zone->memory = memory;
        reading.zone->mark = siphash(&key, text, length) | 1;
        set_title(reading.zone, path);
        line = has_nul ? 0 : take_lines(&reading, text);
    }
    memory_free(memory, text);
    if (reading.zone != NULL && line == 0 && !has_nul) {
        *made = reading.zone;
        return 0;
    }
    bool is_out = reading.zone == NULL || reading.is_out_of_memory;
    test_zone_free(reading.zone);
    return is_out ? -2 : complain(path, line, has_nul ? "there is a NUL octet" : reading.why, error, size);
}

void test_zone_free(struct test_zone *zone)
{
    if (zone == NULL)
        return;
    const struct memory *memory = zone->memory;
    for (size_t i = 0; i < zone->count; i++) {
        memory_free(memory, zone->rows[i].name);
        memory_free(memory, zone->rows[i].host);
    }
    memory_free(memory, zone->rows);
    memory_free(memory, zone);
}

static bool is_fault(const struct test_zone_row *row)
{
    return row->word >= TEST_ZONE_NXDOMAIN && row->word <= TEST_ZONE_BOGUS;
}

const struct test_zone_row *test_zone_fault(const struct test_zone *zone, const char *name, int type)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct test_zone_row *row = &zone->rows[i];
        if (is_fault(row) && (row->type == 0 || row->type == type) && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const struct test_zone_row *test_zone_find(const struct test_zone *zone, const char *name, enum test_zone_word word)
{
    for (size_t i = 0; i < zone->count; i++) {
        if (zone->rows[i].word == word && strcmp(zone->rows[i].name, name) == 0)
            return &zone->rows[i];
    }
    return NULL;
}

bool test_zone_has(const struct test_zone *zone, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < zone->count; i++) {
        const char *other = zone->rows[i].name;
        size_t size = strlen(other);
        if (size >= length && strcmp(other + size - length, name) == 0 &&
            (size == length || length == 0 || other[size - length - 1] == '.'))
            return true;
    }
    return false;
}
