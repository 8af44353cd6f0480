/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck-exim.c: functions that Exim's ACLs call by ${dlfunc}, which yield libmxcheck's reply.
 *
 *     ${dlfunc{/usr/libexec/mxcheck/mxcheck-exim.so}{mxcheck_sender}{$sender_address}}
 *     ${dlfunc{/usr/libexec/mxcheck/mxcheck-exim.so}{mxcheck_rcpt}{${quote_local_part:$local_part}@$domain}}
 *
 * yield a reply such as "550 5.1.1 ID invalid destination domain". Two more arguments may follow: the file with the
 * options, if it is not /etc/mxcheck.conf, and an id of the transaction. The context is made once in each process, by
 * the first check.
 *
 *     ${dlfunc{/usr/libexec/mxcheck/mxcheck-exim.so}{mxcheck_prepare}}
 *
 * makes it in the daemon, for the processes that it forks, and anew when the file is another one; it yields nothing.
 * README.md has the lines of Exim's configuration. */
#define _DEFAULT_SOURCE /* getrandom, strdup, st_ctim */
#define DLFUNC_IMPL
#include <exim4/local_scan.h>
#include <mxcheck/mxcheck.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_PATH "/etc/mxcheck.conf"

enum { ARGUMENT_ADDRESS, ARGUMENT_CONFIG, ARGUMENT_ID, REPLY_SIZE = 512, ID_LENGTH = 10 };

/* What Exim looks up by name. */
extern __attribute__((visibility("default"))) exim_dlfunc_t mxcheck_prepare, mxcheck_sender, mxcheck_rcpt;

/* Which content of a file was read: a file that was written or replaced since has another one. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

/* What this process checks with. A child that Exim forks has a copy. */
static struct {
    char *path; /* of the file that was read last, well or not; NULL: none yet */
    struct stamp stamp;
    pid_t reader;     /* the process that read it */
    mxcheck_ctx *ctx; /* NULL: none could be made */
} current;

/* Without an argument where Exim's configuration has none, or has an empty one. */
static const char *argument(int count, uschar **arguments, int index, const char *otherwise)
{
    return index < count && arguments[index][0] != '\0' ? (const char *)arguments[index] : otherwise;
}

/* --- the context -------------------------------------------------------------------------------------------------- */

/* Comes from within a check. */
static void on_log(int level, const char *line, mxcheck_id id, void *user_data)
{
    (void)level;
    (void)id;
    (void)user_data;
    log_write(0, LOG_MAIN, "mxcheck: %s", line);
}

/* Gives NULL and logs why when the file cannot be used. */
static mxcheck_ctx *make_context(const char *path)
{
    mxcheck_config *config;
    mxcheck_ctx *ctx = NULL;
    mxcheck_status status = mxcheck_config_new(&config);
    if (status == MXCHECK_OK)
        status = mxcheck_config_load(config, path);
    if (status == MXCHECK_OK)
        status = mxcheck_config_set_log(config, MXCHECK_LOG_WARNING, on_log, NULL);
    if (status == MXCHECK_OK)
        status = mxcheck_ctx_new(config, &ctx);
    if (status != MXCHECK_OK) {
        const char *why = mxcheck_config_error(config);
        log_write(0, LOG_MAIN, "mxcheck: %s%s", why[0] != '\0' ? why : mxcheck_status_text(status),
                  current.ctx != NULL ? "; the options stay as they were" : "");
    }
    mxcheck_config_free(config);
    return ctx;
}

/* A file that is not there has a stamp, too: of zeros. */
static struct stamp stamp_of(const char *path)
{
    struct stat state;
    if (stat(path, &state) != 0)
        return (struct stamp){0};
    return (struct stamp){state.st_dev, state.st_ino, state.st_size, state.st_ctim};
}

static bool is_same(const struct stamp *one, const struct stamp *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->changed.tv_sec == other->changed.tv_sec && one->changed.tv_nsec == other->changed.tv_nsec;
}

static bool is_loaded(const char *path)
{
    return current.path != NULL && strcmp(current.path, path) == 0;
}

