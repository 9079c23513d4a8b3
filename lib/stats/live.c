/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

/* A place: the tables' slots, one table after the other. */
static uint64_t place_of(const struct stats *stats, uint32_t worker, uint32_t slot)
{
	return (uint64_t)worker * stats->settings.flow_capacity + slot;
}

uint32_t stats_live_flows(struct stats *stats, uint64_t from, uint64_t skip,
			  struct stats_live_flow *flows, uint32_t count)
{
	uint32_t filled = 0, capacity = stats->settings.flow_capacity;
	uint32_t slot = (uint32_t)(from % capacity);

	for (uint64_t w = from / capacity; w < stats->settings.worker_count; w++, slot = 0) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);
		struct flow_record record;

		for (; slot < used && filled < count; slot++) {
			if (!flow_table_read(table, slot, &record))
				continue;
			if (skip > 0) {
				skip--;
				continue;
			}
			flow_view(&record, &flows[filled].view);
			flows[filled++].next = place_of(stats, (uint32_t)w, slot + 1);
		}
	}
	return filled;
}

uint64_t stats_live_count(struct stats *stats)
{
	uint64_t count = 0;

	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);
		struct flow_record record;

		for (uint32_t slot = 0; slot < used; slot++)
			count += flow_table_read(table, slot, &record);
	}
	return count;
}
