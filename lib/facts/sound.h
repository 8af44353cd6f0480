/* SPDX-License-Identifier: BSD-2-Clause */
/* sound.h: whether octets that anybody may have written can be facts. */
#ifndef MXCHECK_FACTS_SOUND_H
#define MXCHECK_FACTS_SOUND_H

#include "facts/facts.h"

/* Are these facts of `size` octets, aligned to 8, such as a draft makes: every place within, every text ended and
 * printable, every number in its range? They may be untrue. */
bool facts_are_sound(const void *octets, size_t size);

#endif
