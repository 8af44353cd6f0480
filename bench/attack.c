/* SPDX-License-Identifier: BSD-2-Clause */
/* attack.c: a simulation: mail to known domains by Zipf's law, and beside it a dictionary attack of names that come
 * once. How many checks of honest mail does the cache answer, and how many would one of the same size that drops what
 * was used least recently?
 *
 *     attack CACHE_KIB DOMAINS SECONDS HONEST_PER_S ATTACK_PER_S ATTACK_TIMES
 *
 * The time is simulated. Every name has the same TTL of an hour; those of the attack do not exist. */
#include "base/clock.h"
#include "base/memory.h"
#include "facts/cache.h"
#include "facts/draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKER 1

static uint64_t now_us = 1000000;

uint64_t clock_now_us(void)
{
    return now_us;
}

uint64_t clock_coarse_us(struct clock_sleep *sleep)
{
    (void)sleep;
    return now_us;
}

/* --- the peer: a list in the order of use ------------------------------------------------------------------------- */

struct entry {
    uint32_t next, before; /* in the order of use; 0 is the end */
    uint32_t chain;        /* in the bucket */
    uint64_t name;         /* 0: free */
    uint32_t bytes;
};

struct lru {
    struct entry *entries; /* entries[0]: latest and oldest */
    uint32_t *buckets;
    uint32_t room;
    uint32_t used;
    uint32_t free;
    size_t bytes;
    size_t bytes_max;
};

static uint32_t *bucket_of(struct lru *lru, uint64_t name)
{
    return &lru->buckets[name * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (lru->room - 1)];
}

static void unlink_entry(struct lru *lru, uint32_t index)
{
    struct entry *entry = &lru->entries[index];
    lru->entries[entry->before].next = entry->next;
    lru->entries[entry->next].before = entry->before;
}

static void link_first(struct lru *lru, uint32_t index)
{
    struct entry *entry = &lru->entries[index];
    entry->before = 0;
    entry->next = lru->entries[0].next;
    lru->entries[entry->next].before = index;
    lru->entries[0].next = index;
}

static void drop_oldest(struct lru *lru)
{
    uint32_t index = lru->entries[0].before;
    uint32_t *link = bucket_of(lru, lru->entries[index].name);
    while (*link != index)
        link = &lru->entries[*link].chain;
    *link = lru->entries[index].chain;
    unlink_entry(lru, index);
    lru->bytes -= lru->entries[index].bytes;
    lru->entries[index].chain = lru->free;
    lru->free = index;
}

/* Returns 1 for a hit; remembers otherwise. */
static int lru_check(struct lru *lru, uint64_t name, uint32_t bytes)
{
    for (uint32_t i = *bucket_of(lru, name); i != 0; i = lru->entries[i].chain) {
        if (lru->entries[i].name == name) {
            unlink_entry(lru, i);
            link_first(lru, i);
            return 1;
        }
    }
    while (lru->bytes + bytes > lru->bytes_max)
        drop_oldest(lru);
    uint32_t index = lru->free;
    if (index != 0)
        lru->free = lru->entries[index].chain;
    else
        index = ++lru->used;
    lru->entries[index] = (struct entry){.name = name, .bytes = bytes, .chain = *bucket_of(lru, name)};
    *bucket_of(lru, name) = index;
    link_first(lru, index);
    lru->bytes += bytes;
    return 0;
}

static void lru_open(struct lru *lru, size_t bytes_max)
{
    uint32_t room = 1;
    while (room < bytes_max / 64)
        room *= 2;
    *lru = (struct lru){.room = room, .bytes_max = bytes_max};
    lru->entries = calloc(room + 2, sizeof(*lru->entries));
    lru->buckets = calloc(room, sizeof(*lru->buckets));
    if (lru->entries == NULL || lru->buckets == NULL)
        exit(1);
}

/* --- ours --------------------------------------------------------------------------------------------------------- */

