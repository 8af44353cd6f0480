/* SPDX-License-Identifier: BSD-2-Clause */
/* notes.c: the rows of notes.def by their bits. */
#include "judge/notes.h"

static const struct {
    const char *word;
    const char *sentence;
} rows[] = {
#define NOTE(id, word, sentence) {word, sentence},
#include "judge/notes.def"
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

const char *notes_word(notes set, size_t index)
{
    return rows[find(set, index)].word;
}

const char *notes_sentence(notes set, size_t index)
{
    return rows[find(set, index)].sentence;
}