static void set_context(mxcheck_ctx *ctx)
{
    mxcheck_ctx_free(current.ctx);
    current.ctx = ctx;
}

/* Read a file. What was read from it before stays until something better comes. The stamp is taken first: what is
 * written meanwhile is read the next time. */
static void load(const char *path)
{
    struct stamp stamp = stamp_of(path);
    if (!is_loaded(path)) {
        set_context(NULL);
        free(current.path);
        current.path = strdup(path);
    }
    current.stamp = stamp;
    current.reader = getpid();
    mxcheck_ctx *ctx = make_context(path);
    if (ctx != NULL)
        set_context(ctx);
}

/* A dialogue keeps the options that it began with; one that began without tries once. */
static mxcheck_ctx *context(const char *path)
{
    if (!is_loaded(path) || (current.ctx == NULL && current.reader != getpid()))
        load(path);
    return current.ctx;
}

/* --- the transaction's id ----------------------------------------------------------------------------------------- */

static void draw_id(char id[ID_LENGTH + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char octets[ID_LENGTH];
    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
        memset(octets, 0, sizeof(octets));
    for (size_t i = 0; i < ID_LENGTH; i++)
        id[i] = letters[octets[i] % (sizeof(letters) - 1)];
    id[ID_LENGTH] = '\0';
}

/* One for the dialogue, drawn by the process that holds it. With one of this length the library's longest reply has 75
 * characters: Exim breaks longer ones into several lines. */
static const char *dialogue_id(void)
{
    static char id[ID_LENGTH + 1];
    static pid_t owner;
    if (owner != getpid())
        draw_id(id);
    owner = getpid();
    return id;
}

/* Exim names a message when it has come; until then the dialogue has an id. */
static const char *own_id(void)
{
    return message_id != NULL && message_id[0] != '\0' ? (const char *)message_id : dialogue_id();
}

/* --- checks ------------------------------------------------------------------------------------------------------- */

static mxcheck_status check(const char *path, mxcheck_role role, const char *address, mxcheck_result **result)
{
    mxcheck_ctx *ctx = context(path);
    if (ctx == NULL) {
        *result = NULL;
        return MXCHECK_ERR_FILE;
    }
    return mxcheck_check(ctx, role, address, strlen(address), 0, 0, result);
}

/* In Exim's memory, and tainted if one of those is that it was made from. */
static uschar *in_store(const char *reply, const char *address, const char *id)
{
    return string_sprintf("%s%.0s%.0s", reply, address, id);
}

static int yield_reply(mxcheck_role role, uschar **yield, int count, uschar **arguments)
{
    char reply[REPLY_SIZE];
    const char *address = argument(count, arguments, ARGUMENT_ADDRESS, "");
    const char *id = argument(count, arguments, ARGUMENT_ID, own_id());
    mxcheck_result *result;
    mxcheck_status status = check(argument(count, arguments, ARGUMENT_CONFIG, CONFIG_PATH), role, address, &result);
    if (status == MXCHECK_OK) {
        mxcheck_result_reply(result, id, reply, sizeof(reply));
    } else {
        log_write(0, LOG_MAIN, "mxcheck: no check (id %s): %s", id, mxcheck_status_text(status));
        snprintf(reply, sizeof(reply), "451 4.3.0 %.64s cannot check the address now, try again later", id);
    }
    mxcheck_result_unref(result);
    *yield = in_store(reply, address, id);
    return OK;
}

int mxcheck_sender(uschar **yield, int count, uschar **arguments)
{
    return yield_reply(MXCHECK_ROLE_SENDER, yield, count, arguments);
}

int mxcheck_rcpt(uschar **yield, int count, uschar **arguments)
{
    return yield_reply(MXCHECK_ROLE_RCPT, yield, count, arguments);
}

/* Its first argument is the file. */
int mxcheck_prepare(uschar **yield, int count, uschar **arguments)
{
    const char *path = argument(count, arguments, 0, CONFIG_PATH);
    struct stamp stamp = stamp_of(path);
    if (!is_loaded(path) || !is_same(&stamp, &current.stamp))
        load(path);
    *yield = string_sprintf("%s", "");
    return OK;
}
