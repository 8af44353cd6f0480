/* SPDX-License-Identifier: BSD-2-Clause */
/* process.h: tells a process from those that it was forked from. The process number does not: it costs a system call,
 * and in a PID namespace of its own a child may have its parent's. */
#ifndef MXCHECK_BASE_PROCESS_H
#define MXCHECK_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process {
    uint32_t *mark; /* atomic, on a page that the kernel wipes in a child; NULL: the process number has to do */
    uint32_t given; /* atomic: the last mark that was given, here or in a parent */
};

/* Takes a page of memory from the system; where that or the wiping is refused, the process number has to do. */
void process_init(struct process *process);
void process_init_by_number(struct process *process);
void process_clear(struct process *process);

uint32_t process_new_mark(struct process *process);

/* A number, never 0 and below PROCESS_MAX, that no process has which this one descends from. Any thread. */
#define PROCESS_MAX (UINT32_C(1) << 31)
static inline uint32_t process_self(struct process *process)
{
    uint32_t mark = process->mark == NULL ? 0 : __atomic_load_n(process->mark, __ATOMIC_ACQUIRE);
    return mark != 0 ? mark : process_new_mark(process);
}

/* Whose something is: process_self of its process, and PROCESS_MAX with it while that makes it its own. */
struct ownership {
    uint32_t owner; /* atomic */
};

bool ownership_claim(struct ownership *ownership, uint32_t self);

/* False where it is of this process. True to the first thread of a child, who has to make it its own and then calls
 * ownership_settle; all others wait for that. */
static inline bool ownership_enter(struct ownership *ownership, uint32_t self)
{
    return __atomic_load_n(&ownership->owner, __ATOMIC_ACQUIRE) != self && ownership_claim(ownership, self);
}

static inline void ownership_settle(struct ownership *ownership, uint32_t self)
{
    __atomic_store_n(&ownership->owner, self, __ATOMIC_RELEASE);
}

#endif
