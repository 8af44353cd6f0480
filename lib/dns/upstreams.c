/* SPDX-License-Identifier: BSD-2-Clause */
/* upstreams.c: reads upstreams out of an option or out of resolv.conf. */
#include "dns/upstreams.h"

#include "base/siphash.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DNS_PORT 53
#define DNS_OVER_TLS_PORT 853 /* RFC 7858 section 3.1 */
#define NAMESERVERS_MAX 3     /* MAXNS of resolv.conf(5) */
#define LINE_SIZE 512         /* longer lines of resolv.conf are none of ours */
#define FILE_MAX (1 << 20)    /* octets of resolv.conf that are read */

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;
    size_t digits = 0;
    for (; digits < 6 && text_is_digit(text[digits]); digits++)
        value = value * 10 + (unsigned)(text[digits] - '0');
    if (digits == 0 || text[digits] != '\0' || value == 0 || value > 65535)
        return false;
    *port = (uint16_t)value;
    return true;
}

static bool parse_ip(char *text, struct upstream *upstream)
{
    upstream->family = AF_INET;
    if (inet_pton(AF_INET, text, upstream->address) == 1)
        return true;
    char *scope = strchr(text, '%');
    if (scope != NULL) {
        *scope++ = '\0';
        size_t length = strlen(scope);
        if (length == 0 || length >= sizeof(upstream->scope))
            return false;
        memcpy(upstream->scope, scope, length + 1);
    }
    upstream->family = AF_INET6;
    return inet_pton(AF_INET6, text, upstream->address) == 1;
}

static void name_upstream(struct upstream *upstream)
{
    char address[INET6_ADDRSTRLEN];
    struct text text;
    bool is_v6 = upstream->family == AF_INET6;
    inet_ntop(upstream->family, upstream->address, address, sizeof(address));
    text_init(&text, upstream->name, sizeof(upstream->name));
    text_printf(&text, is_v6 ? "[%s" : "%s", address);
    if (upstream->scope[0] != '\0') {
        text_puts(&text, "%");
        text_put_escaped(&text, upstream->scope);
    }
    text_printf(&text, is_v6 ? "]:%u" : ":%u", (unsigned)upstream->port);
    if (upstream->auth_name[0] != '\0')
        text_printf(&text, "#%s", upstream->auth_name);
}

/* ADDRESS, ADDRESS:PORT, [ADDRESS], [ADDRESS]:PORT; a bare IPv6 address has no port. */
static bool parse_endpoint(char *text, struct upstream *upstream)
{
    char *port = NULL;
    if (text[0] == '[') {
        char *end = strchr(++text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
        *end = '\0';
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        port = strchr(text, ':');
        *port++ = '\0';
    }
    upstream->port = upstream->transport == UPSTREAM_TLS ? DNS_OVER_TLS_PORT : DNS_PORT;
    return (port == NULL || parse_port(port, &upstream->port)) && parse_ip(text, upstream);
}

/* Letters, digits, hyphens and dots, and a letter among what follows the last dot, so that no IP address is one. */
static bool parse_auth_name(const char *text, struct upstream *upstream)
{
    size_t length = strlen(text);
    size_t label = 0;
    bool has_letter = false;
    if (length == 0 || length >= sizeof(upstream->auth_name))
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = text_to_lower(text[i]);
        bool is_letter = c >= 'a' && c <= 'z';
        if (c == '.' ? label == 0 : (!is_letter && !text_is_digit(c) && c != '-') || label == 63)
            return false;
        label = c == '.' ? 0 : label + 1;
        has_letter = c == '.' ? false : has_letter || is_letter;
        upstream->auth_name[i] = c;
    }
    return label > 0 && has_letter;
}

static const char not_an_upstream[] =
    "is no upstream: an IP address with or without a port is wanted, such as 127.0.0.1 or [::1]:5353";

