/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#define BATCH 64

/* So that a flood of ended records does not keep the stats thread from all else. */
#define DRAIN_MAX 16384

static void pass_on(struct stats *stats, uint32_t worker, const struct flow_record *record)
{
	struct flow_view view;

	if (stats->record_consumers == 0 && !stats->split.on)
		return;
	flow_view(record, &view);
	if (stats->split.on)
		split_add(&stats->split, worker, &view);
	else
		stats_give_record(stats, &view);
}

static uint32_t drain_worker(struct stats *stats, uint32_t w)
{
	struct shadow *shadows = stats->shadows[w];
	struct flow_record records[BATCH];
	uint32_t drained = 0, taken;
	struct stats_delta delta;

	do {
		taken = worker_shared_take(stats->workers[w], records, BATCH);
		/* In an ended record `sequence` is the slot that it had. */
		for (uint32_t i = 0; i < taken; i++)
			__builtin_prefetch(&shadows[records[i].hot.sequence], 1);
		for (uint32_t i = 0; i < taken; i++) {
			if (shadow_ended(&shadows[records[i].hot.sequence], &records[i], &delta))
				stats_count(stats, &records[i], &delta);
			pass_on(stats, w, &records[i]);
		}
		drained += taken;
	} while (taken == BATCH && drained < DRAIN_MAX);
	return drained;
}

uint32_t stats_drain(struct stats *stats)
{
	uint32_t drained = 0;

	for (uint32_t w = 0; w < stats->settings.worker_count; w++)
		drained += drain_worker(stats, w);
	return drained;
}
