/* SPDX-License-Identifier: BSD-2-Clause */
/* checker.c: what is cached is answered at once; what is not waits for its turn. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

/* Results of a job that wait for its client to take them. */
enum { AHEAD_MOST = 256 };

const char *const depth_names[DEPTHS] = {[DEPTH_RECORDS] = "records", [DEPTH_TARGETS] = "targets"};

static mxcheck_status open_contexts(struct checker *checker, mxcheck_config *config)
{
    mxcheck_status status = MXCHECK_OK;
    for (int i = 0; i < DEPTHS && status == MXCHECK_OK; i++) {
        status = mxcheck_config_set(config, "depth", depth_names[i]);
        if (status == MXCHECK_OK)
            status = mxcheck_ctx_new(config, &checker->contexts[i]);
        if (status == MXCHECK_OK && i == 0)
            status = mxcheck_config_set_cache(config, mxcheck_ctx_cache(checker->contexts[i]));
    }
    return status;
}

bool checker_begin(struct checker *checker, mxcheck_config *config, unsigned most, const char **what)
{
    bool is_deep = strcmp(mxcheck_config_get(config, "depth"), depth_names[DEPTH_TARGETS]) == 0;
    unsigned long most_pending = strtoul(mxcheck_config_get(config, "max-pending"), NULL, 10);
    *checker = (struct checker){.most = most, .usual_depth = is_deep ? DEPTH_TARGETS : DEPTH_RECORDS};
    if (checker->most > most_pending)
        checker->most = (unsigned)most_pending;
    mxcheck_status status = open_contexts(checker, config);
    if (status == MXCHECK_OK)
        return true;
    *what = mxcheck_config_error(config);
    if (**what == '\0')
        *what = mxcheck_status_text(status);
    checker_end(checker);
    return false;
}

void checker_end(struct checker *checker)
{
    for (int i = 0; i < DEPTHS; i++) {
        mxcheck_ctx_free(checker->contexts[i]);
        checker->contexts[i] = NULL;
    }
}

/* --- the ring ----------------------------------------------------------------------------------------------------- */

static enum ring ring_of(const struct job *job)
{
    return job->count == 1 ? RING_SINGLE : RING_LISTS;
}

/* All lists together leave a quarter of the checks to those who ask for one. */
static bool has_room(const struct checker *checker, enum ring ring)
{
    unsigned left = ring == RING_LISTS ? checker->most / 4 : 0;
    return checker->running + left < checker->most;
}

static void join_ring(struct job *job)
{
    struct job **ring = &job->checker->waiting[ring_of(job)];
    job->next = *ring == NULL ? job : *ring;
    job->previous = *ring == NULL ? job : (*ring)->previous;
    job->previous->next = job;
    job->next->previous = job;
    *ring = job->next;
}

static void leave_ring(struct job *job)
{
    struct job **ring = &job->checker->waiting[ring_of(job)];
    if (job->next == NULL)
        return;
    if (*ring == job)
        *ring = job->next == job ? NULL : job->next;
    job->previous->next = job->next;
    job->next->previous = job->previous;
    job->next = job->previous = NULL;
}

