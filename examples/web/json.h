/* SPDX-License-Identifier: BSD-2-Clause */
/* json.h: reads the JSON that mxcheck_result_json() writes. */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* A value is where it begins in the text; NULL is none, and stays none whatever is asked of it. */

/* The value of a key of an object. */
const char *json_member(const char *object, const char *key);

/* The first item of an array, and the one behind an item; NULL past the end. */
const char *json_first(const char *array);
const char *json_next(const char *item);

/* Write a string as UTF-8 into buffer[size], with a NUL, cut where it does not fit. "" for what is none. Gives
 * `buffer`. */
const char *json_text(const char *value, char *buffer, size_t size);

/* Is it this string, which has no escapes? */
bool json_is(const char *value, const char *text);

unsigned long json_number(const char *value);

#endif
