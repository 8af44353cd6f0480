/* SPDX-License-Identifier: BSD-2-Clause */
/* result.c: results and their getters. */
#include "api/result.h"

#include "base/clock.h"
#include "base/memory.h"
#include "words/advice.h"
#include "words/explain.h"
#include "words/reply.h"

#include <string.h>
#include <sys/socket.h>

mxcheck_result *result_new(struct settings *settings, const char *address, size_t length,
                           const struct judgement *judgement)
{
    size_t facts_size = judgement->is_cached ? judgement->facts->size : 0;
    size_t domain_size = judgement->domain_length + 1;
    mxcheck_result *result = memory_alloc(&settings->memory, sizeof(*result) + facts_size + domain_size + length + 1);
    if (result == NULL)
        return NULL;
    char *behind = (char *)(result + 1);
    result->references = 1;
    result->lock.holder = 0;
    result->is_worded = false;
    result->stripe = settings_share(settings);
    result->facts = NULL;
    result->judgement = *judgement;
    if (facts_size > 0)
        result->judgement.facts = memcpy(behind, judgement->facts, facts_size);
    else
        result->facts = (struct facts *)(uintptr_t)judgement->facts;
    result->judgement.domain = memcpy(behind + facts_size, judgement->domain, domain_size);
    char *copy = behind + facts_size + domain_size;
    if (length > 0)
        memcpy(copy, address, length);
    copy[length] = '\0';
    result->judgement.address = copy;
    result->judgement.address_length = length;
    result->addresses = NULL;
    return result;
}

static enum origin origin_of(const struct judgement *judgement)
{
    if (judgement->facts == NULL)
        return ORIGIN_FORM;
    if (!judgement->is_cached)
        return ORIGIN_DNS;
    return judgement->is_stale ? ORIGIN_STALE : ORIGIN_MEMORY;
}

