/* SPDX-License-Identifier: BSD-2-Clause */
/* process.h: tells a process from its ancestors. The process id would not do: getpid costs a system call, and in a PID
 * namespace of its own a child may have the id of its parent. */
#ifndef MXCHECK_BASE_PROCESS_H
#define MXCHECK_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process {
    uint32_t *mark; /* atomic, on a page that the kernel wipes in a child; NULL: use the process id */
    uint32_t given; /* atomic: the last mark, here or in a parent */
};

/* Takes a page of memory from the system. If the system refuses the page or the wiping, the process id is used. */
void process_init(struct process *process);
void process_init_by_number(struct process *process);
void process_clear(struct process *process);

uint32_t process_new_mark(struct process *process);

/* A number, not 0 and below PROCESS_MAX, that no ancestor of this process has. Any thread. */
#define PROCESS_MAX (UINT32_C(1) << 31)
static inline uint32_t process_self(struct process *process)
{
    uint32_t mark = process->mark == NULL ? 0 : __atomic_load_n(process->mark, __ATOMIC_ACQUIRE);
    return mark != 0 ? mark : process_new_mark(process);
}

/* The owner of an object: process_self of its process; PROCESS_MAX is set as well while a process takes ownership. */
struct ownership {
    uint32_t owner; /* atomic */
};

bool ownership_claim(struct ownership *ownership, uint32_t self);

/* False when this process is the owner. True for the first thread of a child, which must take ownership and then call
 * ownership_settle; all other threads wait for that. */
static inline bool ownership_enter(struct ownership *ownership, uint32_t self)
{
    return __atomic_load_n(&ownership->owner, __ATOMIC_ACQUIRE) != self && ownership_claim(ownership, self);
}

static inline void ownership_settle(struct ownership *ownership, uint32_t self)
{
    __atomic_store_n(&ownership->owner, self, __ATOMIC_RELEASE);
}

#endif
