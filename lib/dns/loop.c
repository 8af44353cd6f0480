/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.c: an epoll set, and a table of those who watch a descriptor in it. */
#include "dns/loop.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* How many descriptors one turn serves; the rest stay ready for the next. */
#define BATCH 64
#define NEVER UINT64_MAX

/* Reported once, until it is asked for again. */
#define READ_ONCE ((uint32_t)EPOLLIN | (uint32_t)EPOLLONESHOT)

/* A place in the table of watches. An event names the place and the serial number of its watch, so that one of a watch
 * that has been cleared is told from those of its successor. */
struct place {
    struct loop_watch *watch; /* NULL: free */
    uint32_t serial;
    uint32_t next_free; /* plus 1 */
};

struct loop {
    const struct memory *memory;
    int epoll_fd;
    bool is_lost;
    struct timers timers;
    struct place *places;
    uint32_t place_count;
    uint32_t free_place;            /* plus 1; 0: none */
    struct epoll_event held[BATCH]; /* what the kernel reports only once, for the next turn */
    int held_count;
    bool has_served;         /* the last turn has: what is ready yet makes no edge by itself */
    struct loop_watch clock; /* a timerfd in the set, for those who watch the set from outside */
    bool has_edge;           /* the clock was set after that turn */
    uint64_t armed_us;       /* when it fires; NEVER: it does not */
};

/* There is room for the first watches, that of the clock among them, from the start. */
static int grow_places(struct loop *loop)
{
    uint32_t room = loop->place_count == 0 ? 16 : loop->place_count * 2;
    struct place *places = memory_realloc(loop->memory, loop->places, room * sizeof(struct place));
    if (places == NULL)
        return -1;
    for (uint32_t i = loop->place_count; i < room; i++) {
        places[i] = (struct place){NULL, 0, loop->free_place};
        loop->free_place = i + 1;
    }
    loop->places = places;
    loop->place_count = room;
    return 0;
}

struct loop *loop_new(const struct memory *memory, mxcheck_status *status)
{
    struct loop *loop = memory_zalloc(memory, 1, sizeof(*loop));
    if (loop == NULL) {
        *status = MXCHECK_ERR_NOMEM;
        return NULL;
    }
    loop->memory = memory;
    timers_init(&loop->timers, memory);
    loop->armed_us = NEVER;
    loop->clock.fd = -1;
    if (grow_places(loop) != 0) {
        memory_free(memory, loop);
        *status = MXCHECK_ERR_NOMEM;
        return NULL;
    }
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        memory_free(memory, loop->places);
        memory_free(memory, loop);
        *status = MXCHECK_ERR_SYSTEM;
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->clock.fd >= 0)
        close(loop->clock.fd);
    close(loop->epoll_fd);
    memory_free(loop->memory, loop->places);
    timers_free(&loop->timers);
    memory_free(loop->memory, loop);
}

bool loop_is_lost(const struct loop *loop)
{
    return loop->is_lost;
}

/* EBADF, or EINVAL where the number has become another's. */
static int wait_for(struct loop *loop, struct epoll_event *events, int most, int timeout_ms)
{
    int count = epoll_wait(loop->epoll_fd, events, most, timeout_ms);
    loop->is_lost |= count < 0 && errno != EINTR;
    return count;
}

static void leave_place(struct loop *loop, const struct loop_watch *watch)
{
    struct place *place = &loop->places[watch->place];
    place->watch = NULL;
    place->next_free = loop->free_place;
    loop->free_place = (uint32_t)watch->place + 1;
}

static int take_place(struct loop *loop, struct loop_watch *watch)
{
    if (loop->free_place == 0 && grow_places(loop) != 0)
        return -1;
    watch->place = loop->free_place - 1;
    struct place *place = &loop->places[watch->place];
    loop->free_place = place->next_free;
    place->watch = watch;
    place->serial++;
    return 0;
}

static uint64_t event_of(const struct loop *loop, const struct loop_watch *watch)
{
    return (uint64_t)loop->places[watch->place].serial << 32 | watch->place;
}

/* Whose event is it? NULL: of a watch that has been cleared. */
static struct loop_watch *watch_of(const struct loop *loop, uint64_t event)
{
    const struct place *place = &loop->places[event & UINT32_MAX];
    return place->serial == event >> 32 ? place->watch : NULL;
}

static int ask_kernel(const struct loop *loop, const struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.u64 = event_of(loop, watch)}};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
        return 0;
    return errno == EEXIST ? epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) : -1;
}

static int set_watch(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events)
{
    if (!watch->is_set && take_place(loop, watch) != 0)
        return -1;
    watch->fd = fd;
    watch->is_set = true;
    watch->wants_write = (events & EPOLLOUT) != 0;
    watch->is_for_once = (events & EPOLLONESHOT) != 0;
    if (ask_kernel(loop, watch, events) == 0)
        return 0;
    watch->is_set = false;
    leave_place(loop, watch);
    return -1;
}

int loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd, bool wants_read, bool wants_write)
{
    return set_watch(loop, watch, fd, (wants_read ? (uint32_t)EPOLLIN : 0U) | (wants_write ? (uint32_t)EPOLLOUT : 0U));
}

/* The kernel keeps a descriptor of which a child of fork has a copy, and reports it once more at most. */
int loop_watch_set_until_closed(struct loop *loop, struct loop_watch *watch, int fd)
{
    return set_watch(loop, watch, fd, READ_ONCE);
}

void loop_watch_clear(struct loop *loop, struct loop_watch *watch)
{
    if (!watch->is_set)
        return;
    watch->is_set = false;
    leave_place(loop, watch);
    if (!watch->is_for_once)
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

bool loop_is_there(struct loop *loop)
{
    struct epoll_event event;
    if (loop->held_count == BATCH || wait_for(loop, &event, 1, 0) != 1)
        return !loop->is_lost;
    const struct loop_watch *watch = watch_of(loop, event.data.u64);
    if (watch != NULL && watch->is_for_once)
        loop->held[loop->held_count++] = event;
    return true;
}

/* The timerfd has fired: what is due is done by timers_fire, and loop_arm sets it anew. */
static void on_clock(void *user, bool readable, bool writable)
{
    struct loop *loop = user;
    uint64_t count;
    (void)writable;
    if (readable && read(loop->clock.fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        loop->armed_us = NEVER;
}

int loop_fd(struct loop *loop)
{
    if (loop->clock.fd >= 0)
        return loop->epoll_fd;
    int fd = timerfd_create(CLOCK_OF_NOW, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -1;
    loop->clock.ready = on_clock;
    loop->clock.user = loop;
    if (loop_watch_set(loop, &loop->clock, fd, true, false) != 0) {
        close(fd);
        return -1;
    }
    loop_arm(loop);
    return loop->epoll_fd;
}

/* When the next timer is due; NEVER when there is none. */
static uint64_t next_due_us(const struct loop *loop)
{
    return loop->held_count > 0 ? 0 : timers_next_us(&loop->timers);
}

bool loop_has_more(const struct loop *loop)
{
    return loop->has_served || next_due_us(loop) == 0;
}

void loop_arm(struct loop *loop)
{
    uint64_t due_us = loop->has_served ? 0 : next_due_us(loop);
    struct itimerspec when = {.it_value = {.tv_sec = 0, .tv_nsec = 0}};
    if (loop->clock.fd < 0 || (due_us == loop->armed_us && (!loop->has_served || loop->has_edge)))
        return;
    loop->has_edge = true;
    if (due_us != NEVER) {
        when.it_value.tv_sec = (time_t)(due_us / 1000000);
        when.it_value.tv_nsec = (long)(due_us % 1000000) * 1000 + (due_us == 0 ? 1 : 0); /* 0 would disarm */
    }
    timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME, &when, NULL);
    loop->armed_us = due_us;
}

int loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t due_us)
{
    return timers_set(&loop->timers, timer, due_us);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    timers_clear(&loop->timers, timer);
}

/* Milliseconds to wait, rounded up so that no turn ends just before something is due. */
static int wait_ms(const struct loop *loop, uint64_t until_us)
{
    uint64_t next_us = next_due_us(loop);
    uint64_t due = next_us < until_us ? next_us : until_us;
    if (due == 0)
        return 0;
    uint64_t now = clock_now_us();
    if (due <= now)
        return 0;
    uint64_t ms = (due - now + 999) / 1000;
    return ms > 60000 ? 60000 : (int)ms;
}

/* The callback may set or clear any watch. */
static void serve(struct loop *loop, const struct epoll_event *event)
{
    struct loop_watch *watch = watch_of(loop, event->data.u64);
    bool is_broken = (event->events & (EPOLLERR | EPOLLHUP)) != 0;
    if (watch == NULL)
        return;
    watch->ready(watch->user, (event->events & EPOLLIN) != 0 || is_broken,
                 watch->wants_write && ((event->events & EPOLLOUT) != 0 || is_broken));
    watch = watch_of(loop, event->data.u64);
    if (watch != NULL && watch->is_for_once)
        ask_kernel(loop, watch, READ_ONCE);
}

void loop_turn(struct loop *loop, uint64_t until_us)
{
    struct epoll_event ready[2 * BATCH];
    int held = loop->held_count;
    int got = wait_for(loop, ready + held, BATCH, wait_ms(loop, until_us));
    int count = held + (got > 0 ? got : 0);
    memcpy(ready, loop->held, (size_t)held * sizeof(ready[0]));
    loop->held_count = 0;
    loop->has_edge = false;
    loop->has_served = count > 1 || (count == 1 && watch_of(loop, ready[0].data.u64) != &loop->clock);
    for (int i = 0; i < count; i++)
        serve(loop, &ready[i]);
    timers_fire(&loop->timers);
}
