/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/record_ring.h>

#include <errno.h>
#include <string.h>

#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include <weir/memory.h>

int record_ring_init(struct record_ring *ring, uint32_t capacity, uint32_t extensions)
{
	uint32_t record_bytes = (uint32_t)flow_record_bytes(extensions);
	ssize_t bytes = rte_ring_get_memsize_elem(record_bytes, capacity);
	int result;

	*ring = (struct record_ring){.record_bytes = record_bytes};
	if (bytes < 0)
		return (int)bytes;
	ring->bytes = (size_t)bytes;
	ring->ring = memory_allocate(ring->bytes);
	if (ring->ring == NULL)
		return -ENOMEM;
	result = rte_ring_init(ring->ring, "weir_records", capacity, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (result < 0)
		record_ring_release(ring);
	return result;
}

void record_ring_release(struct record_ring *ring)
{
	memory_free(ring->ring, ring->bytes);
	ring->ring = NULL;
}

void record_ring_prefault(struct record_ring *ring)
{
	memory_prefault(ring->ring, ring->bytes);
}

uint32_t record_ring_put(struct record_ring *ring, const struct flow_record *records,
			 uint32_t count)
{
	const uint32_t bytes = ring->record_bytes;
	struct rte_ring_zc_data room;
	/* Zero-copy, and then a copy: the ring's own goes by 32 bits. */
	uint32_t put = rte_ring_enqueue_zc_burst_elem_start(ring->ring, bytes, count, &room, NULL);

	if (put == 0)
		return 0;
	memcpy(room.ptr1, records, (size_t)room.n1 * bytes);
	if (put > room.n1)
		memcpy(room.ptr2, flow_record_at(records, bytes, room.n1),
		       (size_t)(put - room.n1) * bytes);
	rte_ring_enqueue_zc_elem_finish(ring->ring, put);
	return put;
}

uint32_t record_ring_room(const struct record_ring *ring)
{
	return rte_ring_free_count(ring->ring);
}

uint32_t record_ring_look(struct record_ring *ring, uint32_t count,
			  const struct flow_record **records)
{
	struct rte_ring_zc_data found;

	if (rte_ring_dequeue_zc_burst_elem_start(ring->ring, ring->record_bytes, count, &found,
						 NULL) == 0)
		return 0;
	*records = found.ptr1;
	return found.n1;
}

void record_ring_taken(struct record_ring *ring, uint32_t taken)
{
	rte_ring_dequeue_zc_elem_finish(ring->ring, taken);
}

uint32_t record_ring_waiting(const struct record_ring *ring)
{
	return rte_ring_count(ring->ring);
}
