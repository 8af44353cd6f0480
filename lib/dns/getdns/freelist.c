/* SPDX-License-Identifier: BSD-2-Clause */
/* freelist.c: size classes by powers of two, cut from chunks; larger blocks come one by one. */
#include "dns/getdns/freelist.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CLASS_MIN_SHIFT 5 /* 32 octets, head included */
#define CLASS_COUNT 11    /* up to 32 KiB */
#define CHUNK_SIZE 66560  /* the longest message fits, too */
#define HEAD_SIZE 16      /* keeps blocks aligned for any type */
#define SPARES 4

/* In front of each block. */
struct head {
    size_t size;  /* of the block without head; what realloc copies */
    size_t class; /* CLASS_COUNT: a chunk of its own */
};

/* In front of each chunk. */
struct chunk {
    struct chunk *next;
    struct chunk *previous;
    const struct memory *memory; /* what it came from */
    size_t used;
};

struct free_block {
    struct free_block *next;
};

struct freelist {
    const struct memory *memory;
    struct chunk chunks;  /* ring; chunks.next is being cut */
    struct chunk *spares; /* set aside for when memory runs out; a list by `next` */
    size_t spare_count;
    struct free_block *free[CLASS_COUNT];
    void *largest; /* since freelist_forget_largest; NULL: none, or it is free again */
    size_t largest_size;
};

_Static_assert(sizeof(struct head) <= HEAD_SIZE, "a head fits its place");
_Static_assert(sizeof(struct chunk) % HEAD_SIZE == 0, "blocks of a chunk are aligned");

struct freelist *freelist_new(const struct memory *memory)
{
    struct freelist *freelist = memory_zalloc(memory, 1, sizeof(*freelist));
    if (freelist == NULL)
        return NULL;
    freelist->memory = memory;
    freelist->chunks.next = freelist->chunks.previous = &freelist->chunks;
    freelist->chunks.used = CHUNK_SIZE;
    return freelist;
}

static struct chunk *take_spare(struct freelist *freelist)
{
    struct chunk *chunk = freelist->spares;
    freelist->spares = chunk->next;
    freelist->spare_count--;
    return chunk;
}

void freelist_destroy(struct freelist *freelist)
{
    if (freelist == NULL)
        return;
    for (struct chunk *chunk = freelist->chunks.next; chunk != &freelist->chunks;) {
        struct chunk *next = chunk->next;
        memory_free(chunk->memory, chunk);
        chunk = next;
    }
    while (freelist->spares != NULL)
        memory_free(freelist->memory, take_spare(freelist));
    memory_free(freelist->memory, freelist);
}

int freelist_set_aside(struct freelist *freelist)
{
    while (freelist->spare_count < SPARES) {
        struct chunk *chunk = memory_alloc(freelist->memory, CHUNK_SIZE);
        if (chunk == NULL)
            return -1;
        chunk->next = freelist->spares;
        freelist->spares = chunk;
        freelist->spare_count++;
    }
    return 0;
}

/* From the caller's memory, from what was set aside of it, and at last from the C library's. */
static struct chunk *find_chunk(struct freelist *freelist, size_t size)
{
    const struct memory *memory = freelist->memory;
    struct chunk *chunk = memory_alloc(memory, size);
    if (chunk == NULL && size <= CHUNK_SIZE && freelist->spares != NULL)
        chunk = take_spare(freelist);
    if (chunk == NULL) {
        memory = &memory_libc;
        chunk = memory_alloc(memory, size);
    }
    if (chunk != NULL)
        chunk->memory = memory;
    return chunk;
}

/* Put a chunk in front of the ring, or behind all when it is full from the start. */
static struct chunk *add_chunk(struct freelist *freelist, size_t size, bool is_full)
{
    struct chunk *chunk = find_chunk(freelist, size);
    if (chunk == NULL)
        return NULL;
    struct chunk *after = is_full ? freelist->chunks.previous : &freelist->chunks;
    chunk->used = is_full ? CHUNK_SIZE : sizeof(*chunk);
    chunk->previous = after;
    chunk->next = after->next;
    after->next->previous = chunk;
    after->next = chunk;
    return chunk;
}

