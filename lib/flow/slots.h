/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_SLOTS_H
#define WEIR_FLOW_SLOTS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define NO_SLOT UINT32_MAX

/*
 * The slots that hold no live record, in one ring of slot numbers:
 *
 *	waiting ones, newest to oldest | free ones, oldest to newest
 *	low                           base                         top
 *
 * Free slots are used last in, first out: the newest is likely still in the cache. Waiting
 * are ended records that the outbox had no room for; they leave in the order in which they
 * ended, and then only `base` moves: the slot is free where it stands. Slots that
 * were never used are in neither.
 */
struct slots {
	uint32_t *ring;
	uint32_t mask;           /* size - 1, a power of two - 1, size >= all slots of the table */
	uint32_t low, base, top; /* free-running */
};

static inline uint32_t slots_free(const struct slots *slots)
{
	return slots->top - slots->base;
}

static inline uint32_t slots_waiting(const struct slots *slots)
{
	return slots->base - slots->low;
}

static inline void slots_give(struct slots *slots, uint32_t slot)
{
	slots->ring[slots->top++ & slots->mask] = slot;
}

/* The free slot that the call after `ahead` others will take. slots_free() > ahead. */
static inline uint32_t slots_peek(const struct slots *slots, uint32_t ahead)
{
	return slots->ring[(slots->top - 1 - ahead) & slots->mask];
}

static inline uint32_t slots_take(struct slots *slots)
{
	assert(slots_free(slots) > 0);
	return slots->ring[--slots->top & slots->mask];
}

static inline void slots_wait(struct slots *slots, uint32_t slot)
{
	slots->ring[--slots->low & slots->mask] = slot;
}

/* The oldest waiting slot, which becomes free by this. slots_waiting() > 0. */
static inline uint32_t slots_release(struct slots *slots)
{
	assert(slots_waiting(slots) > 0);
	return slots->ring[--slots->base & slots->mask];
}

#endif
