/* SPDX-License-Identifier: BSD-2-Clause */
/* process.c: a mark on a page that the kernel wipes in a child. */
#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS */
#include "base/process.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

/* Some emulators accept any advice. If an invalid advice is accepted, the answer means nothing. */
#define NO_ADVICE (-1)

void process_init_by_number(struct process *process)
{
    *process = (struct process){.mark = NULL, .given = 0};
}

#ifdef MADV_WIPEONFORK
static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void process_init(struct process *process)
{
    size_t size = page_size();
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    process_init_by_number(process);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, size, NO_ADVICE) == 0 || madvise(page, size, MADV_WIPEONFORK) != 0)
        munmap(page, size);
    else
        process->mark = page;
}

void process_clear(struct process *process)
{
    if (process->mark != NULL)
        munmap(process->mark, page_size());
    process->mark = NULL;
}
#else
void process_init(struct process *process)
{
    process_init_by_number(process);
}

void process_clear(struct process *process)
{
    (void)process;
}
#endif

/* Of several threads one sets the mark. The number is counted before it is used, so that no child can use it again. */
uint32_t process_new_mark(struct process *process)
{
    if (process->mark == NULL)
        return (uint32_t)getpid();
    uint32_t none = 0;
    uint32_t mark = __atomic_add_fetch(&process->given, 1, __ATOMIC_ACQ_REL);
    if (__atomic_compare_exchange_n(process->mark, &none, mark, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return mark;
    return none;
}

/* The parent may have forked in the middle of taking ownership: begin again here. */
bool ownership_claim(struct ownership *ownership, uint32_t self)
{
    uint32_t owner = __atomic_load_n(&ownership->owner, __ATOMIC_ACQUIRE);
    while (owner != self) {
        if (owner == (self | PROCESS_MAX))
            sched_yield();
        else if (__atomic_compare_exchange_n(&ownership->owner, &owner, self | PROCESS_MAX, false, __ATOMIC_ACQUIRE,
                                             __ATOMIC_RELAXED))
            return true;
        owner = __atomic_load_n(&ownership->owner, __ATOMIC_ACQUIRE);
    }
    return false;
}
