/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c: from a command line to a listening socket. */
#define _GNU_SOURCE /* accept4 */
#include "server.h"

#include "cut_file.h"

#include "maildir.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum { CACHE_OCTETS = 16 << 20 };

static const char usage[] =
    "usage: %s [option]...\n"
    "  --listen ADDRESS:PORT   where clients come to; port 0: a free one, which is printed (127.0.0.1:2525)\n"
    "  --maildir FOLDER        where messages go (./maildir)\n"
    "  --account USER:PASSWORD offer AUTH PLAIN and LOGIN to this account; on a loopback address only\n"
    "  --require-auth          take no MAIL before AUTH\n"
    "  --max-size OCTETS       of a message (10485760)\n"
    "  --idle SECONDS          let a client go that takes longer for a line (300)\n"
    "  --session SECONDS       let a client go that takes longer in all (3600)\n"
    "  --clients COUNT         clients at once; of more, the one that is silent for longest must go (%u)\n"
    "  --per-network COUNT     clients at once of one address, of IPv6 of one /64 (50)\n"
    "  --cache FILE            the cache of DNS answers, shared with other processes\n"
    "  --config FILE           options of libmxcheck, `name = value` lines\n"
    "  -o NAME=VALUE           one option of libmxcheck; `mxcheck options` lists them\n"
    "  --help                  this text\n";

struct arguments {
    const char *program;
    char *listen;
    char *account;
    mxcheck_config *config;
    unsigned long clients;
    unsigned long per_network;
};

static void fail(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

static void fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

static unsigned long parse_number(const char *option, const char *text, unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number == 0 || number > most)
        fail(EX_USAGE, "--%s takes a number from 1 to %lu, not \"%s\"", option, most, text);
    return number;
}

static void set_option(mxcheck_config *config, char *text)
{
    char *value = strchr(text, '=');
    if (value == NULL)
        fail(EX_USAGE, "-o takes NAME=VALUE, not \"%s\"", text);
    *value++ = '\0';
    if (mxcheck_config_set(config, text, value) != MXCHECK_OK)
        fail(EX_USAGE, "%s", mxcheck_config_error(config));
}

static void take_argument(struct server *server, struct arguments *arguments, int option, char *value)
{
    switch (option) {
    case 'l':
        arguments->listen = value;
        break;
    case 'm':
        server->session.folder = value;
        break;
    case 'a':
        if (strchr(value, ':') == NULL)
            fail(EX_USAGE, "--account takes USER:PASSWORD");
        server->session.credentials = value;
        break;
    case 'r':
        server->session.requires_auth = true;
        break;
    case 's':
        server->session.most_octets = parse_number("max-size", value, 0x7fffffff);
        break;
    case 'i':
        server->idle_s = (int)parse_number("idle", value, 86400);
        break;
    case 't':
        server->session_s = (int)parse_number("session", value, 86400);
        break;
    case 'n':
        arguments->clients = parse_number("clients", value, 100000);
        break;
    case 'p':
        arguments->per_network = parse_number("per-network", value, 100000);
        break;
    case 'f':
        if (mxcheck_config_set(arguments->config, "cache-file", value) != MXCHECK_OK)
            fail(EX_USAGE, "%s", mxcheck_config_error(arguments->config));
        break;
    case 'c':
        if (mxcheck_config_load(arguments->config, value) != MXCHECK_OK)
            fail(EX_CONFIG, "%s", mxcheck_config_error(arguments->config));
        break;
    case 'o':
        set_option(arguments->config, value);
        break;
    case 'h':
        printf(usage, arguments->program, (unsigned)arguments->clients);
        exit(EX_OK);
    default:
        fprintf(stderr, usage, arguments->program, (unsigned)arguments->clients);
        exit(EX_USAGE);
    }
}

static void read_arguments(struct server *server, struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},
        {"maildir", required_argument, NULL, 'm'},
        {"account", required_argument, NULL, 'a'},
        {"require-auth", no_argument, NULL, 'r'},
        {"max-size", required_argument, NULL, 's'},
        {"idle", required_argument, NULL, 'i'},
        {"session", required_argument, NULL, 't'},
        {"clients", required_argument, NULL, 'n'},
        {"per-network", required_argument, NULL, 'p'},
        {"cache", required_argument, NULL, 'f'},
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
        take_argument(server, arguments, option, optarg);
    if (optind < argc)
        fail(EX_USAGE, "%s takes options only, not \"%s\"", arguments->program, argv[optind]);
    if (server->session.requires_auth && server->session.credentials == NULL)
        fail(EX_USAGE, "--require-auth needs --account");
}

static bool is_loopback(const struct sockaddr *address)
{
    static const unsigned char loopback6[16] = {[15] = 1};
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    return memcmp(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, loopback6, 16) == 0;
}

