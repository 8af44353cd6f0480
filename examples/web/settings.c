/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c: a configuration is all of them or none. */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { NAME_SIZE = 64 };

struct setting {
    bool is_file;
    const char *text;
};

bool settings_add(struct settings *settings, bool is_file, const char *text)
{
    struct setting *list = realloc(settings->list, (settings->count + 1) * sizeof(*list));
    if (list == NULL)
        return false;
    settings->list = list;
    list[settings->count++] = (struct setting){is_file, text};
    return true;
}

void settings_clear(struct settings *settings)
{
    free(settings->list);
    *settings = (struct settings){NULL, 0};
}

static int set(mxcheck_config *config, const char *pair, char *why, size_t size)
{
    char name[NAME_SIZE];
    const char *value = strchr(pair, '=');
    if (value == NULL || (size_t)(value - pair) >= sizeof(name)) {
        snprintf(why, size, "-o takes NAME=VALUE: %s", pair);
        return EX_USAGE;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(value - pair), pair);
    if (mxcheck_config_set(config, name, value + 1) == MXCHECK_OK)
        return EX_OK;
    snprintf(why, size, "%s", mxcheck_config_error(config));
    return EX_USAGE;
}

static int load(mxcheck_config *config, const char *path, char *why, size_t size)
{
    if (mxcheck_config_load(config, path) == MXCHECK_OK)
        return EX_OK;
    snprintf(why, size, "%s", mxcheck_config_error(config));
    return EX_NOINPUT;
}

int settings_read(const struct settings *settings, mxcheck_config **config, char *why, size_t size)
{
    int status = EX_OK;
    if (mxcheck_config_new(config) != MXCHECK_OK) {
        *config = NULL;
        snprintf(why, size, "no memory");
        return EX_OSERR;
    }
    for (size_t i = 0; i < settings->count && status == EX_OK; i++) {
        const struct setting *setting = &settings->list[i];
        status = setting->is_file ? load(*config, setting->text, why, size) : set(*config, setting->text, why, size);
    }
    if (status == EX_OK)
        return EX_OK;
    mxcheck_config_free(*config);
    *config = NULL;
    return status;
}
