/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#include <time.h>

/* As long as a worker may be without its CPU where it shares it with others, and a little more. */
#define NAPS   20
#define NAP_NS 1000000

bool live_nap(struct live_reader *reader)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};

	if (reader->naps == NAPS) {
		reader->unread++;
		return false;
	}
	reader->naps++;
	nanosleep(&nap, NULL);
	return true;
}

enum flow_slot live_read(struct live_reader *reader, const struct flow_table *table, uint32_t slot,
			 union flow_copy *copy)
{
	enum flow_slot found;

	do {
		found = flow_table_read(table, slot, copy);
	} while (found == FLOW_SLOT_BUSY && live_nap(reader));
	return found;
}

/* A place: the tables' slots, one table after the other. */
static uint64_t place_of(const struct stats *stats, uint32_t worker, uint32_t slot)
{
	return (uint64_t)worker * stats->settings.flow_capacity + slot;
}

/* Is a record there? One in change may be about to begin or to end, and counts. */
static bool is_used(const struct flow_table *table, uint32_t slot)
{
	union flow_copy copy;

	return flow_table_read(table, slot, &copy) != FLOW_SLOT_EMPTY;
}

uint32_t stats_live_flows(struct stats *stats, uint64_t from, uint64_t skip,
			  struct stats_live_flow *flows, uint32_t count, uint32_t *unread)
{
	uint32_t filled = 0, capacity = stats->settings.flow_capacity;
	struct live_reader reader = {0};
	uint32_t slot = (uint32_t)(from % capacity);

	for (uint64_t w = from / capacity; w < stats->settings.worker_count; w++, slot = 0) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);
		union flow_copy copy;

		for (; slot < used && filled < count; slot++) {
			if (skip > 0) {
				skip -= is_used(table, slot);
				continue;
			}
			if (live_read(&reader, table, slot, &copy) != FLOW_SLOT_LIVE)
				continue;
			flow_view(&copy.record, &flows[filled].view);
			flow_view_keep(&flows[filled].view, flows[filled].lines, stats->extensions);
			flows[filled++].next = place_of(stats, (uint32_t)w, slot + 1);
		}
	}
	*unread = reader.unread;
	return filled;
}

uint64_t stats_live_count(struct stats *stats)
{
	uint64_t count = 0;

	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		const struct flow_table *table = stats->workers[w]->table;
		uint32_t used = flow_table_used(table);

		for (uint32_t slot = 0; slot < used; slot++)
			count += is_used(table, slot);
	}
	return count;
}
