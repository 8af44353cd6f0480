/* SPDX-License-Identifier: BSD-2-Clause */
/* listen.c: a path that nobody listens at any more is taken over; another one is left alone. */
#include "listen.h"

#include "../common/report.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static int refuse(int fd, const char *where, const char *why)
{
    report(LOG_ERR, "cannot listen at %s: %s", where, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Whether the path is a socket that nobody listens at. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_refused =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return is_refused;
}

static int listen_unix(const char *where, const char *path, mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return refuse(-1, where, "the path is too long");
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse(fd, where, strerror(errno));
    if (is_left_over(&address))
        unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, mode) != 0 ||
        listen(fd, BACKLOG) != 0)
        return refuse(fd, where, strerror(errno));
    report(LOG_INFO, "listening at %s", where);
    return fd;
}

static int bind_to(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void report_address(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    char host[64], port[16];
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        report(LOG_INFO, "listening at inet:%s:%s", host, port);
}

static int listen_inet(const char *where, const char *host_port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    char host[256];
    const char *colon = strrchr(host_port, ':');
    if (colon == NULL || (size_t)(colon - host_port) >= sizeof(host))
        return refuse(-1, where, "that is no HOST:PORT");
    snprintf(host, sizeof(host), "%.*s", (int)(colon - host_port), host_port);
    bool has_brackets = host[0] == '[' && host[strlen(host) - 1] == ']';
    if (has_brackets)
        host[strlen(host) - 1] = '\0';
    int error = getaddrinfo(has_brackets ? host + 1 : host, colon + 1, &hints, &found);
    if (error != 0)
        return refuse(-1, where, gai_strerror(error));
    int fd = bind_to(found);
    freeaddrinfo(found);
    if (fd < 0)
        return refuse(fd, where, strerror(errno));
    report_address(fd);
    return fd;
}

int listen_at(const char *where, mode_t mode)
{
    if (strncmp(where, "unix:", 5) == 0)
        return listen_unix(where, where + 5, mode);
    if (strncmp(where, "inet:", 5) == 0)
        return listen_inet(where, where + 5);
    return refuse(-1, where, "that is neither inet:HOST:PORT nor unix:PATH");
}

size_t listen_inherited(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (pid == NULL || count == NULL || strtoul(pid, NULL, 10) != (unsigned long)getpid())
        return 0;
    return strtoul(count, NULL, 10);
}
