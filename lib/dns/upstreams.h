/* SPDX-License-Identifier: BSD-2-Clause */
/* upstreams.h: the resolvers that are queried, from the text of an option or from resolv.conf. */
#ifndef MXCHECK_DNS_UPSTREAMS_H
#define MXCHECK_DNS_UPSTREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPSTREAMS_MAX 16

enum upstream_transport {
    UPSTREAM_UDP, /* and TCP for truncated answers */
    UPSTREAM_TCP,
    UPSTREAM_TLS,      /* RFC 7858; never without TLS */
    UPSTREAM_RECURSION /* no upstream: libunbound resolves from the root servers down */
};

struct upstream {
    enum upstream_transport transport;
    int family;          /* AF_INET, AF_INET6 */
    uint8_t address[16]; /* network order; the first 4 for AF_INET */
    uint16_t port;
    char scope[16];      /* of fe80::1%eth0, "" when none */
    char auth_name[254]; /* UPSTREAM_TLS: the name that the server's certificate must have; "" otherwise */
    char name[64];       /* "127.0.0.1:53", "[::1]:5353", "9.9.9.9:853#dns.example", for people */
};

struct upstreams {
    struct upstream item[UPSTREAMS_MAX];
    size_t count;
};

/* Parse "127.0.0.1, [::1]:5353, udp://192.0.2.1, tcp://192.0.2.2:53, tls://192.0.2.3#dns.example". An empty text is
 * valid and gives no upstream. Returns 0, or -1 with a sentence (without option name) in error[size]. `upstreams` is
 * written only on success. */
int upstreams_parse(const char *text, struct upstreams *upstreams, char *error, size_t size);

/* Can nobody between have set the AD bit of its answers? So it is over loopback and over TLS. */
bool upstream_is_trusted(const struct upstream *upstream);

/* Resolve from the root servers down. */
void upstreams_set_recursion(struct upstreams *upstreams);

/* The same upstreams in the same order? */
bool upstreams_are_same(const struct upstreams *a, const struct upstreams *b);

/* A number for this set of upstreams, whatever their order: contexts with the same number may share answers. Never 0.
 */
uint64_t upstreams_identify(const struct upstreams *upstreams);

/* 127.0.0.1, whose name says why in parentheses. */
void upstreams_set_default(struct upstreams *upstreams, const char *why);

/* Read the `nameserver` lines of a resolv.conf, at most three as the C library does, and the option `use-vc`, which
 * means TCP. Other options and the search and domain lines are ignored. Returns 0, or -1 with errno when the file
 * cannot be read. The file may hold any bytes and lines of any length. */
int upstreams_read_resolv_conf(const char *path, struct upstreams *upstreams);

#endif
