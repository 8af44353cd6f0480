/* SPDX-License-Identifier: BSD-2-Clause */
/* gate.c: peeks, walks, and lets through. */
#include "dns/gate.h"

#include "dns/wire.h"

#include <errno.h>
#include <sys/socket.h>

#define HEADER_SIZE 12
#define TC_BIT 0x02 /* in its third octet */

/* A datagram that is not for getdns. */
static enum gate sort_out(const uint8_t *message, size_t size, const char *name, uint16_t type)
{
    switch (wire_walk(message, size, -1, name, type, 1)) {
    case WIRE_ANSWER:
    case WIRE_FOREIGN:
        return (message[2] & TC_BIT) != 0 ? GATE_TRUNCATED : GATE_TAKEN;
    case WIRE_MALFORMED:
        return GATE_MALFORMED;
    case WIRE_STRANGER:
        break;
    }
    enum wire_verdict verdict = wire_walk(message, size, -1, name, type, 0);
    return verdict == WIRE_ANSWER || verdict == WIRE_FOREIGN ? GATE_DOUBTED : GATE_SHUT;
}

/* getdns reads no further than GATE_DATAGRAM_MAX, and has not been shown to read foreign records with care. */
static bool is_for_getdns(const uint8_t *message, size_t size, const char *name, uint16_t type)
{
    return size <= GATE_DATAGRAM_MAX && wire_walk(message, size, -1, name, type, 1) == WIRE_ANSWER &&
           (message[2] & TC_BIT) == 0;
}

enum gate gate_datagram(int fd, uint8_t buffer[GATE_BUFFER_SIZE], const char *name, uint16_t type, size_t *size)
{
    ssize_t octets = recv(fd, buffer, GATE_BUFFER_SIZE, MSG_PEEK | MSG_DONTWAIT);
    if (octets < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? GATE_SHUT : GATE_FAILED;
    *size = (size_t)octets;
    if (is_for_getdns(buffer, *size, name, type))
        return GATE_OPEN;
    enum gate gate = sort_out(buffer, *size, name, type);
    recv(fd, buffer, 1, MSG_DONTWAIT); /* which is the octet that stands there */
    return gate;
}

/* Let the descriptor become readable when so many octets are there, or when no more will come. */
static void wait_for(int fd, size_t octets)
{
    int least = (int)octets;
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least));
}

static size_t waited_for(int fd)
{
    int least = 1;
    socklen_t size = sizeof(least);
    getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, &size);
    return least < 1 ? 1 : (size_t)least;
}

/* Nothing of what has come is for getdns, and it shall see the end. */
static void end_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE])
{
    shutdown(fd, SHUT_RDWR);
    while (recv(fd, buffer, GATE_BUFFER_SIZE, MSG_DONTWAIT) > 0)
        continue;
}

int gate_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE])
{
    ssize_t size = recv(fd, buffer, GATE_BUFFER_SIZE, MSG_PEEK | MSG_DONTWAIT);
    if (size <= 0)
        return 1;
    size_t length = size < 2 ? 0 : (size_t)(buffer[0] << 8 | buffer[1]);
    size_t wanted = 2 + length;
    if ((size_t)size < wanted) {
        /* Woken with less than was waited for: the upstream has closed half-way. */
        if ((size_t)size < waited_for(fd)) {
            end_stream(fd, buffer);
            return 1;
        }
        wait_for(fd, wanted);
        return 0;
    }
    wait_for(fd, 1);
    if (length >= HEADER_SIZE && wire_is_sound(buffer + 2, length))
        return 2;
    end_stream(fd, buffer);
    return 1;
}
