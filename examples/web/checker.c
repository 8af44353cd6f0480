/* SPDX-License-Identifier: BSD-2-Clause */
/* checker.c: what is cached is answered at once; what is not waits for its turn. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

const char *const depth_names[DEPTHS] = {[DEPTH_RECORDS] = "records", [DEPTH_TARGETS] = "targets"};

bool checker_begin(struct checker *checker, mxcheck_config *config, unsigned most, const char **what)
{
    bool is_deep = strcmp(mxcheck_config_get(config, "depth"), depth_names[DEPTH_TARGETS]) == 0;
    *checker = (struct checker){.most = most, .usual_depth = is_deep ? DEPTH_TARGETS : DEPTH_RECORDS};
    for (int i = 0; i < DEPTHS; i++) {
        mxcheck_status status = mxcheck_config_set(config, "depth", depth_names[i]);
        if (status == MXCHECK_OK)
            status = mxcheck_ctx_new(config, &checker->contexts[i]);
        if (status == MXCHECK_OK && i == 0)
            status = mxcheck_config_set_cache(config, mxcheck_ctx_cache(checker->contexts[i]));
        if (status != MXCHECK_OK) {
            *what = mxcheck_config_error(config);
            if (**what == '\0')
                *what = mxcheck_status_text(status);
            checker_end(checker);
            return false;
        }
    }
    return true;
}

void checker_end(struct checker *checker)
{
    for (int i = 0; i < DEPTHS; i++) {
        mxcheck_ctx_free(checker->contexts[i]);
        checker->contexts[i] = NULL;
    }
}

/* --- the ring ----------------------------------------------------------------------------------------------------- */

static void join_ring(struct job *job)
{
    struct checker *checker = job->checker;
    job->next = checker->waiting == NULL ? job : checker->waiting;
    job->previous = checker->waiting == NULL ? job : checker->waiting->previous;
    job->previous->next = job;
    job->next->previous = job;
    checker->waiting = job->next;
}

static void leave_ring(struct job *job)
{
    if (job->next == NULL)
        return;
    if (job->checker->waiting == job)
        job->checker->waiting = job->next == job ? NULL : job->next;
    job->previous->next = job->next;
    job->next->previous = job->previous;
    job->next = job->previous = NULL;
}

/* A job is in the ring while it has checks to start, and few enough in progress. */
static void settle_in_ring(struct job *job)
{
    bool may_start = job->started < job->count && job->running < (job->checker->most + 3) / 4;
    if (may_start && job->next == NULL)
        join_ring(job);
    else if (!may_start)
        leave_ring(job);
}

