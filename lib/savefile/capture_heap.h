/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_CAPTURE_HEAP_H
#define WEIR_SAVEFILE_CAPTURE_HEAP_H

#include <stdint.h>

#include "capture_list.h"

/*
 * Captures that are open and have a frame at hand: the first one is that of the earliest frame, of
 * equal ones that which was named first. One thread.
 */
struct capture_heap {
	struct capture_entry **entries; /* with room for all captures; the user's */
	unsigned int count;
};

/* The key of the frame at hand. */
static inline uint64_t capture_entry_key(const struct capture_entry *entry)
{
	return entry->track->keys[entry->track->next];
}

void capture_heap_add(struct capture_heap *heap, struct capture_entry *entry);

/* Take out the first one, whose frame is not looked at. */
void capture_heap_take(struct capture_heap *heap);

/* The first one has another frame at hand. */
void capture_heap_moved(struct capture_heap *heap);

/* Whose turn comes after the first one's; NULL: there is no other. */
const struct capture_entry *capture_heap_second(const struct capture_heap *heap);

#endif