/* Returns NULL, or what is wrong. */
static const char *parse_upstream(char *piece, struct upstream *upstream)
{
    static const char *const schemes[] = {"udp://", "tcp://", "tls://"};
    char *auth_name = strchr(piece, '#');
    memset(upstream, 0, sizeof(*upstream));
    for (int i = 0; i < 3; i++) {
        if (strncmp(piece, schemes[i], 6) != 0)
            continue;
        upstream->transport = (enum upstream_transport)i;
        piece += 6;
        break;
    }
    if (auth_name != NULL)
        *auth_name++ = '\0';
    if (!parse_endpoint(piece, upstream))
        return not_an_upstream;
    if (upstream->transport != UPSTREAM_TLS && auth_name != NULL)
        return "has a name behind #, which only a server over TLS can prove, as in tls://9.9.9.9#dns.example";
    if (upstream->transport == UPSTREAM_TLS && auth_name == NULL)
        return "does not tell the name that the server's certificate must bear, as in tls://9.9.9.9#dns.example";
    if (upstream->transport == UPSTREAM_TLS && !parse_auth_name(auth_name, upstream))
        return "has no host name behind #, such as dns.example";
    name_upstream(upstream);
    return NULL;
}

static bool is_same(const struct upstream *a, const struct upstream *b)
{
    return a->transport == b->transport && strcmp(a->name, b->name) == 0 && strcmp(a->auth_name, b->auth_name) == 0;
}

bool upstreams_are_same(const struct upstreams *a, const struct upstreams *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (!is_same(&a->item[i], &b->item[i]))
            return false;
    }
    return a->count == b->count;
}

static bool is_known(const struct upstreams *upstreams, const struct upstream *upstream)
{
    for (size_t i = 0; i < upstreams->count; i++) {
        if (is_same(&upstreams->item[i], upstream))
            return true;
    }
    return false;
}

static void say(char *error, size_t size, const char *piece, const char *why)
{
    struct text text;
    text_init(&text, error, size);
    text_puts(&text, "\"");
    text_put_escaped(&text, piece);
    text_puts(&text, "\" ");
    text_puts(&text, why);
}

/* Take one piece of the list. Returns NULL, or what is wrong with it. */
static const char *take_piece(const char *piece, struct upstreams *upstreams)
{
    char copy[400];
    struct upstream upstream;
    size_t length = strlen(piece);
    if (length >= sizeof(copy))
        return "is too long for an upstream";
    memcpy(copy, piece, length + 1);
    const char *why = parse_upstream(copy, &upstream);
    if (why != NULL)
        return why;
    if (is_known(upstreams, &upstream))
        return NULL;
    if (upstreams->count == UPSTREAMS_MAX)
        return "is one upstream more than the 16 that may be given";
    upstreams->item[upstreams->count++] = upstream;
    return NULL;
}

int upstreams_parse(const char *text, struct upstreams *upstreams, char *error, size_t size)
{
    static const char separators[] = ", \t";
    struct upstreams found = {.count = 0};
    char piece[400];
    for (const char *p = text + strspn(text, separators); *p != '\0'; p += strspn(p, separators)) {
        size_t length = strcspn(p, separators);
        size_t fits = length < sizeof(piece) ? length : sizeof(piece) - 1;
        memcpy(piece, p, fits);
        piece[fits] = '\0';
        const char *why = take_piece(piece, &found);
        if (why != NULL) {
            say(error, size, piece, why);
            return -1;
        }
        p += length;
    }
    *upstreams = found;
    return 0;
}

bool upstream_is_trusted(const struct upstream *upstream)
{
    static const uint8_t loopback[16] = {[15] = 1};
    switch (upstream->transport) {
    case UPSTREAM_UDP:
    case UPSTREAM_TCP:
        return upstream->family == AF_INET ? upstream->address[0] == 127
                                           : memcmp(upstream->address, loopback, sizeof(loopback)) == 0;
    case UPSTREAM_TLS:
        return true;
    case UPSTREAM_RECURSION: /* libunbound has no trust anchor here, and validates nothing */
        return false;
    }
    return false;
}

void upstreams_set_recursion(struct upstreams *upstreams)
{
    static const struct upstream recursion = {.transport = UPSTREAM_RECURSION, .name = "recursion"};
    upstreams->item[0] = recursion;
    upstreams->count = 1;
}

uint64_t upstreams_identify(const struct upstreams *upstreams)
{
    static const struct siphash_key key = {0};
    uint64_t sum = 0;
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream *upstream = &upstreams->item[i];
        char text[sizeof(upstream->name) + sizeof(upstream->auth_name) + 4];
        struct text words;
        text_init(&words, text, sizeof(text));
        text_printf(&words, "%d %s#%s", (int)upstream->transport, upstream->name, upstream->auth_name);
        sum += siphash(&key, text, words.length);
    }
    return sum == 0 ? 1 : sum;
}

