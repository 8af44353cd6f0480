/* SPDX-License-Identifier: BSD-2-Clause */
/* inside.c: a count for the whole process, as the locks are that it tells of; and the stack that getdns needs.
 */
#include "dns/getdns/inside.h"

#include "base/process.h"
#include "base/stack.h"

/* What making a context takes of the stack in getdns 1.6.0 and libunbound 1.17, 141 and 200 KiB, and some more, for
 * those of other releases and for a signal handler of the host. */
#define STACK_STUB (160 * 1024)
#define STACK_RECURSION (216 * 1024)

static unsigned threads; /* atomic: that are inside */
static bool is_left;     /* the parent forked while a thread was inside; it was left there with what it held */
static struct ownership ownership;
static struct process by_page, by_number;
static struct process *chosen; /* atomic: one of the two; NULL until the first use */

void inside_getdns_enter(void)
{
    __atomic_add_fetch(&threads, 1, __ATOMIC_ACQ_REL);
}

void inside_getdns_leave(void)
{
    __atomic_sub_fetch(&threads, 1, __ATOMIC_ACQ_REL);
}

/* Of threads that come at once one has its way. At no moment may a fork leave it half done. */
static struct process *choose(void)
{
    struct process *none = NULL, fresh;
    uint32_t *no_page = NULL;
    process_init(&fresh);
    if (fresh.mark != NULL &&
        !__atomic_compare_exchange_n(&by_page.mark, &no_page, fresh.mark, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        process_clear(&fresh);
    struct process *choice = __atomic_load_n(&by_page.mark, __ATOMIC_ACQUIRE) != NULL ? &by_page : &by_number;
    return __atomic_compare_exchange_n(&chosen, &none, choice, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ? choice
                                                                                                          : none;
}

bool inside_getdns_is_possible(void)
{
    struct process *process = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    uint32_t self = process_self(process != NULL ? process : choose());
    if (ownership_enter(&ownership, self)) {
        is_left = __atomic_exchange_n(&threads, 0, __ATOMIC_ACQ_REL) != 0;
        ownership_settle(&ownership, self);
    }
    return !is_left;
}

bool inside_getdns_has_stack(bool is_recursion)
{
    return stack_left() >= (is_recursion ? STACK_RECURSION : STACK_STUB);
}
