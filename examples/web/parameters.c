/* SPDX-License-Identifier: BSD-2-Clause */
/* parameters.c: one place for a parameter, whatever it is read from. */
#include "parameters.h"

#include "form.h"
#include "route.h"

#include <string.h>

/* Put a parameter behind the buffer: of the form, or of the query string. */
static bool find_parameter(struct request *request, const char *name, struct buffer *value)
{
    const char *found = NULL;
    size_t size = 0;
    if (request->method == METHOD_POST && request->route->voice == VOICE_LIST_PAGE)
        return form_find(&request->body, name, value);
    if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &found, &size) !=
        MHD_YES)
        return false;
    if (found != NULL)
        buffer_put(value, found, size);
    return true;
}

/* Is the parameter one of two words? *is_second stays as it is without it, or when memory ran out. */
static bool read_choice(struct request *request, const char *name, const char *first, const char *second,
                        bool *is_second)
{
    struct buffer value = {0};
    bool is_valid = true;
    bool is_there = find_parameter(request, name, &value);
    if (value.has_failed) {
        request->text.has_failed = true;
    } else if (is_there) {
        const char *word = value.octets == NULL ? "" : value.octets;
        is_valid = strlen(word) == value.length && (strcmp(word, first) == 0 || strcmp(word, second) == 0);
        if (is_valid)
            *is_second = strcmp(word, second) == 0;
    }
    buffer_clear(&value);
    return is_valid;
}

const char *parameters_read_choices(struct request *request)
{
    bool is_sender = false;
    bool is_deep = request->server->checker->usual_depth == DEPTH_TARGETS;
    const char *problem = NULL;
    if (!read_choice(request, "role", "rcpt", "sender", &is_sender))
        problem = "The role is rcpt or sender.";
    if (!read_choice(request, "depth", "records", "targets", &is_deep))
        problem = "The depth is records or targets.";
    request->inquiry.role = is_sender ? MXCHECK_ROLE_SENDER : MXCHECK_ROLE_RCPT;
    request->inquiry.depth = is_deep ? DEPTH_TARGETS : DEPTH_RECORDS;
    return problem;
}

bool parameters_read_text(struct request *request, const char *name)
{
    if (!find_parameter(request, name, &request->text))
        return false;
    request->inquiry.text = request->text.octets == NULL ? "" : request->text.octets;
    request->inquiry.length = request->text.length;
    return true;
}
