/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_config.c: any octets are read as a file of options without harm; one that is refused changes nothing, and the
 * sentence names its line; after one that is taken, every option is one that can be set again. */
#define _GNU_SOURCE /* memfd_create */
#include "octet_file.h"

#include <mxcheck/mxcheck.h>

#include <string.h>

/* The texts of all options, behind each other. */
static char *texts_of(const mxcheck_config *config)
{
    size_t size = 1;
    for (size_t i = 0; i < mxcheck_option_count(); i++)
        size += strlen(mxcheck_config_get(config, mxcheck_option_name(i))) + 1;
    char *texts = calloc(size, 1);
    demand(texts != NULL);
    char *end = texts;
    for (size_t i = 0; i < mxcheck_option_count(); i++) {
        const char *text = mxcheck_config_get(config, mxcheck_option_name(i));
        size_t length = strlen(text);
        memcpy(end, text, length);
        end[length] = '\n';
        end += length + 1;
    }
    return texts;
}

/* "PATH:LINE: why". */
static void check_sentence(const char *error, const char *path)
{
    size_t length = strlen(path);
    demand(check_is_printable(error, false) && strncmp(error, path, length) == 0 && error[length] == ':');
    size_t digits = strspn(error + length + 1, "0123456789");
    demand(digits > 0 && strncmp(error + length + 1 + digits, ": ", 2) == 0 && error[length + digits + 3] != '\0');
}

static void set_again(mxcheck_config *config)
{
    for (size_t i = 0; i < mxcheck_option_count(); i++) {
        const char *name = mxcheck_option_name(i);
        const char *text = mxcheck_config_get(config, name);
        char *copy = check_string((const uint8_t *)text, strlen(text));
        demand(mxcheck_config_set(config, name, copy) == MXCHECK_OK);
        demand(strcmp(mxcheck_config_get(config, name), copy) == 0);
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mxcheck_config *config;
    const char *path = octet_file(data, size);
    demand(mxcheck_config_new(&config) == MXCHECK_OK);
    demand(mxcheck_config_set(config, "timeout", "7s") == MXCHECK_OK);
    char *before = texts_of(config);
    mxcheck_status status = mxcheck_config_load(config, path);
    demand(status == MXCHECK_OK || status == MXCHECK_ERR_OPTION);
    char *after = texts_of(config);
    if (status == MXCHECK_OK) {
        set_again(config);
    } else {
        demand(strcmp(before, after) == 0);
        check_sentence(mxcheck_config_error(config), path);
    }
    free(before);
    free(after);
    mxcheck_config_free(config);
    return 0;
}
