/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_RECORD_RING_H
#define WEIR_RECORD_RING_H

#include <stddef.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * Records by value on their way from one thread, which puts, to another one, which takes. Neither
 * waits. Needs no EAL.
 */

struct rte_ring;

/* Set before both threads start. */
struct record_ring {
	struct rte_ring *ring; /* owned */
	size_t bytes;          /* memory behind it */
	uint32_t record_bytes; /* flow_record_bytes() */
};

/* For `capacity` - 1 records (a power of two) with lines of so many extensions. 0, -ENOMEM. */
int record_ring_init(struct record_ring *ring, uint32_t capacity, uint32_t extensions);
void record_ring_release(struct record_ring *ring);

/* Take every page now, on the node of the caller. */
void record_ring_prefault(struct record_ring *ring);

/* Who puts: of `count` records one behind the other as many as there is room for. Returns these. */
uint32_t record_ring_put(struct record_ring *ring, const struct flow_record *records,
			 uint32_t count);

/* Who puts: for so many there is room. */
uint32_t record_ring_room(const struct record_ring *ring);

/*
 * Who takes: up to `count` records in their order, where they lie, one behind the other
 * (flow_record_at()). Returns how many; unless that is 0, give them back with record_ring_taken()
 * before asking again.
 */
uint32_t record_ring_look(struct record_ring *ring, uint32_t count,
			  const struct flow_record **records);
void record_ring_taken(struct record_ring *ring, uint32_t taken);

/* Any thread: so many wait. */
uint32_t record_ring_waiting(const struct record_ring *ring);

#endif
