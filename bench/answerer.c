/* SPDX-License-Identifier: BSD-2-Clause */
/* answerer.c: a source of answers for benchmarks: UDP on loopback, every name has two MX, whose hosts have an A; all
 * else is empty.
 *
 *     answerer [--loss PERCENT | --port-53]     prints `listening on ADDRESS:PORT`; ends when its standard input does
 *
 * That is a free port of 127.0.0.1, or port 53 of 127.0.0.77.
 *
 * Lost is a share of the questions, drawn by a fixed seed. It knows just enough DNS to be faster than who asks. */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, MESSAGE = 512, HEADER = 12 };

static const unsigned char records[] = "\xc0\x0c\0\x0f\0\1\0\0\1\x2c\0\x08\0\x0a\3mx1\xc0\x0c"
                                       "\xc0\x0c\0\x0f\0\1\0\0\1\x2c\0\x08\0\x14\3mx2\xc0\x0c";
static const unsigned char host[] = "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1";

static unsigned loss_percent;

static int is_lost(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 16) % 100 < loss_percent;
}

/* Turn a question into its answer, in place. Returns the size, 0 for none. */
static size_t answer(unsigned char *message, size_t size)
{
    size_t end = HEADER;
    while (end < size && message[end] != 0)
        end += 1U + message[end];
    end += 5;
    if (end > size || end + sizeof(records) > MESSAGE || is_lost())
        return 0;
    int is_mx = message[end - 3] == 15;
    int is_a = message[end - 3] == 1 && message[HEADER] == 3; /* of a host */
    message[2] = 0x81;
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    if (!is_mx && !is_a)
        return end;
    message[7] = is_mx ? 2 : 1;
    size_t octets = is_mx ? sizeof(records) - 1 : sizeof(host) - 1;
    memcpy(message + end, is_mx ? records : host, octets);
    return end + octets;
}

struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in peers[BATCH];
    unsigned char messages[BATCH][MESSAGE];
};

static void serve(int fd, struct batch *batch)
{
    for (int i = 0; i < BATCH; i++) {
        batch->parts[i] = (struct iovec){batch->messages[i], MESSAGE};
        batch->headers[i].msg_hdr = (struct msghdr){.msg_name = &batch->peers[i],
                                                    .msg_namelen = sizeof(batch->peers[i]),
                                                    .msg_iov = &batch->parts[i],
                                                    .msg_iovlen = 1};
    }
    int count = recvmmsg(fd, batch->headers, BATCH, MSG_DONTWAIT, NULL);
    unsigned kept = 0;
    for (int i = 0; i < count; i++) {
        size_t size = answer(batch->messages[i], batch->headers[i].msg_len);
        if (size == 0)
            continue;
        batch->headers[kept].msg_hdr = batch->headers[i].msg_hdr;
        batch->headers[kept++].msg_hdr.msg_iov[0].iov_len = size;
    }
    if (kept > 0)
        sendmmsg(fd, batch->headers, kept, 0);
}

int main(int argc, char **argv)
{
    static struct batch batch;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int room = 8 << 20;
    if (argc == 3 && strcmp(argv[1], "--loss") == 0)
        loss_percent = (unsigned)atoi(argv[2]);
    if (argc == 2 && strcmp(argv[1], "--port-53") == 0) {
        address.sin_addr.s_addr = htonl(0x7f00004d);
        address.sin_port = htons(53);
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("answerer");
        return 1;
    }
    printf("listening on %s:%d\n", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
    fflush(stdout);
    struct pollfd watched[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(watched, 2, -1) >= 0 && watched[1].revents == 0)
        serve(fd, &batch);
    return 0;
}
