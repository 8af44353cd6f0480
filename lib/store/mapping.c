/* SPDX-License-Identifier: BSD-2-Clause */
/* mapping.c: maps anonymous memory, or a file that begins with a head: what it is, and of which start of the machine.
 *
 * A file is never changed in its size, and another one is never written into a file that somebody may have mapped: a
 * new one is made beside it, and renamed. A lock on the file at the path keeps two processes from doing that at the
 * same time; the kernel gives it back for those who end. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, flock */
#include "store/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x3163616378636d01) /* of this byte order */
#define BOOT_SIZE 24
#define BOOT_PATH "/proc/sys/kernel/random/boot_id"
#define TRIES_MAX 500 /* for the lock on the file, with a pause between them */

struct head {
    uint64_t magic;
    uint64_t layout;
    uint64_t size;
    unsigned char boot[BOOT_SIZE]; /* of the clock by which the content is timed */
    struct siphash_key key;
};

_Static_assert(sizeof(struct head) <= MAPPING_HEAD_SIZE, "the head has room");

static int map(int fd, size_t size, struct mapping *mapping)
{
    int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    void *octets = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (octets == MAP_FAILED)
        return errno;
    mapping->octets = octets;
    mapping->size = size;
    return 0;
}

int mapping_new(size_t size, struct mapping *mapping)
{
    siphash_key_init(&mapping->key);
    return map(-1, size, mapping);
}

void mapping_close(struct mapping *mapping)
{
    munmap(mapping->octets, mapping->size);
    mapping->octets = NULL;
}

/* What is being opened. */
struct opening {
    const char *path;
    struct head wanted; /* its key is a new one */
    const char *why;
};

static int fail(struct opening *opening, int error, const char *why)
{
    opening->why = why;
    return error;
}

/* The first octets of the text by which Linux names this start of the machine. */
static int read_boot(struct opening *opening)
{
    int fd = open(BOOT_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, opening->wanted.boot, BOOT_SIZE);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (size == BOOT_SIZE)
        return 0;
    return fail(opening, size < 0 ? error : EIO, "the start of the machine cannot be told from " BOOT_PATH);
}

/* Is this a file that nobody else can write? */
static int judge_file(struct opening *opening, const struct stat *file)
{
    if (!S_ISREG(file->st_mode))
        return fail(opening, EINVAL, "it is not a plain file");
    if (file->st_uid != geteuid())
        return fail(opening, EPERM, "it belongs to another user");
    if ((file->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(opening, EPERM, "its mode lets others in: 0600 is needed");
    return 0;
}

static int lock_file(struct opening *opening, int fd)
{
    static const struct timespec pause = {.tv_sec = 0, .tv_nsec = 10000000};
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || tries == TRIES_MAX)
            return fail(opening, errno, "it cannot be locked");
        nanosleep(&pause, NULL);
    }
    return 0;
}

static const char *why_not_opened(int error)
{
    return error == ELOOP    ? "it is a symbolic link"
           : error == ENOENT ? "its directory does not exist"
                             : "it cannot be opened";
}

/* Open the file at the path, empty if there is none, and lock it. Another process may rename a new one to its place
 * before it is locked: *is_there tells whether it is still that at the path. */
static int open_locked(struct opening *opening, int *fd, bool *is_there)
{
    struct stat file;
    struct stat there;
    *fd = open(opening->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);
    if (*fd < 0)
        return fail(opening, errno, why_not_opened(errno));
    if (fstat(*fd, &file) != 0)
        return fail(opening, errno, "it cannot be looked at");
    int error = judge_file(opening, &file);
    if (error == 0)
        error = lock_file(opening, *fd);
    *is_there =
        error == 0 && lstat(opening->path, &there) == 0 && there.st_dev == file.st_dev && there.st_ino == file.st_ino;
    return error;
}

/* Is the locked file what is wanted? Its key comes with it. */
static bool has_wanted(struct opening *opening, int fd)
{
    struct head head;
    struct stat file;
    if (fstat(fd, &file) != 0 || (uint64_t)file.st_size != opening->wanted.size ||
        pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    struct siphash_key key = head.key;
    head.key = opening->wanted.key;
    if (memcmp(&head, &opening->wanted, sizeof(head)) != 0)
        return false;
    opening->wanted.key = key;
    return true;
}

/* All its blocks are taken now: a full disk would end the process when they are written. */
static int fill(struct opening *opening, int fd)
{
    int error;
    do
        error = posix_fallocate(fd, 0, (off_t)opening->wanted.size);
    while (error == EINTR);
    if (error != 0)
        return fail(opening, error, "there is no room for it");
    if (pwrite(fd, &opening->wanted, sizeof(opening->wanted), 0) != (ssize_t)sizeof(opening->wanted))
        return fail(opening, errno, "it cannot be written");
    return 0;
}

/* A lock lives as long as the open file description, which mappings and forked children keep: give it back. */
static void close_unlocked(int fd)
{
    flock(fd, LOCK_UN);
    close(fd);
}

/* Make a new file beside, and let it take the place. What one who was killed left beside goes. */
static int begin_anew(struct opening *opening, int *fd)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof(beside), "%s.new", opening->path);
    if (length < 0 || (size_t)length >= sizeof(beside))
        return fail(opening, ENAMETOOLONG, "too long a name");
    unlink(beside);
    int made = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made < 0)
        return fail(opening, errno, "no new one can be made beside it");
    int error = fill(opening, made);
    if (error == 0 && rename(beside, opening->path) != 0)
        error = fail(opening, errno, "the new one cannot take its place");
    if (error != 0)
        unlink(beside);
    close_unlocked(*fd);
    *fd = made;
    return error;
}

static int open_file(struct opening *opening, int *fd)
{
    bool is_there = false;
    int error = 0;
    for (int tries = 0; !is_there; tries++) {
        if (*fd >= 0)
            close_unlocked(*fd);
        if (tries == TRIES_MAX)
            return fail(opening, EAGAIN, "others replace it all the time");
        error = open_locked(opening, fd, &is_there);
        if (error != 0)
            return error;
    }
    return has_wanted(opening, *fd) ? 0 : begin_anew(opening, fd);
}

int mapping_open(const char *path, size_t size, uint64_t layout, struct mapping *mapping, const char **why)
{
    struct opening opening = {.path = path, .wanted = {.magic = MAGIC, .layout = layout, .size = size}};
    int fd = -1;
    siphash_key_init(&opening.wanted.key);
    int error = read_boot(&opening);
    if (error == 0)
        error = open_file(&opening, &fd);
    if (error == 0) {
        error = map(fd, size, mapping);
        mapping->key = opening.wanted.key;
        if (error != 0)
            opening.why = "it cannot be mapped";
    }
    if (fd >= 0)
        close_unlocked(fd);
    *why = opening.why;
    return error;
}
