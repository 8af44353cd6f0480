/* SPDX-License-Identifier: BSD-2-Clause */
/* joint_lookup.c: a list of the lookups in progress and the threads that wait for them, under the lock of the pool. */
#include "engine/joint_lookup.h"

#include "base/clock.h"

#include <string.h>
#include <time.h>

/* After a lookup that timed out, a thread with at least so much time left does its own. */
#define ANOTHER_TRY_US 100000

/* How long a thread waits beyond its own deadline. The lookup has a deadline that is not later, so its facts are on the
 * way by then. */
#define GRACE_US 1000000

static struct joint_lookup *find(const struct pool *pool, const char *domain)
{
    struct joint_lookup *lookup = pool->lookups;
    while (lookup != NULL && strcmp(lookup->domain, domain) != 0)
        lookup = lookup->next;
    return lookup;
}

static void insert(struct joint_lookup *lookup)
{
    struct joint_lookup **first = &lookup->pool->lookups;
    lookup->next = *first;
    lookup->link = first;
    if (lookup->next != NULL)
        lookup->next->link = &lookup->next;
    *first = lookup;
}

/* The clock of pthread_cond_timedwait, which does not go on while the machine sleeps. */
static struct timespec absolute(uint64_t deadline_us)
{
    struct timespec time;
    uint64_t now_us = clock_now_us();
    uint64_t left_us = deadline_us > now_us ? deadline_us - now_us : 0;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t ns = (uint64_t)time.tv_nsec + left_us % 1000000 * 1000;
    time.tv_sec += (time_t)(left_us / 1000000 + ns / 1000000000);
    time.tv_nsec = (long)(ns % 1000000000);
    return time;
}

static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool is_good =
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return is_good;
}

static void unlink_follower(struct joint_lookup *lookup, const struct joint_follower *follower)
{
    struct joint_follower **link = &lookup->followers;
    while (*link != follower)
        link = &(*link)->next;
    *link = follower->next;
}

/* With the lock held. Returns the facts, or NULL when there are none. */
static struct facts *follow(struct joint_lookup *lookup, uint64_t deadline_us)
{
    pthread_mutex_t *lock = &lookup->pool->lock;
    struct joint_follower self = {.is_ended = false};
    uint64_t until_us = deadline_us + GRACE_US;
    if (!init_condition(&self.ended))
        return NULL;
    self.next = lookup->followers;
    /* cppcheck-suppress autoVariables ; it is taken out of the list before this returns */
    lookup->followers = &self;
    while (!self.is_ended && clock_now_us() < until_us && !settings_is_stopped(lookup->pool->settings)) {
        struct timespec until = absolute(settings_wait_until(until_us));
        pthread_cond_timedwait(&self.ended, lock, &until);
    }
    if (!self.is_ended)
        unlink_follower(lookup, &self);
    pthread_cond_destroy(&self.ended);
    return self.facts;
}

/* Do the facts say nothing about DNS? */
static bool is_void(const struct facts *facts)
{
    return facts == NULL || facts->is_local;
}

/* Did DNS not answer, and is there time to ask again? */
static bool is_worth_another_try(const struct facts *facts, uint64_t deadline_us)
{
    return facts_failure(facts) != FACTS_NOT_ASKED && facts_has_timeout(facts) &&
           clock_now_us() + ANOTHER_TRY_US <= deadline_us;
}

/* With the lock held. Returns the facts of another thread's lookup, or NULL when this thread must do its own. */
static struct facts *follow_others(const struct pool *pool, const char *domain, uint64_t deadline_us)
{
    struct joint_lookup *other;
    while ((other = find(pool, domain)) != NULL && other->deadline_us <= deadline_us) {
        struct facts *facts = follow(other, deadline_us);
        if (!is_void(facts) && !is_worth_another_try(facts, deadline_us))
            return facts;
        bool is_given_up = is_void(facts);
        facts_unref(facts, &pool->settings->memory);
        if (is_given_up)
            return NULL;
    }
    return NULL;
}

bool joint_lookup_begin(struct joint_lookup *lookup, struct pool *pool, const char *domain, uint64_t deadline_us,
                        struct facts **facts)
{
    *lookup = (struct joint_lookup){.pool = pool, .domain = domain, .deadline_us = deadline_us};
    pthread_mutex_lock(&pool->lock);
    *facts = follow_others(pool, domain, deadline_us);
    if (*facts == NULL)
        insert(lookup);
    pthread_mutex_unlock(&pool->lock);
    return *facts == NULL;
}

void joint_lookup_end(struct joint_lookup *lookup, const struct facts *facts)
{
    pthread_mutex_lock(&lookup->pool->lock);
    *lookup->link = lookup->next;
    if (lookup->next != NULL)
        lookup->next->link = lookup->link;
    for (struct joint_follower *follower = lookup->followers, *next; follower != NULL; follower = next) {
        next = follower->next;
        follower->facts = facts_ref(facts);
        follower->is_ended = true;
        pthread_cond_signal(&follower->ended);
    }
    pthread_mutex_unlock(&lookup->pool->lock);
}
