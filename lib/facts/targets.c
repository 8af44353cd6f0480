/* SPDX-License-Identifier: BSD-2-Clause */
/* targets.c: asks for A and AAAA of MX hosts, by preference. */
#include "facts/targets.h"

#include "base/clock.h"
#include "base/memory.h"
#include "facts/inquiry.h"
#include "mail/domain.h"

#include <string.h>
#include <sys/socket.h>

struct targets {
    struct resolver *resolver;
    struct draft *draft;
    struct targets_wants wants;
    uint64_t deadline_us;
    targets_cb callback;
    void *user;
    struct loop_timer timer; /* when the others are asked beside the first */
    size_t next;             /* the first that was not asked */
    size_t under_way;        /* questions */
    bool is_confirming;      /* that hosts have no address */
    struct inquiry inquiries[];
};

bool targets_are_usable(const struct networks *forbidden, const struct dns_answer *answer, enum dns_type type)
{
    int family = type == DNS_A ? AF_INET : AF_INET6;
    size_t count = answer->count < FACTS_ADDRESSES_MAX ? answer->count : FACTS_ADDRESSES_MAX;
    for (size_t i = 0; answer->outcome == DNS_RECORDS && i < count; i++) {
        if (!networks_hold(forbidden, family, answer->records[i].address))
            return true;
    }
    return false;
}

static void end(struct targets *targets, bool is_whole)
{
    targets->callback(targets->user, is_whole);
}

/* All hosts have been asked, and none is usable. */
static void end_without(struct targets *targets)
{
    targets->draft->none_usable = true;
    end(targets, true);
}

static void on_answer(struct inquiry *inquiry, const struct dns_answer *answer);

static int ask(struct targets *targets, struct draft_target *target, size_t index, enum dns_type type, unsigned flags)
{
    size_t which = type == DNS_A ? 0 : 1;
    struct inquiry *inquiry = &targets->inquiries[2 * index + which];
    const char *host = draft_text(targets->draft, target->host);
    inquiry->owner = targets;
    inquiry->done = on_answer;
    inquiry->draft = targets->draft;
    inquiry->answer = &target->answer[which];
    targets->under_way++;
    return inquiry_start(inquiry, targets->resolver, host, type, flags, targets->deadline_us);
}

static bool is_skipped(const struct targets_wants *wants, const char *host)
{
    return (wants->skips_special_use && domain_special_use(host, strlen(host)) != NULL) ||
           name_list_refuses(wants->refused, wants->required, host);
}

/* Ask for the next host that can be asked for; the second question confirms what the first says, should the host not
 * exist. Returns 1, 0 when there is none, -1 when memory ran out. */
static int ask_next(struct targets *targets)
{
    while (targets->next < targets->draft->target_count) {
        size_t index = targets->next++;
        struct draft_target *target = &targets->draft->targets[index];
        if (is_skipped(&targets->wants, draft_text(targets->draft, target->host)))
            continue;
        bool is_asked =
            ask(targets, target, index, DNS_A, 0) == 0 && ask(targets, target, index, DNS_AAAA, RESOLVER_CONFIRMS) == 0;
        return is_asked ? 1 : -1;
    }
    return 0;
}

/* Ask for all other hosts at the same time. False when memory ran out. */
static bool ask_others(struct targets *targets)
{
    int asked;
    loop_timer_clear(targets->resolver->loop, &targets->timer);
    while ((asked = ask_next(targets)) > 0)
        continue;
    return asked == 0;
}

/* After a failed lookup of a host it is unknown whether there is a usable one. */
static bool has_failure(const struct targets *targets)
{
    for (size_t i = 0; i < targets->next; i++) {
        const struct draft_target *target = &targets->draft->targets[i];
        if (facts_is_failure((enum facts_outcome)target->answer[0].outcome) ||
            facts_is_failure((enum facts_outcome)target->answer[1].outcome))
            return true;
    }
    return false;
}

/* Ask again for addresses whose absence rests on unconfirmed answers. False when memory ran out. */
static bool confirm(struct targets *targets)
{
    if (targets->is_confirming || has_failure(targets))
        return true;
    targets->is_confirming = true;
    for (size_t i = 0; i < targets->next; i++) {
        struct draft_target *target = &targets->draft->targets[i];
        bool does_not_exist =
            target->answer[0].outcome == FACTS_NXDOMAIN && target->answer[1].outcome == FACTS_NXDOMAIN;
        if (targets->inquiries[2 * i].is_unconfirmed && !does_not_exist &&
            ask(targets, target, i, DNS_A, RESOLVER_CONFIRMS) != 0)
            return false;
    }
    return true;
}

/* The first host has not answered in time. */
static void on_timer(void *user)
{
    struct targets *targets = user;
    if (!ask_others(targets))
        end(targets, false);
}

static void on_answer(struct inquiry *inquiry, const struct dns_answer *answer)
{
    struct targets *targets = inquiry->owner;
    targets->under_way--;
    if (answer == NULL || targets_are_usable(targets->wants.forbidden, answer, inquiry->type)) {
        end(targets, answer != NULL);
        return;
    }
    if (targets->under_way > 0)
        return;
    if (!ask_others(targets) || (targets->under_way == 0 && !confirm(targets)))
        end(targets, false);
    else if (targets->under_way == 0)
        end_without(targets);
}

int targets_start(struct resolver *resolver, struct draft *draft, const struct targets_wants *wants,
                  uint64_t deadline_us, targets_cb callback, void *user, struct targets **started)
{
    *started = NULL;
    draft_choose_targets(draft, wants->most);
    size_t inquiries = 2 * draft->target_count;
    struct targets *targets =
        draft->is_short ? NULL : memory_zalloc(draft->memory, 1, sizeof(*targets) + inquiries * sizeof(struct inquiry));
    if (targets == NULL)
        return -1;
    targets->resolver = resolver;
    targets->draft = draft;
    targets->wants = *wants;
    targets->deadline_us = deadline_us;
    targets->callback = callback;
    targets->user = user;
    targets->timer.fire = on_timer;
    targets->timer.user = targets;
    int asked = ask_next(targets);
    if (asked <= 0 ||
        loop_timer_set(resolver->loop, &targets->timer, clock_now_us() + targets->wants.patience_us) != 0) {
        targets_free(targets);
        return asked == 0 ? 0 : -1;
    }
    *started = targets;
    return 0;
}

void targets_free(struct targets *targets)
{
    if (targets == NULL)
        return;
    loop_timer_clear(targets->resolver->loop, &targets->timer);
    for (size_t i = 0; i < 2 * targets->draft->target_count; i++)
        inquiry_cancel(&targets->inquiries[i]);
    memory_free(targets->draft->memory, targets);
}
