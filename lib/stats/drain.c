/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#define BATCH 64

/* So that a flood of ended records does not keep a stats thread from all else. */
#define DRAIN_MAX 16384

/* ---- how long the rings were left alone ---- */

static void note_pause(struct stats_shard *shard)
{
	uint64_t now = clock_monotonic_ns();

	if (now - shard->drained_at > shard->longest)
		shard->longest = now - shard->drained_at;
}

void shard_rested(struct stats_shard *shard)
{
	shard->drained_at = clock_monotonic_ns();
}

/* ---- records ---- */

/* Does anybody take whole records? */
static bool whole_wanted(const struct stats *stats)
{
	return stats->record_consumers > 0 || stats->split.on;
}

/* An ended record goes on to those who do. Stats thread. */
static void pass_on(struct stats *stats, uint32_t worker, const struct flow_record *record)
{
	struct flow_view view;

	flow_view(record, &view);
	if (stats->split.on)
		split_add(&stats->split, worker, &view);
	else
		stats_give_record(stats, &view);
}

/* Those that were counted leave the ring of their worker: to consumers, or on the way to them. */
static void pass_all_on(struct stats_shard *shard, uint32_t w, const struct flow_record *records,
			uint32_t count)
{
	struct stats *stats = shard->stats;
	const size_t bytes = flow_record_bytes(stats->extensions);

	if (!whole_wanted(stats))
		return;
	if (shard->index > 0) {
		record_ring_put(&stats->forward[w], records, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		pass_on(stats, w, flow_record_at(records, bytes, i));
}

static void count_ended(struct stats_shard *shard, uint32_t w, const struct flow_record *records,
			uint32_t count)
{
	struct stats *stats = shard->stats;
	const size_t bytes = flow_record_bytes(stats->extensions);
	struct shadow *shadows = stats->shadows[w];
	struct stats_delta delta;
	bool emptied;

	/* In an ended record `sequence` is the slot that it had. */
	for (uint32_t i = 0; i < count; i++)
		__builtin_prefetch(&shadows[flow_record_at(records, bytes, i)->hot.sequence], 1);
	for (uint32_t i = 0; i < count; i++) {
		const struct flow_record *record = flow_record_at(records, bytes, i);
		const uint32_t slot = record->hot.sequence;

		if (shadow_ended(&shadows[slot], record, &delta, &emptied))
			shard_count(shard, record, &delta);
		if (emptied)
			flow_table_mark(stats->workers[w]->table, slot);
	}
	/* They lie in the ring, and leave it soon. */
	shard_give_deltas(shard);
}

static uint32_t drain_worker(struct stats_shard *shard, uint32_t w, uint32_t most)
{
	struct record_ring *ended = &shard->stats->workers[w]->ended;
	const struct flow_record *records;
	uint32_t drained = 0;

	while (drained < most) {
		uint32_t wanted = most - drained < BATCH ? most - drained : BATCH;
		uint32_t taken = record_ring_look(ended, wanted, &records);

		if (taken == 0)
			break;
		count_ended(shard, w, records, taken);
		pass_all_on(shard, w, records, taken);
		record_ring_taken(ended, taken);
		drained += taken;
	}
	return drained;
}

/* For how many records of the worker there is room now. */
static uint32_t room_for(const struct stats_shard *shard, uint32_t w)
{
	const struct stats *stats = shard->stats;

	if (shard->index == 0)
		return stats_room(stats);
	return whole_wanted(stats) ? record_ring_room(&stats->forward[w]) : UINT32_MAX;
}

/* Stats thread: records that another shard has counted, to the consumers. */
static uint32_t take_forwarded(struct stats *stats, uint32_t w, uint32_t most)
{
	const size_t bytes = flow_record_bytes(stats->extensions);
	const struct flow_record *records;
	uint32_t taken = record_ring_look(&stats->forward[w], most, &records);

	for (uint32_t i = 0; i < taken; i++)
		pass_on(stats, w, flow_record_at(records, bytes, i));
	if (taken > 0)
		record_ring_taken(&stats->forward[w], taken);
	return taken;
}

static uint32_t take_all_forwarded(struct stats *stats)
{
	uint32_t taken = 0;

	if (!whole_wanted(stats))
		return 0;
	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		uint32_t room = stats_room(stats);

		if (shard_of(stats, w) != 0)
			taken += take_forwarded(stats, w, room < DRAIN_MAX ? room : DRAIN_MAX);
	}
	return taken;
}

uint32_t shard_drain(struct stats_shard *shard)
{
	uint32_t drained = 0;

	note_pause(shard);
	for_each_worker(w, shard) {
		uint32_t room = room_for(shard, w);

		drained += drain_worker(shard, w, room < DRAIN_MAX ? room : DRAIN_MAX);
	}
	shard_rested(shard);
	return shard->index == 0 ? drained + take_all_forwarded(shard->stats) : drained;
}

uint32_t shard_waiting(const struct stats_shard *shard)
{
	const struct stats *stats = shard->stats;
	uint32_t waiting = 0;

	for_each_worker(w, shard)
		waiting += record_ring_waiting(&stats->workers[w]->ended);
	return waiting;
}
