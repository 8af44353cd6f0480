/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_address.c: any text is taken apart as an address without harm, the same with and without its angle brackets; and
 * what form or an overload make of it is told in words that fit, for both roles. The data are an octet of options, and
 * the text. */
#include "check.h"

#include "base/memory.h"
#include "judge/form.h"
#include "judge/policy.h"
#include "options/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void set(struct options *options, const char *name, const char *value)
{
    char error[512];
    demand(options_set(options, &memory_libc, name, value, error, sizeof(error)) == MXCHECK_OK);
}

static void make_options(struct options *options, unsigned bits)
{
    options_init(options);
    options->refuse_literals = (bits & 1) != 0;
    options->query_special_use = (bits & 2) != 0;
    options->depth = (bits & 4) != 0 ? DEPTH_TARGETS : DEPTH_RECORDS;
    options->reply_profile = (bits & 8) != 0 ? REPLY_PROFILE_RFC : REPLY_PROFILE_DOCUMENTED;
    options->reply_hints = (bits & 32) != 0;
    if ((bits & 16) == 0)
        return;
    set(options, "exempt-domains", "exempt.example, .below.example, \xc3\xbc.example");
    set(options, "reply.bad-address.sender", "553 5.1.7 {id} {address} {hint} <{address}> {domain} {reason}");
    set(options, "reply.special-use.rcpt", "550 5.1.2 {domain}{domain} {id}{hint}");
}

static void check_parsed(const struct address *address)
{
    demand((address->kind == ADDRESS_BAD) == (address->fault[0] != '\0'));
    demand(check_is_printable(address->fault, false));
    demand((address->kind == ADDRESS_LITERAL) == (address->literal_family != 0));
    if (address->kind != ADDRESS_DOMAIN)
        return;
    demand(address->domain_length > 0 && address->domain_length < DOMAIN_SIZE);
    demand(strlen(address->domain) == address->domain_length);
}

static void check_same(const struct address *a, const struct address *b)
{
    size_t literal = a->literal_family == AF_INET ? 4 : a->literal_family == AF_INET6 ? 16 : 0;
    demand(a->kind == b->kind && strcmp(a->fault, b->fault) == 0 && a->literal_family == b->literal_family);
    demand(memcmp(a->literal, b->literal, literal) == 0);
    demand(a->kind != ADDRESS_DOMAIN || strcmp(a->domain, b->domain) == 0);
}

static void check_brackets(const char *text, const struct address *address)
{
    struct address other;
    size_t size = strlen(text) + 3;
    char *path = malloc(size);
    demand(path != NULL);
    snprintf(path, size, "<%s>", text);
    demand(address_parse(path, strlen(path), &other) == 0);
    check_same(address, &other);
    free(path);
}

/* In a block of just its size, as bindings have it: nothing behind it is read, and a NUL makes it no address. */
static void check_octets(const uint8_t *data, size_t size, const struct address *of_text)
{
    struct address address, domain;
    char *octets = malloc(size == 0 ? 1 : size);
    demand(octets != NULL);
    memcpy(octets, data, size);
    demand(address_parse(octets, size, &address) == 0);
    demand(address_parse_domain(octets, size, &domain) == 0);
    demand(domain.kind == ADDRESS_DOMAIN || (domain.kind == ADDRESS_BAD && domain.fault[0] != '\0'));
    if (size > 0 && memchr(octets, '\0', size) != NULL)
        demand(address.kind == ADDRESS_BAD && domain.kind == ADDRESS_BAD);
    else
        check_same(of_text, &address);
    free(octets);
}

static void judge(const struct options *options, const struct address *address, const char *text, mxcheck_role role)
{
    struct judgement judgement = {.address = text, .address_length = strlen(text)};
    bool is_decided = form_judge(options, address, role, &judgement);
    demand(is_decided == (judgement.verdict != 0));
    demand(is_decided || address->kind == ADDRESS_DOMAIN);
    if (!is_decided)
        policy_judge_overload(&judgement);
    demand(judgement.verdict == reasons_verdict(judgement.reason));
    demand((judgement.reason == MXCHECK_REASON_BAD_ADDRESS) == (judgement.fault[0] != '\0'));
    check_wording(options, &judgement, role == MXCHECK_ROLE_SENDER ? "piWs1j0010jifNx01iWsdh" : text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct address address;
    struct options options;
    char *text = check_string(data + (size > 0), size - (size > 0));
    make_options(&options, size > 0 ? data[0] : 0);
    demand(address_parse(text, strlen(text), &address) == 0);
    check_parsed(&address);
    check_octets(data + (size > 0), size - (size > 0), &address);
    if (text[0] != '<')
        check_brackets(text, &address);
    judge(&options, &address, text, MXCHECK_ROLE_SENDER);
    judge(&options, &address, text, MXCHECK_ROLE_RCPT);
    options_clear(&options, &memory_libc);
    free(text);
    return 0;
}
