/* SPDX-License-Identifier: BSD-2-Clause */
/* config.c: options as text, one by one or out of a file. */
#include "api/config.h"

#include "base/memory.h"
#include "base/text.h"
#include "dns/upstreams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Lists of names may be long. */
#define LINE_MAX_BYTES (1024 * 1024)
#define LINE_MAX_TEXT "1 MiB"
#define LINE_ROOM_FIRST 1024

mxcheck_status mxcheck_config_new(mxcheck_config **config)
{
    if (config == NULL)
        return MXCHECK_ERR_INVALID;
    *config = NULL;
    mxcheck_config *made = memory_zalloc(&memory_libc, 1, sizeof(*made));
    if (made == NULL)
        return MXCHECK_ERR_NOMEM;
    options_init(&made->options);
    made->memory = memory_libc;
    *config = made;
    return MXCHECK_OK;
}

mxcheck_status mxcheck_config_copy(const mxcheck_config *config, mxcheck_config **copy)
{
    if (copy == NULL)
        return MXCHECK_ERR_INVALID;
    *copy = NULL;
    if (config == NULL)
        return MXCHECK_ERR_INVALID;
    mxcheck_config *made = memory_zalloc(&memory_libc, 1, sizeof(*made));
    if (made == NULL)
        return MXCHECK_ERR_NOMEM;
    if (options_copy(&config->options, &memory_libc, &made->options) != 0) {
        memory_free(&memory_libc, made);
        return MXCHECK_ERR_NOMEM;
    }
    made->log = config->log;
    made->cache = cache_ref(config->cache);
    made->memory = config->memory;
    made->release = config->release;
    *copy = made;
    return MXCHECK_OK;
}

void mxcheck_config_free(mxcheck_config *config)
{
    if (config == NULL)
        return;
    options_clear(&config->options, &memory_libc);
    cache_unref(config->cache);
    memory_free(&memory_libc, config);
}

/* Set an option; the text of upstreams is judged here, since judge/ knows nothing of dns/. */
static mxcheck_status set_option(struct options *options, const char *name, const char *value, char *error, size_t size)
{
    struct upstreams upstreams;
    char why[256];

    if (strcmp(name, "upstreams") == 0 && upstreams_parse(value, &upstreams, why, sizeof(why)) != 0) {
        options_refuse(name, value, why, error, size);
        return MXCHECK_ERR_OPTION;
    }
    return options_set(options, &memory_libc, name, value, error, size);
}

mxcheck_status mxcheck_config_set(mxcheck_config *config, const char *name, const char *value)
{
    if (config == NULL || name == NULL || value == NULL)
        return MXCHECK_ERR_INVALID;
    mxcheck_status status = set_option(&config->options, name, value, config->error, sizeof(config->error));
    if (status == MXCHECK_ERR_NOMEM)
        snprintf(config->error, sizeof(config->error), "memory ran out");
    return status;
}

/* In words of our own: those of strerror() follow the locale. */
const char *config_name_error(int code, char *room, size_t size)
{
    static const struct {
        int code;
        const char *words;
    } errors[] = {{ENOMEM, "memory ran out"},
                  {ENOENT, "there is no such file"},
                  {EACCES, "permission denied"},
                  {EISDIR, "it is a directory"},
                  {ENOTDIR, "a part of the path is not a directory"},
                  {ENOSPC, "the file system is full"},
                  {EROFS, "the file system is read-only"},
                  {EMFILE, "too many open files"}};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return errors[i].words;
    }
    snprintf(room, size, "error %d", code);
    return room;
}

/* --- files --- */

struct source {
    FILE *file;
    const char *path;
    unsigned line;
    char *text; /* of the line, without its end */
    size_t room;
    char *error;
    size_t error_size;
};

/* "PATH:LINE: why"; without a line when none was read yet. */
static void complain(const struct source *source, const char *why)
{
    char path[201];
    struct text text;

    snprintf(path, sizeof(path), "%s", source->path);
    text_init(&text, source->error, source->error_size);
    text_put_escaped(&text, path);
    if (source->line > 0)
        text_printf(&text, ":%u", source->line);
    text_puts(&text, ": ");
    text_puts(&text, why);
}

static mxcheck_status complain_system(const struct source *source, int code)
{
    char why[32];

    complain(source, config_name_error(code, why, sizeof(why)));
    return code == ENOMEM ? MXCHECK_ERR_NOMEM : MXCHECK_ERR_FILE;
}

/* Make room for one more octet. */
static mxcheck_status grow_line(struct source *source, size_t length)
{
    if (length > LINE_MAX_BYTES) {
        complain(source, "the line is longer than " LINE_MAX_TEXT);
        return MXCHECK_ERR_OPTION;
    }
    if (length < source->room)
        return MXCHECK_OK;
    size_t room = source->room == 0 ? LINE_ROOM_FIRST : 2 * source->room;
    char *text = memory_realloc(&memory_libc, source->text, room);
    if (text == NULL)
        return complain_system(source, ENOMEM);
    source->text = text;
    source->room = room;
    return MXCHECK_OK;
}

