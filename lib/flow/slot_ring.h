/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_SLOT_RING_H
#define WEIR_FLOW_SLOT_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define NO_SLOT UINT32_MAX

/*
 * The slots that were used and that no packet finds any more, in one ring of slot numbers:
 *
 *	waiting ones, newest to oldest | free ones, oldest to newest
 *	low                           base                         top
 *
 * Free slots are used last in, first out: the newest is likely still in the cache. Waiting
 * are ended records that the outbox had no room for; they leave in the order in which they
 * ended, and then only `base` moves: the slot is free where it stands. Slots that
 * were never used are in neither.
 */
struct slot_ring {
	uint32_t *ring;
	uint32_t mask;           /* size - 1, a power of two - 1, size >= all slots of the table */
	uint32_t low, base, top; /* free-running */
};

/* Of a ring that holds all slots of a table: a power of two. */
static inline uint32_t slot_ring_size(uint32_t capacity)
{
	uint32_t size = 1;

	while (size < capacity)
		size *= 2;
	return size;
}

static inline uint32_t slot_ring_free(const struct slot_ring *vacant)
{
	return vacant->top - vacant->base;
}

static inline uint32_t slot_ring_waiting(const struct slot_ring *vacant)
{
	return vacant->base - vacant->low;
}

static inline void slot_ring_give(struct slot_ring *vacant, uint32_t slot)
{
	vacant->ring[vacant->top++ & vacant->mask] = slot;
}

/* The free slot that the call after `ahead` others will take. slot_ring_free() > ahead. */
static inline uint32_t slot_ring_peek(const struct slot_ring *vacant, uint32_t ahead)
{
	return vacant->ring[(vacant->top - 1 - ahead) & vacant->mask];
}

static inline uint32_t slot_ring_take(struct slot_ring *vacant)
{
	assert(slot_ring_free(vacant) > 0);
	return vacant->ring[--vacant->top & vacant->mask];
}

static inline void slot_ring_wait(struct slot_ring *vacant, uint32_t slot)
{
	vacant->ring[--vacant->low & vacant->mask] = slot;
}

/* The oldest waiting slot, which becomes free by this. slot_ring_waiting() > 0. */
static inline uint32_t slot_ring_release(struct slot_ring *vacant)
{
	assert(slot_ring_waiting(vacant) > 0);
	return vacant->ring[--vacant->base & vacant->mask];
}

#endif