/* A job is in its ring while it has checks to start, few enough in progress, and few enough that nobody has taken. */
static void settle_in_ring(struct job *job)
{
    bool may_start = job->started < job->count && job->running < (job->checker->most + 3) / 4 &&
                     job->started - job->given < AHEAD_MOST;
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

/* Ask DNS. */
static mxcheck_status ask(struct check *check)
{
    struct job *job = check->job;
    mxcheck_status status = mxcheck_check_async(job->checker->contexts[job->depth], job->role, check->text,
                                                check->length, flags_of(check), 0, on_result, check, &check->id);
    if (status == MXCHECK_OK)
        count_running(job, 1);
    return status;
}

/* Returns whether there was room for it. */
static bool start(struct check *check)
{
    struct job *job = check->job;
    mxcheck_result *result;
    mxcheck_status status = mxcheck_check(job->checker->contexts[job->depth], job->role, check->text, check->length,
                                          flags_of(check) | MXCHECK_CHECK_CACHED, 0, &result);
    if (status == MXCHECK_ERR_NOT_CACHED) {
        if (!has_room(job->checker, ring_of(job)))
            return false;
        status = ask(check);
        if (status == MXCHECK_OK)
            return true;
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

/* The job whose turn it is, if there is room for a check of it: those of one check come first. NULL: none. */
static struct job *next_job(const struct checker *checker)
{
    for (enum ring ring = 0; ring < RINGS; ring++) {
        if (checker->waiting[ring] != NULL && has_room(checker, ring))
            return checker->waiting[ring];
    }
    return NULL;
}

bool checker_has_room(const struct checker *checker)
{
    return next_job(checker) != NULL;
}

void checker_dispatch(struct checker *checker)
{
    struct job *job;
    for (int i = 0; i < DEPTHS; i++)
        mxcheck_ctx_dispatch(checker->contexts[i]);
    while ((job = next_job(checker)) != NULL) {
        size_t finished = job->finished;
        checker->waiting[ring_of(job)] = job->next;
        start_next(job);
        if (job->finished != finished)
            job->on_change(job->user_data);
    }
}

/* --- another configuration ---------------------------------------------------------------------------------------- */

static void start_anew(struct check *check, mxcheck_ctx *old)
{
    struct job *job = check->job;
    if (check->id == 0 || mxcheck_cancel(old, check->id) != MXCHECK_OK)
        return;
    count_running(job, -1);
    mxcheck_status status = ask(check);
    if (status == MXCHECK_OK)
        return;
    finish(check, status, NULL);
    settle_in_ring(job);
    job->on_change(job->user_data);
}

bool checker_change(struct checker *checker, mxcheck_config *config, unsigned most, const char **what)
{
    struct checker old = *checker, new;
    if (mxcheck_config_get(config, "cache-file")[0] == '\0' &&
        mxcheck_config_set_cache(config, mxcheck_ctx_cache(old.contexts[0])) != MXCHECK_OK) {
        *what = "no memory";
        return false;
    }
    if (!checker_begin(&new, config, most, what))
        return false;
    memcpy(checker->contexts, new.contexts, sizeof(new.contexts));
    checker->usual_depth = new.usual_depth;
    checker->most = new.most;
    for (struct job *job = checker->jobs; job != NULL; job = job->later) {
        for (size_t i = 0; i < job->started; i++)
            start_anew(&job->checks[i], old.contexts[job->depth]);
    }
    checker_end(&old);
    return true;
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
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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

bool job_is_blank(const char *text, size_t length)
{
    trim(&text, &length);
    return length == 0;
}

struct job *job_of_lines(const char *text, size_t length, size_t most, size_t *count)
{
    *count = read_lines(NULL, text, length);
    if (*count == 0 || *count > most)
        return NULL;
    struct job *job = new_job(*count);
    if (job != NULL)
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
    job->later = checker->jobs;
    if (job->later != NULL)
        job->later->earlier = job;
    checker->jobs = job;
    settle_in_ring(job);
    while (job->next != NULL && start_next(job))
        continue;
}

/* The client has what was written of it. */
static void drop_taken(struct job *job)
{
    if (job->taken == NULL)
        return;
    mxcheck_result_unref(job->taken->result);
    job->taken->result = NULL;
}

const struct check *job_take(struct job *job, bool is_in_order)
{
    if (job->given == (is_in_order ? job->count : job->finished))
        return NULL;
    struct check *check = &job->checks[is_in_order ? job->given : job->order[job->given]];
    if (!check->has_finished)
        return NULL;
    drop_taken(job);
    job->taken = check;
    job->given++;
    settle_in_ring(job);
    return check;
}

static void leave(struct job *job)
{
    leave_ring(job);
    if (job->later != NULL)
        job->later->earlier = job->earlier;
    if (job->earlier != NULL)
        job->earlier->later = job->later;
    else
        job->checker->jobs = job->later;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    if (job->checker != NULL)
        leave(job);
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