static struct facts *make_facts(const char *domain, int exists)
{
    struct draft draft;
    char host[80];
    draft_init(&draft, &memory_libc);
    for (int i = 0; i < (exists ? 1 : FACTS_QUESTIONS); i++) {
        draft.answer[i].outcome = exists ? FACTS_RECORDS : FACTS_NXDOMAIN;
        draft.answer[i].ttl_s = 3600;
        draft.answer[i].upstream = draft_put(&draft, "127.0.0.1:53");
    }
    for (int i = 1; exists && i <= 2; i++) {
        snprintf(host, sizeof(host), "mx%d.%s", i, domain);
        draft_add_mx(&draft, 10, 3600, host);
    }
    struct facts *facts = draft_seal(&draft, domain, now_us, now_us);
    if (facts == NULL)
        exit(1);
    draft_clear(&draft);
    return facts;
}

/* Returns 1 for a hit; remembers otherwise. *bytes is what the facts take. */
static int cache_check(mxcheck_cache *cache, const char *domain, int exists, uint32_t *bytes)
{
    static uint64_t copy[256];
    size_t length = strlen(domain);
    size_t size =
        cache_get(cache, CACHE_ANSWER, cache_hash(cache, ASKER, domain, length), domain, length, copy, sizeof(copy));
    struct facts *facts = make_facts(domain, exists);
    *bytes = facts->size + 16;
    if (size == 0)
        cache_put(cache, ASKER, facts, cache_generation(cache));
    facts_unref(facts, &memory_libc);
    return size > 0;
}

struct score {
    unsigned long checks, ours, lru;
};

static void check(mxcheck_cache *cache, struct lru *lru, uint64_t name, int is_honest, struct score *score)
{
    char domain[64];
    uint32_t bytes;
    snprintf(domain, sizeof(domain), is_honest ? "domain%llu.example.com" : "x%llu.example.com",
             (unsigned long long)name);
    int ours = cache_check(cache, domain, is_honest, &bytes);
    /* The peer's own links and index would take as much as ours do. */
    int peer = lru_check(lru, is_honest ? name : name | UINT64_C(1) << 63, bytes + 16);
    if (!is_honest)
        return;
    score->checks++;
    score->ours += (unsigned long)ours;
    score->lru += (unsigned long)peer;
}

int main(int argc, char **argv)
{
    struct lru lru;
    struct score calm = {0, 0, 0}, attacked = {0, 0, 0};
    unsigned long parameters[6];
    if (argc != 7)
        return 64;
    for (int i = 0; i < 6; i++)
        parameters[i] = strtoul(argv[i + 1], NULL, 10);
    unsigned long domains = parameters[1], seconds = parameters[2], honest = parameters[3], attack = parameters[4];
    mxcheck_cache *cache = cache_new(&memory_libc, parameters[0] * 1024);
    lru_open(&lru, parameters[0] * 1024);
    uint32_t random = 1;
    uint64_t name = 0;
    for (unsigned long second = 0; second < 2 * seconds; second++) {
        int is_attack = second >= seconds;
        for (unsigned long i = 0; i < honest; i++) {
            random = random * 1664525 + 1013904223;
            uint64_t rank = (uint64_t)exp(random / 4294967296.0 * log((double)domains + 1)) - 1;
            check(cache, &lru, rank, 1, is_attack ? &attacked : &calm);
            for (unsigned long j = i * attack / honest; is_attack && j < (i + 1) * attack / honest; j++, name++) {
                for (unsigned long again = 0; again < parameters[5]; again++)
                    check(cache, &lru, name, 0, &attacked);
            }
            now_us += 1000000 / honest;
        }
    }
    printf("calm_percent=%.2f calm_lru_percent=%.2f attacked_percent=%.2f attacked_lru_percent=%.2f\n",
           100.0 * (double)calm.ours / (double)calm.checks, 100.0 * (double)calm.lru / (double)calm.checks,
           100.0 * (double)attacked.ours / (double)attacked.checks,
           100.0 * (double)attacked.lru / (double)attacked.checks);
    cache_unref(cache);
    free(lru.entries);
    free(lru.buckets);
    return 0;
}