static void count_running(struct job *job, int change)
{
    job->running = (unsigned)((int)job->running + change);
    job->checker->running = (unsigned)((int)job->checker->running + change);
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

static void finish(struct check *check, mxcheck_status status, mxcheck_result *result)
{
    struct job *job = check->job;
    check->status = status;
    check->result = result;
    check->has_finished = true;
    check->id = 0;
    job->order[job->finished++] = (size_t)(check - job->checks);
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    struct check *check = user_data;
    struct job *job = check->job;
    (void)id;
    count_running(job, -1);
    finish(check, MXCHECK_OK, mxcheck_result_ref(result));
    settle_in_ring(job);
    job->on_change(job->user_data);
}

/* What has an at sign or an angle bracket is an address, and what has none is a domain. */
static uint32_t flags_of(const struct check *check)
{
    bool is_address = check->length == 0 || check->text[0] == '<' || memchr(check->text, '@', check->length) != NULL;
    return is_address ? 0 : MXCHECK_CHECK_DOMAIN;
}

/* Returns whether there was room for it. */
static bool start(struct check *check)
{
    struct job *job = check->job;
    struct checker *checker = job->checker;
    mxcheck_ctx *ctx = checker->contexts[job->depth];
    mxcheck_result *result;
    uint32_t flags = flags_of(check);
    mxcheck_status status =
        mxcheck_check(ctx, job->role, check->text, check->length, flags | MXCHECK_CHECK_CACHED, 0, &result);
    if (status == MXCHECK_ERR_NOT_CACHED) {
        if (checker->running >= checker->most)
            return false;
        status =
            mxcheck_check_async(ctx, job->role, check->text, check->length, flags, 0, on_result, check, &check->id);
        if (status == MXCHECK_OK) {
            count_running(job, 1);
            return true;
        }
    }
    finish(check, status, result);
    return true;
}

/* Start the next check of a job in the ring. Returns whether there was room. */
static bool start_next(struct job *job)
{
    if (!start(&job->checks[job->started]))
        return false;
    job->started++;
    settle_in_ring(job);
    return true;
}

bool checker_has_room(const struct checker *checker)
{
    return checker->waiting != NULL && checker->running < checker->most;
}

void checker_dispatch(struct checker *checker)
{
    for (int i = 0; i < DEPTHS; i++)
        mxcheck_ctx_dispatch(checker->contexts[i]);
    while (checker_has_room(checker)) {
        struct job *job = checker->waiting;
        size_t finished = job->finished;
        checker->waiting = job->next;
        start_next(job);
        if (job->finished != finished)
            job->on_change(job->user_data);
    }
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

static struct job *new_job(size_t count)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->checks = calloc(count, sizeof(*job->checks));
    job->order = calloc(count, sizeof(*job->order));
    if (job->checks != NULL && job->order != NULL)
        return job;
    job_free(job);
    return NULL;
}

static void add(struct job *job, const char *text, size_t length, size_t line)
{
    job->checks[job->count++] = (struct check){.job = job, .text = text, .length = length, .line = line};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut blanks off both ends. */
static void trim(const char **text, size_t *length)
{
    while (*length > 0 && is_blank(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        (*length)--;
}

/* Go through the lines, and put those that are not blank into the job, if there is one. Returns their number. */
static size_t read_lines(struct job *job, const char *text, size_t length)
{
    size_t count = 0, line = 0;
    const char *end = text + length;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *word = text;
        size_t size = (size_t)((stop == NULL ? end : stop) - text);
        line++;
        trim(&word, &size);
        if (size > 0 && job != NULL)
            add(job, word, size, line);
        if (size > 0)
            count++;
        text = stop == NULL ? end : stop + 1;
    }
    return count;
}

struct job *job_of_lines(const char *text, size_t length, size_t most, size_t *count)
{
    *count = read_lines(NULL, text, length);
    if (*count == 0 || *count > most)
        return NULL;
    struct job *job = new_job(*count);
    if (job == NULL)
        *count = 0;
    else
        read_lines(job, text, length);
    return job;
}

struct job *job_of_one(const char *text, size_t length)
{
    struct job *job = new_job(1);
    trim(&text, &length);
    if (job != NULL)
        add(job, text, length, 1);
    return job;
}

void job_start(struct job *job, struct checker *checker, void (*on_change)(void *user_data), void *user_data)
{
    job->checker = checker;
    job->on_change = on_change;
    job->user_data = user_data;
    settle_in_ring(job);
    while (job->next != NULL && start_next(job))
        continue;
}

const struct check *job_take(struct job *job, bool is_in_order)
{
    if (job->given == (is_in_order ? job->count : job->finished))
        return NULL;
    const struct check *check = &job->checks[is_in_order ? job->given : job->order[job->given]];
    if (!check->has_finished)
        return NULL;
    job->given++;
    return check;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    if (job->checker != NULL)
        leave_ring(job);
    for (size_t i = 0; i < job->count; i++) {
        struct check *check = &job->checks[i];
        if (check->id != 0 && mxcheck_cancel(job->checker->contexts[job->depth], check->id) == MXCHECK_OK)
            count_running(job, -1);
        mxcheck_result_unref(check->result);
    }
    free(job->checks);
    free(job->order);
    free(job);
}