void upstreams_set_default(struct upstreams *upstreams, const char *why)
{
    char error[1];
    struct text text;
    upstreams_parse("127.0.0.1", upstreams, error, sizeof(error));
    struct upstream *upstream = &upstreams->item[0];
    text_init(&text, upstream->name, sizeof(upstream->name));
    text_printf(&text, "127.0.0.1:53 (%s)", why);
}

/* What is read of a resolv.conf. */
struct reading {
    struct upstreams *upstreams;
    bool uses_vc;
};

/* "nameserver ADDRESS" with nothing but blanks and a comment behind it. */
static void take_server(const char *p, struct upstreams *upstreams)
{
    char address[64];
    struct upstream upstream;
    size_t length = strcspn(p, " \t\r#;");
    if (length >= sizeof(address) || upstreams->count == NAMESERVERS_MAX)
        return;
    memset(&upstream, 0, sizeof(upstream));
    memcpy(address, p, length);
    address[length] = '\0';
    upstream.port = DNS_PORT;
    if (!parse_ip(address, &upstream))
        return;
    name_upstream(&upstream);
    if (!is_known(upstreams, &upstream))
        upstreams->item[upstreams->count++] = upstream;
}

/* Options add up over all lines, as in the C library. */
static void take_options(const char *p, struct reading *reading)
{
    static const char use_vc[] = "use-vc";
    static const char blanks[] = " \t\r";
    for (p += strspn(p, blanks); *p != '\0' && *p != '#' && *p != ';'; p += strspn(p, blanks)) {
        size_t length = strcspn(p, blanks);
        reading->uses_vc |= length == sizeof(use_vc) - 1 && memcmp(p, use_vc, length) == 0;
        p += length;
    }
}

/* What stands behind a keyword and its blanks; NULL when the line does not begin with it. */
static const char *behind(const char *line, const char *keyword)
{
    size_t length = strlen(keyword);
    if (strncmp(line, keyword, length) != 0)
        return NULL;
    size_t blanks = strspn(line + length, " \t");
    return blanks == 0 ? NULL : line + length + blanks;
}

static void take_line(const char *line, struct reading *reading)
{
    const char *server = behind(line, "nameserver");
    const char *options = behind(line, "options");
    if (server != NULL)
        take_server(server, reading->upstreams);
    if (options != NULL)
        take_options(options, reading);
}

/* Lines are gathered from blocks, so that a file of any size and any octets takes no more than this. */
struct send_queue {
    char text[LINE_SIZE];
    size_t length;
    bool is_unfit; /* too long, or with a NUL in it */
};

static void take_octet(struct send_queue *line, char octet, struct reading *reading)
{
    if (octet == '\n') {
        line->text[line->length] = '\0';
        if (!line->is_unfit)
            take_line(line->text, reading);
        line->length = 0;
        line->is_unfit = false;
    } else if (octet == '\0' || line->length == sizeof(line->text) - 1) {
        line->is_unfit = true;
    } else {
        line->text[line->length++] = octet;
    }
}

static int read_lines(int fd, struct reading *reading)
{
    struct send_queue line = {.length = 0, .is_unfit = false};
    char block[4096];
    for (size_t total = 0; total < FILE_MAX;) {
        ssize_t size = read(fd, block, sizeof(block));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -1;
        if (size == 0)
            break;
        for (ssize_t i = 0; i < size; i++)
            take_octet(&line, block[i], reading);
        total += (size_t)size;
    }
    take_octet(&line, '\n', reading);
    return 0;
}

int upstreams_read_resolv_conf(const char *path, struct upstreams *upstreams)
{
    struct upstreams found = {.count = 0};
    struct reading reading = {.upstreams = &found};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    int status = read_lines(fd, &reading);
    int error = errno;
    close(fd);
    errno = error;
    if (status != 0)
        return -1;
    for (size_t i = 0; i < found.count && reading.uses_vc; i++)
        found.item[i].transport = UPSTREAM_TCP;
    *upstreams = found;
    return 0;
}
