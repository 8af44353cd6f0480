/* SPDX-License-Identifier: BSD-2-Clause */
/* gate.c: reads and walks. */
#include "dns/getdns/gate.h"

#include "message/wire.h"

#include <errno.h>
#include <sys/socket.h>

#define TC_BIT 0x02 /* in its third octet */

static bool is_answer(enum wire_verdict verdict)
{
    return verdict == WIRE_ANSWER || verdict == WIRE_FOREIGN;
}

/* The letter case stands in for an id that is unknown. */
static enum gate sort_out(const uint8_t *message, size_t size, const struct gate_question *question)
{
    enum wire_verdict verdict =
        wire_walk(message, size, question->id, question->name, question->type, question->keeps_case);
    if (verdict == WIRE_MALFORMED)
        return GATE_MALFORMED;
    if (verdict == WIRE_REFUSAL)
        return GATE_TAKEN;
    if (is_answer(verdict) && (message[2] & TC_BIT) != 0)
        return GATE_TRUNCATED;
    if (is_answer(verdict))
        return question->keeps_case || question->id >= 0 ? GATE_TAKEN : GATE_DOUBTED;
    verdict = wire_walk(message, size, question->id, question->name, question->type, false);
    return is_answer(verdict) ? GATE_DOUBTED : GATE_SHUT;
}

/* getdns reads no further than its room, and has not been shown to read foreign records with care. */
static bool is_for_getdns(const uint8_t *message, size_t size, const struct gate_question *question)
{
    return size <= (question->has_opt ? GATE_DATAGRAM_MAX : GATE_DATAGRAM_PLAIN) &&
           wire_walk(message, size, -1, question->name, question->type, question->keeps_case) == WIRE_ANSWER &&
           (message[2] & TC_BIT) == 0;
}

enum gate gate_datagram(int fd, uint8_t buffer[GATE_BUFFER_SIZE], const struct gate_question *question, size_t *size)
{
    bool may_leave = question->id < 0;
    ssize_t octets = recv(fd, buffer, GATE_BUFFER_SIZE, MSG_DONTWAIT | (may_leave ? MSG_PEEK : 0));
    if (octets < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? GATE_SHUT : GATE_FAILED;
    *size = (size_t)octets;
    if (may_leave && is_for_getdns(buffer, *size, question))
        return GATE_OPEN;
    uint8_t octet;
    if (may_leave)
        recv(fd, &octet, 1, MSG_DONTWAIT);
    return sort_out(buffer, *size, question);
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

enum gate gate_stream(int fd, uint8_t buffer[GATE_BUFFER_SIZE], size_t *size)
{
    ssize_t octets = recv(fd, buffer, GATE_BUFFER_SIZE, MSG_PEEK | MSG_DONTWAIT);
    if (octets <= 0)
        return GATE_OPEN;
    size_t wanted = octets < 2 ? 2 : 2U + (size_t)(buffer[0] << 8 | buffer[1]);
    if ((size_t)octets >= wanted) {
        wait_for(fd, 1);
        *size = wanted - 2;
        return recv(fd, buffer, wanted, MSG_DONTWAIT) == (ssize_t)wanted ? GATE_TAKEN : GATE_OPEN;
    }
    /* Woken with less than was waited for: the upstream has closed half-way. */
    if ((size_t)octets < waited_for(fd)) {
        end_stream(fd, buffer);
        return GATE_OPEN;
    }
    wait_for(fd, wanted);
    return GATE_SHUT;
}
