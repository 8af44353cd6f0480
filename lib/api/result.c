/* SPDX-License-Identifier: BSD-2-Clause */
/* result.c: results and their getters. */
#include "api/result.h"

#include "base/clock.h"
#include "base/memory.h"
#include "judge/explain.h"
#include "judge/reply.h"

#include <string.h>

mxcheck_result *result_new(struct settings *settings, const char *address)
{
    size_t size = strlen(address) + 1;
    mxcheck_result *result = memory_alloc(&settings->memory, sizeof(*result) + size);
    if (result == NULL)
        return NULL;
    /* Most of it is text that is written before anyone can read it. */
    memset(&result->judgement, 0, sizeof(result->judgement));
    result->references = 1;
    result->settings = settings_ref(settings);
    memcpy(result->address, address, size);
    return result;
}

void result_finish(mxcheck_result *result, uint64_t started_us)
{
    struct judgement *judgement = &result->judgement;
    const struct options *options = &result->settings->options;
    result->finished_us = clock_now_us();
    uint64_t elapsed_us = result->finished_us - started_us;
    judgement->elapsed_us = elapsed_us > UINT32_MAX ? UINT32_MAX : (unsigned)elapsed_us;
    judgement->address = result->address;
    result->smtp_code = reply_code(options, judgement);
    reply_enhanced_code(options, judgement, result->enhanced_code, sizeof(result->enhanced_code));
    explain_hint(judgement, result->hint, sizeof(result->hint));
    log_line(&result->settings->log, MXCHECK_LOG_INFO, "%s %s: %s, %s, %u us", mxcheck_role_name(judgement->role),
             judgement->domain, mxcheck_verdict_name(judgement->verdict), mxcheck_reason_name(judgement->reason),
             judgement->elapsed_us);
}

mxcheck_result *mxcheck_result_ref(const mxcheck_result *result)
{
    mxcheck_result *shared = (mxcheck_result *)(uintptr_t)result;
    if (shared != NULL)
        __atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
    return shared;
}

void mxcheck_result_unref(mxcheck_result *result)
{
    if (result == NULL || __atomic_sub_fetch(&result->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    struct settings *settings = result->settings;
    facts_unref((struct facts *)(uintptr_t)result->judgement.facts);
    memory_free(&settings->memory, result);
    settings_unref(settings);
}

mxcheck_verdict mxcheck_result_verdict(const mxcheck_result *result)
{
    return result == NULL ? (mxcheck_verdict)0 : result->judgement.verdict;
}

mxcheck_reason mxcheck_result_reason(const mxcheck_result *result)
{
    return result == NULL ? (mxcheck_reason)0 : result->judgement.reason;
}

mxcheck_role mxcheck_result_role(const mxcheck_result *result)
{
    return result == NULL ? (mxcheck_role)0 : result->judgement.role;
}

const char *mxcheck_result_address(const mxcheck_result *result)
{
    return result == NULL ? "" : result->address;
}

const char *mxcheck_result_domain(const mxcheck_result *result)
{
    return result == NULL ? "" : result->judgement.domain;
}

int mxcheck_result_smtp_code(const mxcheck_result *result)
{
    return result == NULL ? 0 : result->smtp_code;
}

const char *mxcheck_result_enhanced_code(const mxcheck_result *result)
{
    return result == NULL ? "" : result->enhanced_code;
}

/* What a NULL result has to say: nothing, in a buffer of any size. */
static size_t write_nothing(char *buffer, size_t size)
{
    if (buffer != NULL && size > 0)
        buffer[0] = '\0';
    return 0;
}

size_t mxcheck_result_reply(const mxcheck_result *result, const char *id, char *buffer, size_t size)
{
    if (result == NULL)
        return write_nothing(buffer, size);
    return reply_write(&result->settings->options, &result->judgement, id, buffer, size);
}

const char *mxcheck_result_hint(const mxcheck_result *result)
{
    return result == NULL ? "" : result->hint;
}

size_t mxcheck_result_explain(const mxcheck_result *result, char *buffer, size_t size)
{
    if (result == NULL)
        return write_nothing(buffer, size);
    return explain_write(&result->settings->options, &result->judgement, buffer, size);
}

size_t mxcheck_result_json(const mxcheck_result *result, char *buffer, size_t size)
{
    if (result == NULL)
        return write_nothing(buffer, size);
    return explain_json(&result->settings->options, &result->judgement, buffer, size);
}

/* MX `index`, null MX not counted; NULL past the end. */
static const struct facts_mx *find_mx(const mxcheck_result *result, size_t index)
{
    const struct facts *facts = result == NULL ? NULL : result->judgement.facts;
    for (size_t i = 0; facts != NULL && i < facts->mx_count; i++) {
        if (facts->mx[i].host[0] != '\0' && index-- == 0)
            return &facts->mx[i];
    }
    return NULL;
}

size_t mxcheck_result_mx_count(const mxcheck_result *result)
{
    size_t count = 0;
    const struct facts *facts = result == NULL ? NULL : result->judgement.facts;
    for (size_t i = 0; facts != NULL && i < facts->mx_count; i++)
        count += facts->mx[i].host[0] != '\0';
    return count;
}

const char *mxcheck_result_mx_host(const mxcheck_result *result, size_t index)
{
    const struct facts_mx *mx = find_mx(result, index);
    return mx == NULL ? "" : mx->host;
}

unsigned mxcheck_result_mx_preference(const mxcheck_result *result, size_t index)
{
    const struct facts_mx *mx = find_mx(result, index);
    return mx == NULL ? 0 : mx->preference;
}

size_t mxcheck_result_note_count(const mxcheck_result *result)
{
    return result == NULL ? 0 : result->judgement.note_count;
}

const char *mxcheck_result_note(const mxcheck_result *result, size_t index)
{
    return index < mxcheck_result_note_count(result) ? result->judgement.notes[index] : "";
}

unsigned mxcheck_result_ttl(const mxcheck_result *result)
{
    if (result == NULL)
        return 0;
    uint64_t age_s = (clock_now_us() - result->finished_us) / 1000000;
    return age_s >= result->judgement.ttl_s ? 0 : result->judgement.ttl_s - (unsigned)age_s;
}

/* Nothing is remembered from check to check yet: every answer comes from DNS. */
int mxcheck_result_is_cached(const mxcheck_result *result)
{
    (void)result;
    return 0;
}

int mxcheck_result_is_stale(const mxcheck_result *result)
{
    (void)result;
    return 0;
}

int mxcheck_result_dnssec(const mxcheck_result *result)
{
    if (result == NULL || result->judgement.facts == NULL)
        return MXCHECK_DNSSEC_UNKNOWN;
    return (int)result->judgement.facts->dnssec;
}

unsigned mxcheck_result_elapsed_us(const mxcheck_result *result)
{
    return result == NULL ? 0 : result->judgement.elapsed_us;
}
