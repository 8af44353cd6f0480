/* SPDX-License-Identifier: BSD-2-Clause */
/* request.c: values are kept octet by octet, NULs and all. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

static struct attribute *find(struct request *request, const char *name, size_t length)
{
    struct {
        const char *name;
        struct attribute *attribute;
    } known[] = {
        {"request", &request->request},
        {"protocol_state", &request->protocol_state},
        {"sender", &request->sender},
        {"recipient", &request->recipient},
        {"client_address", &request->client_address},
        {"sasl_username", &request->sasl_username},
        {"queue_id", &request->queue_id},
        {"instance", &request->instance},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0)
            return known[i].attribute;
    }
    return NULL;
}

static bool keep(struct attribute *attribute, const char *value, size_t length)
{
    attribute->value = malloc(length + 1);
    if (attribute->value == NULL)
        return false;
    memcpy(attribute->value, value, length);
    attribute->value[length] = '\0';
    attribute->length = length;
    return true;
}

enum request_state request_take(struct request *request, const char *line, size_t length)
{
    if (length == 0)
        return REQUEST_WHOLE;
    const char *equals = memchr(line, '=', length);
    if (equals == NULL)
        return REQUEST_BAD;
    request->lines++;
    struct attribute *attribute = find(request, line, (size_t)(equals - line));
    if (attribute == NULL || attribute->value != NULL)
        return REQUEST_MORE;
    return keep(attribute, equals + 1, length - (size_t)(equals + 1 - line)) ? REQUEST_MORE : REQUEST_BAD;
}

void request_clear(struct request *request)
{
    struct attribute *all[] = {&request->request,   &request->protocol_state, &request->sender,
                               &request->recipient, &request->client_address, &request->sasl_username,
                               &request->queue_id,  &request->instance};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        free(all[i]->value);
    *request = (struct request){.lines = 0};
}

const char *attribute_text(const struct attribute *attribute)
{
    return attribute->value == NULL ? "" : attribute->value;
}
