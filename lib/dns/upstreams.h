/* SPDX-License-Identifier: BSD-2-Clause */
/* upstreams.h: which resolvers are asked: those of an option's text, or those of resolv.conf. */
#ifndef MXCHECK_DNS_UPSTREAMS_H
#define MXCHECK_DNS_UPSTREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPSTREAMS_MAX 16

enum upstream_transport {
    UPSTREAM_UDP, /* and TCP, where an answer is cut short */
    UPSTREAM_TCP,
    UPSTREAM_TLS,      /* RFC 7858, and nothing else: never in the clear */
    UPSTREAM_RECURSION /* no upstream at all: libunbound asks from the root down */
};

struct upstream {
    enum upstream_transport transport;
    int family;          /* AF_INET, AF_INET6 */
    uint8_t address[16]; /* network order; the first 4 for AF_INET */
    uint16_t port;
    char scope[16];      /* of fe80::1%eth0, "" when none */
    char auth_name[254]; /* of UPSTREAM_TLS: the name that the server's certificate must bear; "" otherwise */
    char name[64];       /* "127.0.0.1:53", "[::1]:5353", "9.9.9.9:853#dns.example", for people */
};

struct upstreams {
    struct upstream item[UPSTREAMS_MAX];
    size_t count;
};

/* Parse "127.0.0.1, [::1]:5353, udp://192.0.2.1, tcp://192.0.2.2:53, tls://192.0.2.3#dns.example". An empty text is no
 * upstream, and fine. Returns 0, or -1 with a sentence (without option name) in error[size]. `upstreams` is written
 * only on success. */
int upstreams_parse(const char *text, struct upstreams *upstreams, char *error, size_t size);

/* Is nobody on the way who could have set the AD bit of its answers: is it reached over loopback, or TLS? */
bool upstream_is_trusted(const struct upstream *upstream);

/* Nobody is asked but the name's own servers. */
void upstreams_set_recursion(struct upstreams *upstreams);

/* The same ones in the same order. */
bool upstreams_are_same(const struct upstreams *a, const struct upstreams *b);

/* What stands for all these, whatever their order: contexts that ask the same ones know the same. Never 0. */
uint64_t upstreams_identify(const struct upstreams *upstreams);

/* 127.0.0.1, and why: its name has `why` in parentheses. */
void upstreams_set_default(struct upstreams *upstreams, const char *why);

/* Take the `nameserver` lines of a resolv.conf, at most three as the C library does, none where there is none; and the
 * option `use-vc`, with which they are asked over TCP. Other options, search and domain lines are not for us. Returns
 * 0, or -1 with errno when the file cannot be read. Any bytes, any length of line. */
int upstreams_read_resolv_conf(const char *path, struct upstreams *upstreams);

#endif