/* Read one line into source->text. *more is false at the end of the file. */
static mxcheck_status read_line(struct source *source, bool *more)
{
    mxcheck_status status = grow_line(source, 0);
    size_t length = 0;
    int c = 0;

    source->line++;
    while (status == MXCHECK_OK && (c = getc(source->file)) != EOF && c != '\n') {
        if (c == '\0') {
            complain(source, "there is a NUL byte");
            return MXCHECK_ERR_OPTION;
        }
        source->text[length++] = (char)c;
        status = grow_line(source, length);
    }
    if (status != MXCHECK_OK)
        return status;
    if (c == EOF && ferror(source->file)) {
        source->line = 0;
        return complain_system(source, errno);
    }
    source->text[length] = '\0';
    *more = c != EOF;
    return MXCHECK_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        text[--length] = '\0';
    while (is_blank(*text))
        text++;
    return text;
}

/* A byte-order mark at the head of a file is no part of its first line. */
static char *skip_mark(const struct source *source, char *line)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool is_there = source->line == 1 && strncmp(line, mark, sizeof(mark) - 1) == 0;
    return is_there ? line + sizeof(mark) - 1 : line;
}

static mxcheck_status take_line(const struct source *source, char *line, struct options *options)
{
    char why[400];
    char *name = trim(line);

    if (name[0] == '\0' || name[0] == '#')
        return MXCHECK_OK;
    char *equals = strchr(name, '=');
    if (equals == NULL) {
        complain(source, "there is no \"=\"; a line is name = value");
        return MXCHECK_ERR_OPTION;
    }
    *equals = '\0';
    mxcheck_status status = set_option(options, trim(name), trim(equals + 1), why, sizeof(why));
    if (status != MXCHECK_OK)
        complain(source, status == MXCHECK_ERR_NOMEM ? "memory ran out" : why);
    return status;
}

static mxcheck_status take_file(struct source *source, struct options *options)
{
    mxcheck_status status = MXCHECK_OK;
    bool more = true;

    while (status == MXCHECK_OK && more) {
        status = read_line(source, &more);
        if (status == MXCHECK_OK)
            status = take_line(source, skip_mark(source, source->text), options);
    }
    return status;
}

static mxcheck_status open_source(struct source *source)
{
    int descriptor = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return complain_system(source, errno);
    source->file = fdopen(descriptor, "r");
    if (source->file != NULL)
        return MXCHECK_OK;
    int code = errno;
    close(descriptor);
    return complain_system(source, code);
}

mxcheck_status mxcheck_config_load(mxcheck_config *config, const char *path)
{
    struct options loaded;

    if (config == NULL || path == NULL)
        return MXCHECK_ERR_INVALID;
    struct source source = {.path = path, .error = config->error, .error_size = sizeof(config->error)};
    mxcheck_status status = open_source(&source);
    if (status != MXCHECK_OK)
        return status;
    if (options_copy(&config->options, &memory_libc, &loaded) != 0) {
        fclose(source.file);
        return complain_system(&source, ENOMEM);
    }
    status = take_file(&source, &loaded);
    memory_free(&memory_libc, source.text);
    fclose(source.file);
    if (status == MXCHECK_OK) {
        struct options old = config->options;
        config->options = loaded;
        loaded = old;
    }
    options_clear(&loaded, &memory_libc);
    return status;
}

/* --- the rest --- */

const char *mxcheck_config_get(const mxcheck_config *config, const char *name)
{
    return config == NULL || name == NULL ? NULL : options_get(&config->options, name);
}

const char *mxcheck_config_error(const mxcheck_config *config)
{
    return config == NULL ? "" : config->error;
}

mxcheck_status mxcheck_config_set_log(mxcheck_config *config, int max_level, mxcheck_log_cb log, void *user_data)
{
    if (config == NULL || max_level < MXCHECK_LOG_NONE || max_level > MXCHECK_LOG_DEBUG)
        return MXCHECK_ERR_INVALID;
    config->log = (struct log){log == NULL ? MXCHECK_LOG_NONE : max_level, log, user_data};
    return MXCHECK_OK;
}

mxcheck_status mxcheck_config_set_cache(mxcheck_config *config, mxcheck_cache *cache)
{
    if (config == NULL)
        return MXCHECK_ERR_INVALID;
    mxcheck_cache *old = config->cache;
    config->cache = cache_ref(cache);
    cache_unref(old);
    return MXCHECK_OK;
}

mxcheck_status mxcheck_config_set_memory(mxcheck_config *config, void *(*allocate)(size_t size, void *user_data),
                                         void *(*resize)(void *pointer, size_t size, void *user_data),
                                         void (*release)(void *pointer, void *user_data), void *user_data)
{
    bool has_none = allocate == NULL && resize == NULL && release == NULL;
    bool has_all = allocate != NULL && resize != NULL && release != NULL;
    if (config == NULL || (!has_none && !has_all))
        return MXCHECK_ERR_INVALID;
    config->memory = has_all ? (struct memory){allocate, resize, release, user_data} : memory_libc;
    return MXCHECK_OK;
}

mxcheck_status mxcheck_config_set_release(mxcheck_config *config, void (*release)(void *user_data))
{
    if (config == NULL)
        return MXCHECK_ERR_INVALID;
    config->release = release;
    return MXCHECK_OK;
}

size_t mxcheck_option_count(void)
{
    return options_count();
}

const char *mxcheck_option_name(size_t index)
{
    return options_name(index);
}

const char *mxcheck_option_default(size_t index)
{
    return options_default(index);
}

const char *mxcheck_option_help(size_t index)
{
    return options_help(index);
}
