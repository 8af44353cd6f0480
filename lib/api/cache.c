/* SPDX-License-Identifier: BSD-2-Clause */
/* cache.c: the handle of a cache. */
#include "facts/cache.h"

#include "base/memory.h"
#include "mail/domain.h"

#include <errno.h>
#include <string.h>

mxcheck_status mxcheck_cache_new(size_t max_bytes, mxcheck_cache **made)
{
    if (made == NULL)
        return MXCHECK_ERR_INVALID;
    *made = NULL;
    if (max_bytes < CACHE_BYTES_MIN)
        return MXCHECK_ERR_INVALID;
    mxcheck_cache *cache = cache_new(&memory_libc, max_bytes);
    if (cache == NULL)
        return MXCHECK_ERR_NOMEM;
    *made = cache;
    return MXCHECK_OK;
}

mxcheck_status mxcheck_cache_new_shared(const char *path, size_t max_bytes, mxcheck_cache **made)
{
    const char *why;
    if (made == NULL)
        return MXCHECK_ERR_INVALID;
    *made = NULL;
    if (max_bytes < CACHE_BYTES_MIN)
        return MXCHECK_ERR_INVALID;
    int error = cache_new_shared(&memory_libc, path, max_bytes, made, &why);
    if (error == 0)
        return MXCHECK_OK;
    errno = error;
    if (error == ENOMEM)
        return MXCHECK_ERR_NOMEM;
    return path == NULL ? MXCHECK_ERR_SYSTEM : MXCHECK_ERR_FILE;
}

mxcheck_cache *mxcheck_cache_ref(mxcheck_cache *cache)
{
    return cache_ref(cache);
}

void mxcheck_cache_unref(mxcheck_cache *cache)
{
    cache_unref(cache);
}

/* What is no domain is not remembered either. Should memory run out on the way, all goes: nothing that was to go stays.
 */
void mxcheck_cache_flush(mxcheck_cache *cache, const char *domain)
{
    char name[DOMAIN_SIZE];
    const char *fault;
    if (cache == NULL)
        return;
    enum domain_status status = domain == NULL ? DOMAIN_NOMEM : domain_parse(domain, strlen(domain), name, &fault);
    if (status != DOMAIN_BAD)
        cache_flush(cache, status == DOMAIN_OK ? name : NULL);
}
