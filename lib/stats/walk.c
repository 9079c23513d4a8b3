/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

/* Slots between two drainings: about half a millisecond of work when all of them are busy. */
#define SLICE 4096

uint32_t stats_walk(struct stats *stats)
{
	struct live_reader reader = {0};
	uint32_t drained = 0;
	struct stats_delta delta;
	struct flow_view view;

	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);

		for (uint32_t slot = 0; slot < used; slot++) {
			if (slot % SLICE == 0)
				drained += stats_drain(stats);
			/* Where the batch would have it. */
			union flow_copy *copy = &stats->walked[stats->batch.count];

			if (live_read(&reader, table, slot, copy) != FLOW_SLOT_LIVE)
				continue;
			if (stats->split.counts.waiting > 0) {
				flow_view(&copy->record, &view);
				split_live(&stats->split, w, &view);
			}
			if (shadow_walked(&stats->shadows[w][slot], &copy->record, &delta))
				stats_count(stats, &copy->record, &delta);
		}
	}
	stats->unread += reader.unread;
	/* Each of those may be what another piece waits for: this walk lets none go. */
	if (stats->split.on && reader.unread == 0)
		split_walked(&stats->split, stats_room(stats));
	return drained;
}
