/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

uint32_t stats_live_flows(struct stats *stats, uint64_t offset, struct flow_view *views,
			  uint32_t count, uint64_t *total)
{
	uint32_t filled = 0;

	*total = 0;
	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);
		struct flow_record record;

		for (uint32_t slot = 0; slot < used; slot++) {
			if (!flow_table_read(table, slot, &record))
				continue;
			if (*total >= offset && filled < count)
				flow_view(&record, &views[filled++]);
			(*total)++;
		}
	}
	return filled;
}
