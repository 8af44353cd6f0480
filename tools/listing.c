/* SPDX-License-Identifier: BSD-2-Clause */
/* listing.c: every option of the library, for a person or as JSON. */
#include "listing.h"

#include <mxcheck/mxcheck.h>

#include <stdio.h>
#include <string.h>

#define WIDTH 78

/* Words after "# ", as many to a line as fit. */
static void print_comment(const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > WIDTH) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column == 0 ? "# " : " ", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_setting(size_t index)
{
    const char *value = mxcheck_option_default(index);

    print_comment(mxcheck_option_help(index));
    printf("%s =%s%s\n", mxcheck_option_name(index), *value == '\0' ? "" : " ", value);
}

/* The table of options is printable ASCII. */
static void print_string(const char *key, const char *text)
{
    printf("\"%s\":\"", key);
    for (; *text != '\0'; text++)
        printf("%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    putchar('"');
}

static void print_object(size_t index)
{
    putchar('{');
    print_string("name", mxcheck_option_name(index));
    putchar(',');
    print_string("default", mxcheck_option_default(index));
    putchar(',');
    print_string("help", mxcheck_option_help(index));
    puts("}");
}

void listing_print(bool is_json)
{
    for (size_t i = 0; i < mxcheck_option_count(); i++) {
        if (is_json) {
            print_object(i);
            continue;
        }
        if (i > 0)
            putchar('\n');
        print_setting(i);
    }
}
