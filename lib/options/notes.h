/* SPDX-License-Identifier: BSD-2-Clause */
/* notes.h: sets of notes, a bit for each row of notes.def. */
#ifndef MXCHECK_OPTIONS_NOTES_H
#define MXCHECK_OPTIONS_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum note {
#define NOTE(id, ...) NOTE_##id,
#include "options/notes.def"
#undef NOTE
    NOTES_MAX
};

typedef uint32_t notes; /* bit 1 << enum note */

static inline void notes_add(notes *set, enum note note)
{
    *set |= (notes)1 << note;
}

static inline bool notes_have(notes set, enum note note)
{
    return (set >> note & 1) != 0;
}

size_t notes_count(notes set);

/* Parse words separated by commas and blanks. Returns NULL, or a static sentence on what is wrong; *set is written on
 * NULL alone. */
const char *notes_parse(const char *list, uint64_t *set);

/* Word and sentence of note `index` of the set, which is below its count; static. */
const char *notes_word(notes set, size_t index);
const char *notes_sentence(notes set, size_t index);

#endif
