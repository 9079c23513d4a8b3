/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker_shared.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include <weir/memory.h>
#include <weir/seqlock.h>

const uint32_t size_class_upto[SIZE_CLASSES] = {64, 127, 255, 511, 1023, 1518, UINT32_MAX};

/*
 * The worker publishes within tens of nanoseconds every few bursts. But it may lose its CPU in the
 * midst of that.
 */
#define READ_ATTEMPTS 16
#define READ_NAPS     20
#define READ_NAP_NS   1000000

int worker_shared_init(struct worker_shared *shared, unsigned int index,
		       const struct flow_settings *settings, uint32_t ended_capacity)
{
	uint32_t extensions = flow_extensions_on(settings);
	ssize_t bytes = rte_ring_get_memsize_elem((unsigned int)flow_record_bytes(extensions),
						  ended_capacity);
	int result;

	assert(ended_capacity + FLOW_OUTBOX < FLOW_INSTANCES);
	memset(shared, 0, sizeof(*shared));
	if (bytes < 0)
		return (int)bytes;
	shared->index = index;
	shared->ended_capacity = ended_capacity;
	shared->ended_bytes = (size_t)bytes;
	shared->extensions = extensions;
	shared->ended = memory_allocate(shared->ended_bytes);
	shared->table = flow_table_create(settings);
	if (shared->ended == NULL || shared->table == NULL)
		result = -ENOMEM;
	else
		result = rte_ring_init(shared->ended, "weir_ended", ended_capacity,
				       RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (result < 0)
		worker_shared_release(shared);
	return result;
}

void worker_shared_prefault(struct worker_shared *shared)
{
	flow_table_prefault(shared->table);
	memory_prefault(shared->ended, shared->ended_bytes);
}

void worker_shared_release(struct worker_shared *shared)
{
	memory_free(shared->ended, shared->ended_bytes);
	if (shared->table != NULL)
		flow_table_destroy(shared->table);
	timeline_destroy(shared->timeline);
	shared->ended = NULL;
	shared->table = NULL;
	shared->timeline = NULL;
}

bool worker_shared_flush(struct worker_shared *shared)
{
	const struct flow_record *records;
	uint32_t count = flow_table_outbox(shared->table, &records), put;
	uint32_t bytes = (uint32_t)flow_record_bytes(shared->extensions);
	struct rte_ring_zc_data room;

	if (count == 0)
		return true;
	/* Zero-copy, and then a copy: the ring's own goes by 32 bits. */
	put = rte_ring_enqueue_zc_burst_elem_start(shared->ended, bytes, count, &room, NULL);
	if (put == 0)
		return false;
	memcpy(room.ptr1, records, (size_t)room.n1 * bytes);
	if (put > room.n1)
		memcpy(room.ptr2, flow_record_at(records, bytes, room.n1),
		       (size_t)(put - room.n1) * bytes);
	rte_ring_enqueue_zc_elem_finish(shared->ended, put);
	flow_table_taken(shared->table, put);
	return put == count;
}

uint32_t worker_shared_ended(struct worker_shared *shared, uint32_t count,
			     const struct flow_record **records)
{
	uint32_t bytes = (uint32_t)flow_record_bytes(shared->extensions);
	struct rte_ring_zc_data ended;

	if (rte_ring_dequeue_zc_burst_elem_start(shared->ended, bytes, count, &ended, NULL) == 0)
		return 0;
	*records = ended.ptr1;
	return ended.n1;
}

void worker_shared_taken(struct worker_shared *shared, uint32_t taken)
{
	rte_ring_dequeue_zc_elem_finish(shared->ended, taken);
}

void worker_shared_publish(struct worker_shared *shared, const struct worker_counters *counters)
{
	seqlock_write_begin(&shared->sequence);
	shared->counters = *counters;
	flow_table_settle(shared->table);
	seqlock_write_end(&shared->sequence);
}

static bool has_overflowed(const struct flow_counters *flows)
{
	uint64_t packets = 0;

	for (unsigned int why = 0; why < FLOW_OVERFLOWS; why++)
		packets |= flows->overflow_packets[why];
	return packets != 0;
}

static bool try_read(const struct worker_shared *shared, struct worker_counters *copy,
		     struct flow_overflow_sums *sums)
{
	uint32_t begin = seqlock_read_begin(&shared->sequence);

	seqlock_copy(copy, &shared->counters, sizeof(*copy));
	if (sums != NULL && has_overflowed(&copy->flows))
		flow_table_overflow_sums(shared->table, sums);
	return seqlock_read_valid(&shared->sequence, begin);
}

bool worker_shared_read(const struct worker_shared *shared, struct worker_counters *copy,
			struct flow_overflow_sums *sums)
{
	const struct timespec nap = {.tv_nsec = READ_NAP_NS};

	for (unsigned int naps = 0;; naps++) {
		for (unsigned int attempt = 0; attempt < READ_ATTEMPTS; attempt++)
			if (try_read(shared, copy, sums))
				return true;
		if (naps == READ_NAPS)
			return false;
		nanosleep(&nap, NULL);
	}
}

void worker_shared_counters(const struct worker_shared *shared, struct worker_counters *copy)
{
	while (!worker_shared_read(shared, copy, NULL))
		;
}
