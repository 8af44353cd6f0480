/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.c: numeric addresses alone, so that nothing is looked up. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_loopback(const struct sockaddr *socket)
{
    if (socket->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)socket)->sin_addr.s_addr) >> 24 == 127;
    return socket->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr);
}

/* "192.0.2.1:80" or "[2001:db8::1]:80". */
static struct addrinfo *read_place(const char *where)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(where, ':');
    if (colon == NULL || (size_t)(colon - where) >= sizeof(host))
        return NULL;
    size_t length = (size_t)(colon - where);
    bool is_bracketed = length >= 2 && where[0] == '[' && where[length - 1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(is_bracketed ? length - 2 : length), where + (is_bracketed ? 1 : 0));
    if (!is_bracketed && strchr(host, ':') != NULL)
        return NULL;
    return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

static int open_socket(const struct addrinfo *place)
{
    int one = 1;
    int fd = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, place->ai_addr, place->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void write_name(int fd, char *name, size_t size)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof(own);
    char host[INET6_ADDRSTRLEN], port[8];
    getsockname(fd, (struct sockaddr *)&own, &length);
    if (getnameinfo((struct sockaddr *)&own, length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(name, size, "?");
    else
        snprintf(name, size, own.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int listen_at(const char *where, bool is_public, char *name, size_t size, const char **why)
{
    struct addrinfo *place = read_place(where);
    int fd = -1;
    if (place == NULL)
        *why = "it takes ADDRESS:PORT, such as 127.0.0.1:8025 or [::1]:8025";
    else if (!is_public && !is_loopback(place->ai_addr))
        *why = "that is not loopback: anybody could use this server, so say --public as well";
    else if ((fd = open_socket(place)) < 0)
        *why = strerror(errno);
    else
        write_name(fd, name, size);
    if (place != NULL)
        freeaddrinfo(place);
    return fd;
}

void listen_address(const struct sockaddr *socket, char *address, size_t size)
{
    address[0] = '\0';
    if (socket->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)socket)->sin_addr, address, (socklen_t)size);
    if (socket->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr, address, (socklen_t)size);
}