/* ADDRESS:PORT, [ADDRESS]:PORT. */
static struct addrinfo *parse_endpoint(const char *text)
{
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char host[128];
    const char *colon = strrchr(text, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);
    bool has_brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    if (length == 0 || length >= sizeof(host))
        fail(EX_USAGE, "--listen takes ADDRESS:PORT, not \"%s\"", text);
    snprintf(host, sizeof(host), "%.*s", (int)length - 2 * has_brackets, text + has_brackets);
    int error = getaddrinfo(host, colon + 1, &wanted, &found);
    if (error != 0)
        fail(EX_USAGE, "--listen \"%s\": %s", text, gai_strerror(error));
    return found;
}

static void print_endpoint(int listener)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(address);
    char host[64], port[16];
    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        fail(EX_OSERR, "cannot tell where it listens: %s", strerror(errno));
    printf(address.ss_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", host, port);
    fflush(stdout);
}

static int listen_at(const char *text, bool has_account)
{
    struct addrinfo *endpoint = parse_endpoint(text);
    int one = 1;
    if (has_account && !is_loopback(endpoint->ai_addr))
        fail(EX_USAGE, "--account is for loopback: this server has no TLS, and passwords would pass in the clear");
    int listener = socket(endpoint->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(listener, endpoint->ai_addr, endpoint->ai_addrlen) != 0 || listen(listener, SOMAXCONN) != 0)
        fail(EX_OSERR, "cannot listen on %s: %s", text, strerror(errno));
    freeaddrinfo(endpoint);
    return listener;
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* For this process and the children that it forks for connections, so that one profits from what another has asked. A
 * file, or no cache at all, may be wished for instead. */
static mxcheck_status share_cache(mxcheck_config *config)
{
    mxcheck_cache *cache;
    if (mxcheck_config_get(config, "cache-file")[0] != '\0' ||
        strcmp(mxcheck_config_get(config, "cache-size"), "0") == 0)
        return MXCHECK_OK;
    mxcheck_status status = mxcheck_cache_new_shared(NULL, CACHE_OCTETS, &cache);
    if (status != MXCHECK_OK)
        return status;
    status = mxcheck_config_set_cache(config, cache);
    mxcheck_cache_unref(cache);
    return status;
}

void server_begin(struct server *server, unsigned clients_max, int argc, char **argv)
{
    static char host[256];
    static char listen_default[] = "127.0.0.1:2525";
    struct arguments arguments = {
        .program = argv[0], .listen = listen_default, .clients = clients_max, .per_network = 50};
    if (gethostname(host, sizeof(host) - 1) != 0)
        fail(EX_OSERR, "cannot tell the name of this host: %s", strerror(errno));
    *server = (struct server){
        .session = {.host = host, .folder = "maildir", .most_octets = 10485760}, .idle_s = 300, .session_s = 3600};

    mxcheck_status status = mxcheck_config_new(&arguments.config);
    if (status == MXCHECK_OK) /* a thousand clients with ten recipients each; more are deferred as overloaded */
        status = mxcheck_config_set(arguments.config, "max-pending", "10000");
    if (status == MXCHECK_OK) {
        read_arguments(server, &arguments, argc, argv);
        status = share_cache(arguments.config);
    }
    if (status == MXCHECK_OK)
        status = mxcheck_ctx_new(arguments.config, &server->ctx);
    if (status == MXCHECK_ERR_OPTION)
        fail(EX_USAGE, "%s", mxcheck_config_error(arguments.config));
    if (status == MXCHECK_ERR_FILE)
        fail(EX_CANTCREAT, "%s", mxcheck_config_error(arguments.config));
    if (status != MXCHECK_OK)
        fail(EX_OSERR, "%s", mxcheck_status_text(status));
    if (mxcheck_config_get(arguments.config, "cache-file")[0] != '\0')
        cut_file_survive(mxcheck_config_get(arguments.config, "cache-file"));
    mxcheck_config_free(arguments.config);

    server->admission = admission_new(arguments.clients, arguments.per_network);
    if (server->admission == NULL)
        fail(EX_OSERR, "no memory for %lu clients", arguments.clients);
    if (maildir_make(server->session.folder) != 0)
        fail(EX_CANTCREAT, "cannot make the maildir %s: %s", server->session.folder, strerror(errno));
    block_signals();
    server->listener = listen_at(arguments.listen, server->session.credentials != NULL);
    print_endpoint(server->listener);
}

void server_end(struct server *server)
{
    close(server->listener);
    mxcheck_ctx_free(server->ctx);
    admission_free(server->admission);
}

bool server_accept(const struct server *server, struct server_client *client)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    client->socket = accept4(server->listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client->socket < 0)
        return false;
    client->network = admission_network_of(&address);
    if (getnameinfo((struct sockaddr *)&address, size, client->peer, sizeof(client->peer), NULL, 0, NI_NUMERICHOST) !=
        0)
        snprintf(client->peer, sizeof(client->peer), "unknown");
    return true;
}

/* A new connection has room for a line; who does not read it does not get it. */
void server_refuse(const struct server *server, const struct server_client *client)
{
    char line[400];
    int length =
        snprintf(line, sizeof(line), "421 4.7.0 %s too many connections from your network\r\n", server->session.host);
    ssize_t sent = send(client->socket, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
    close(client->socket);
}