void result_finish(mxcheck_result *result, uint64_t elapsed_us, mxcheck_id id)
{
    struct judgement *judgement = &result->judgement;
    const struct settings *settings = result->stripe->settings;
    judgement->elapsed_us = elapsed_us > UINT32_MAX ? UINT32_MAX : (unsigned)elapsed_us;
    settings_count(result->stripe, judgement->verdict, origin_of(judgement));
    if (settings->log.max_level >= MXCHECK_LOG_INFO)
        log_line(&settings->log, MXCHECK_LOG_INFO, id, "%s %s: %s, %s, %u us", mxcheck_role_name(judgement->role),
                 judgement->domain, mxcheck_verdict_name(judgement->verdict),
                 mxcheck_reason_name((int)judgement->reason), judgement->elapsed_us);
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
    if (result == NULL)
        return;
    /* The owner of the last reference need not count down. */
    if (__atomic_load_n(&result->references, __ATOMIC_ACQUIRE) != 1 &&
        __atomic_sub_fetch(&result->references, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    struct settings_stripe *stripe = result->stripe;
    facts_unref(result->facts, &stripe->settings->memory);
    memory_free(&stripe->settings->memory, result->addresses);
    memory_free(&stripe->settings->memory, result);
    settings_unshare(stripe);
}

mxcheck_verdict mxcheck_result_verdict(const mxcheck_result *result)
{
    return result == NULL ? (mxcheck_verdict)0 : result->judgement.verdict;
}

int mxcheck_result_reason(const mxcheck_result *result)
{
    return result == NULL ? 0 : (int)result->judgement.reason;
}

mxcheck_role mxcheck_result_role(const mxcheck_result *result)
{
    return result == NULL ? (mxcheck_role)0 : result->judgement.role;
}

const char *mxcheck_result_address(const mxcheck_result *result)
{
    return result == NULL ? "" : result->judgement.address;
}

size_t mxcheck_result_address_length(const mxcheck_result *result)
{
    return result == NULL ? 0 : result->judgement.address_length;
}

const char *mxcheck_result_domain(const mxcheck_result *result)
{
    return result == NULL ? "" : result->judgement.domain;
}

static const struct options *options_of(const mxcheck_result *result)
{
    return &result->stripe->settings->options;
}

/* Texts that cost more than the whole check of a cached domain are written when they are first needed. */
static const mxcheck_result *word(const mxcheck_result *read)
{
    mxcheck_result *result = (mxcheck_result *)(uintptr_t)read;
    if (__atomic_load_n(&result->is_worded, __ATOMIC_ACQUIRE))
        return result;
    lock_take(&result->lock, process_self(&result->stripe->settings->process));
    if (!result->is_worded) {
        reply_enhanced_code(options_of(result), &result->judgement, result->enhanced_code,
                            sizeof(result->enhanced_code));
        advice_write(options_of(result), &result->judgement, result->hint, sizeof(result->hint));
        __atomic_store_n(&result->is_worded, true, __ATOMIC_RELEASE);
    }
    lock_give(&result->lock);
    return result;
}

int mxcheck_result_smtp_code(const mxcheck_result *result)
{
    return result == NULL ? 0 : reply_code(options_of(result), &result->judgement);
}

const char *mxcheck_result_enhanced_code(const mxcheck_result *result)
{
    return result == NULL ? "" : word(result)->enhanced_code;
}

/* The text of a NULL result: empty, in a buffer of any size. */
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
    return reply_write(options_of(result), &result->judgement, id, buffer, size);
}

const char *mxcheck_result_hint(const mxcheck_result *result)
{
    return result == NULL ? "" : word(result)->hint;
}

size_t mxcheck_result_explain(const mxcheck_result *result, const char *id, char *buffer, size_t size)
{
    if (result == NULL)
        return write_nothing(buffer, size);
    return explain_write(options_of(result), &result->judgement, id, buffer, size);
}

size_t mxcheck_result_json(const mxcheck_result *result, const char *id, char *buffer, size_t size)
{
    if (result == NULL)
        return write_nothing(buffer, size);
    return explain_json(options_of(result), &result->judgement, id, buffer, size);
}

/* MX `index`, null MX not counted; NULL past the end. */
static const struct facts_mx *find_mx(const mxcheck_result *result, size_t index)
{
    const struct facts *facts = result == NULL ? NULL : result->judgement.facts;
    for (size_t i = 0; facts != NULL && i < facts->mx_count; i++) {
        const struct facts_mx *mx = &facts_mx(facts)[i];
        if (facts_text(facts, mx->host)[0] != '\0' && index-- == 0)
            return mx;
    }
    return NULL;
}

size_t mxcheck_result_mx_count(const mxcheck_result *result)
{
    const struct facts *facts = result == NULL ? NULL : result->judgement.facts;
    return facts == NULL ? 0 : facts->exchanges;
}

const char *mxcheck_result_mx_host(const mxcheck_result *result, size_t index)
{
    const struct facts_mx *mx = find_mx(result, index);
    return mx == NULL ? "" : facts_text(result->judgement.facts, mx->host);
}

uint32_t mxcheck_result_mx_preference(const mxcheck_result *result, size_t index)
{
    const struct facts_mx *mx = find_mx(result, index);
    return mx == NULL ? 0 : mx->preference;
}

/* The target that is MX `index`; NULL when that was not looked at. */
static const struct facts_target *find_target(const mxcheck_result *result, size_t index)
{
    const struct facts_mx *mx = find_mx(result, index);
    const struct facts *facts = mx == NULL ? NULL : result->judgement.facts;
    for (size_t i = 0; facts != NULL && i < facts->target_count; i++) {
        const struct facts_target *target = &facts_targets(facts)[i];
        if (strcmp(facts_text(facts, target->host), facts_text(facts, mx->host)) == 0)
            return target;
    }
    return NULL;
}

static size_t count_addresses(const struct facts *facts, const struct facts_target *target)
{
    return (size_t)facts_address_count(facts_target_answer(facts, target, FACTS_A)) +
           facts_address_count(facts_target_answer(facts, target, FACTS_AAAA));
}

size_t mxcheck_result_mx_address_count(const mxcheck_result *result, size_t index)
{
    const struct facts_target *target = find_target(result, index);
    return target == NULL ? 0 : count_addresses(result->judgement.facts, target);
}

/* Write the addresses of all targets, one after the other. */
static void write_addresses(const struct facts *facts, char (*text)[INET6_ADDRSTRLEN])
{
    for (size_t i = 0; i < facts->target_count; i++) {
        for (int j = FACTS_A; j <= FACTS_AAAA; j++) {
            enum facts_question question = (enum facts_question)j;
            const struct facts_answer *answer = facts_target_answer(facts, &facts_targets(facts)[i], question);
            for (unsigned k = 0; k < facts_address_count(answer); k++, text++)
                inet_ntop(question == FACTS_A ? AF_INET : AF_INET6, facts_address(facts, question, answer, k), *text,
                          sizeof(*text));
        }
    }
}

/* The texts are made when the first is asked for. NULL when memory ran out. */
static const char (*texts_of(const mxcheck_result *read))[INET6_ADDRSTRLEN]
{
    mxcheck_result *result = (mxcheck_result *)(uintptr_t)read;
    const struct facts *facts = result->judgement.facts;
    size_t count = 0;
    char(*texts)[INET6_ADDRSTRLEN] = __atomic_load_n(&result->addresses, __ATOMIC_ACQUIRE);
    if (texts != NULL)
        return (const char(*)[INET6_ADDRSTRLEN])texts;
    lock_take(&result->lock, process_self(&result->stripe->settings->process));
    texts = result->addresses;
    for (size_t i = 0; i < facts->target_count; i++)
        count += count_addresses(facts, &facts_targets(facts)[i]);
    if (texts == NULL)
        texts = memory_alloc(&result->stripe->settings->memory, count * sizeof(*texts));
    if (texts != NULL && result->addresses == NULL) {
        write_addresses(facts, texts);
        __atomic_store_n(&result->addresses, texts, __ATOMIC_RELEASE);
    }
    lock_give(&result->lock);
    return (const char(*)[INET6_ADDRSTRLEN])texts;
}

const char *mxcheck_result_mx_address(const mxcheck_result *result, size_t mx, size_t index)
{
    const struct facts_target *target = find_target(result, mx);
    if (target == NULL || index >= count_addresses(result->judgement.facts, target))
        return "";
    for (const struct facts_target *before = facts_targets(result->judgement.facts); before < target; before++)
        index += count_addresses(result->judgement.facts, before);
    const char(*texts)[INET6_ADDRSTRLEN] = texts_of(result);
    return texts == NULL ? "" : texts[index];
}

size_t mxcheck_result_note_count(const mxcheck_result *result)
{
    return result == NULL ? 0 : notes_count(result->judgement.notes);
}

const char *mxcheck_result_note(const mxcheck_result *result, size_t index)
{
    return index < mxcheck_result_note_count(result) ? notes_word(result->judgement.notes, index) : "";
}

uint32_t mxcheck_result_ttl(const mxcheck_result *result)
{
    if (result == NULL)
        return 0;
    uint64_t now_us = clock_now_us();
    uint64_t until_us = result->judgement.until_us;
    return now_us >= until_us ? 0 : (uint32_t)((until_us - now_us + 500000) / 1000000);
}

int mxcheck_result_is_cached(const mxcheck_result *result)
{
    return result != NULL && result->judgement.is_cached;
}

int mxcheck_result_is_stale(const mxcheck_result *result)
{
    return result != NULL && result->judgement.is_stale;
}

int mxcheck_result_dnssec(const mxcheck_result *result)
{
    return result == NULL ? MXCHECK_DNSSEC_UNKNOWN : (int)result->judgement.dnssec;
}

uint32_t mxcheck_result_elapsed_us(const mxcheck_result *result)
{
    return result == NULL ? 0 : result->judgement.elapsed_us;
}
