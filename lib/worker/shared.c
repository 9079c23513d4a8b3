/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker_shared.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <weir/seqlock.h>

#define UPTO(class, octets) (octets),
const uint32_t size_class_upto[SIZE_CLASSES] = {SIZE_CLASS_LIST(UPTO) UINT32_MAX};

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
	int result;

	assert(ended_capacity + FLOW_OUTBOX < FLOW_INSTANCES);
	memset(shared, 0, sizeof(*shared));
	shared->index = index;
	shared->extensions = flow_extensions_on(settings);
	result = record_ring_init(&shared->ended, ended_capacity, shared->extensions);
	if (result == 0 && (shared->table = flow_table_create(settings)) == NULL)
		result = -ENOMEM;
	if (result < 0)
		worker_shared_release(shared);
	return result;
}

void worker_shared_prefault(struct worker_shared *shared)
{
	flow_table_prefault(shared->table);
	record_ring_prefault(&shared->ended);
}

void worker_shared_release(struct worker_shared *shared)
{
	record_ring_release(&shared->ended);
	if (shared->table != NULL)
		flow_table_destroy(shared->table);
	timeline_destroy(shared->timeline);
	shared->table = NULL;
	shared->timeline = NULL;
}

bool worker_shared_flush(struct worker_shared *shared)
{
	const struct flow_record *records;
	uint32_t count = flow_table_outbox(shared->table, &records), put;

	if (count == 0)
		return true;
	put = record_ring_put(&shared->ended, records, count);
	flow_table_taken(shared->table, put);
	return put == count;
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
