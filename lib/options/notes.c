/* SPDX-License-Identifier: BSD-2-Clause */
/* notes.c: the rows of notes.def by their bits. */
#include "options/notes.h"

#include <string.h>

static const struct {
    const char *word;
    const char *sentence;
} rows[] = {
#define NOTE(id, word, sentence) {word, sentence},
#include "options/notes.def"
#undef NOTE
};

size_t notes_count(notes set)
{
    size_t count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

static enum note find(notes set, size_t index)
{
    for (int note = 0; note < NOTES_MAX; note++) {
        if ((set >> note & 1) != 0 && index-- == 0)
            return (enum note)note;
    }
    return (enum note)0;
}

static bool add_word(const char *word, size_t length, notes *set)
{
    for (int note = 0; note < NOTES_MAX; note++) {
        if (strlen(rows[note].word) == length && memcmp(rows[note].word, word, length) == 0) {
            notes_add(set, (enum note)note);
            return true;
        }
    }
    return false;
}

const char *notes_parse(const char *list, uint64_t *set)
{
    static const char separators[] = ", \t";
    notes parsed = 0;
    for (const char *p = list + strspn(list, separators); *p != '\0'; p += strspn(p, separators)) {
        size_t length = strcspn(p, separators);
        if (!add_word(p, length, &parsed))
            return "there is no such note";
        if (notes_have(parsed, NOTE_OUTAGE))
            return "an outage rejects nobody";
        p += length;
    }
    *set = parsed;
    return NULL;
}

const char *notes_word(notes set, size_t index)
{
    return rows[find(set, index)].word;
}

const char *notes_sentence(notes set, size_t index)
{
    return rows[find(set, index)].sentence;
}