static struct head *take_large(struct freelist *freelist, size_t size)
{
    if (size > SIZE_MAX - sizeof(struct chunk) - HEAD_SIZE)
        return NULL;
    struct chunk *chunk = add_chunk(freelist, sizeof(struct chunk) + HEAD_SIZE + size, true);
    return chunk == NULL ? NULL : (struct head *)(void *)(chunk + 1);
}

static struct head *take_small(struct freelist *freelist, size_t class)
{
    size_t size = (size_t)1 << (class + CLASS_MIN_SHIFT);
    struct free_block *block = freelist->free[class];
    if (block != NULL) {
        freelist->free[class] = block->next;
        return (struct head *)(void *)((char *)block - HEAD_SIZE);
    }
    struct chunk *chunk = freelist->chunks.next;
    if (chunk->used + size > CHUNK_SIZE)
        chunk = add_chunk(freelist, CHUNK_SIZE, false);
    if (chunk == NULL)
        return NULL;
    struct head *head = (struct head *)(void *)((char *)chunk + chunk->used);
    chunk->used += size;
    return memset(head, 0, size);
}

/* The smallest class whose blocks hold `size` octets behind their head. */
static size_t class_of(size_t size)
{
    if (size > ((size_t)1 << (CLASS_COUNT - 1 + CLASS_MIN_SHIFT)) - HEAD_SIZE)
        return CLASS_COUNT;
    size_t units = (size + HEAD_SIZE - 1) >> CLASS_MIN_SHIFT;
    return units == 0 ? 0 : (size_t)(64 - __builtin_clzll(units));
}

void *freelist_malloc(void *freelist, size_t size)
{
    struct freelist *list = freelist;
    size_t class = class_of(size);
    struct head *head = class == CLASS_COUNT ? take_large(list, size) : take_small(list, class);
    if (head == NULL)
        return NULL;
    head->size = size;
    head->class = class;
    if (size > list->largest_size) {
        list->largest = (char *)head + HEAD_SIZE;
        list->largest_size = size;
    }
    return (char *)head + HEAD_SIZE;
}

void *freelist_zalloc(void *freelist, size_t size)
{
    void *block = freelist_malloc(freelist, size);
    return block == NULL ? NULL : memset(block, 0, size);
}

void freelist_free(void *freelist, void *block)
{
    struct freelist *list = freelist;
    if (block == NULL)
        return;
    if (block == list->largest)
        list->largest = NULL;
    struct head *head = (struct head *)(void *)((char *)block - HEAD_SIZE);
    if (head->class < CLASS_COUNT) {
        struct free_block *free_block = block;
        free_block->next = list->free[head->class];
        list->free[head->class] = free_block;
        return;
    }
    struct chunk *chunk = (struct chunk *)(void *)head - 1;
    chunk->previous->next = chunk->next;
    chunk->next->previous = chunk->previous;
    memory_free(chunk->memory, chunk);
}

void *freelist_realloc(void *freelist, void *block, size_t size)
{
    void *bigger = freelist_malloc(freelist, size);
    if (bigger == NULL || block == NULL)
        return bigger;
    const struct head *head = (const struct head *)(const void *)((char *)block - HEAD_SIZE);
    memcpy(bigger, block, head->size < size ? head->size : size);
    freelist_free(freelist, block);
    return bigger;
}

void freelist_forget_largest(struct freelist *freelist)
{
    freelist->largest = NULL;
    freelist->largest_size = 0;
}

const uint8_t *freelist_largest(const struct freelist *freelist, size_t *size)
{
    *size = freelist->largest_size;
    return freelist->largest;
}
