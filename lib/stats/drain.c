/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#define BATCH 64

/* So that a flood of ended records does not keep the stats thread from all else. */
#define DRAIN_MAX 16384

/* An ended record goes on to those who take whole ones. */
static void pass_on(struct stats *stats, uint32_t worker, const struct flow_record *record)
{
	struct flow_view view;

	flow_view(record, &view);
	if (stats->split.on)
		split_add(&stats->split, worker, &view);
	else
		stats_give_record(stats, &view);
}

static uint32_t drain_worker(struct stats *stats, uint32_t w, uint32_t most)
{
	struct worker_shared *worker = stats->workers[w];
	const size_t bytes = flow_record_bytes(stats->extensions);
	const bool wanted_whole = stats->record_consumers > 0 || stats->split.on;
	struct shadow *shadows = stats->shadows[w];
	const struct flow_record *records;
	uint32_t drained = 0, wanted, taken;
	struct stats_delta delta;
	bool emptied;

	while (drained < most) {
		wanted = most - drained < BATCH ? most - drained : BATCH;
		taken = worker_shared_ended(worker, wanted, &records);
		if (taken == 0)
			break;
		/* In an ended record `sequence` is the slot that it had. */
		for (uint32_t i = 0; i < taken; i++)
			__builtin_prefetch(
				&shadows[flow_record_at(records, bytes, i)->hot.sequence], 1);
		for (uint32_t i = 0; i < taken; i++) {
			const struct flow_record *record = flow_record_at(records, bytes, i);

			const uint32_t slot = record->hot.sequence;

			if (shadow_ended(&shadows[slot], record, &delta, &emptied))
				stats_count(stats, record, &delta);
			if (emptied)
				flow_table_mark(worker->table, slot);
			if (wanted_whole)
				pass_on(stats, w, record);
		}
		/* They lie in the ring, and leave it now. */
		stats_give_deltas(stats);
		worker_shared_taken(worker, taken);
		drained += taken;
	}
	return drained;
}

uint32_t stats_drain(struct stats *stats)
{
	uint32_t drained = 0;

	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		uint32_t room = stats_room(stats);

		drained += drain_worker(stats, w, room < DRAIN_MAX ? room : DRAIN_MAX);
	}
	return drained;
}

bool stats_drain_all(struct stats *stats, uint32_t *drained)
{
	uint32_t more;

	do {
		/* Where there is room and nothing comes, nothing is left. */
		if (stats_room(stats) == 0)
			return false;
		more = stats_drain(stats);
		*drained += more;
	} while (more > 0);
	return true;
}
