/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <assert.h>

#include <weir/memory.h>

/* A longer one never comes true: the active timeout is always earlier. */
#define INACTIVE_MAX (FLOW_ACTIVE_TIMEOUT_MAX + (UINT64_C(2) << FLOW_STARTED_SHIFT))

/* The arrays of a table lie one after another in one piece of memory. */
struct layout {
	size_t hot, cold, lines, buckets, vacant; /* bytes, each a multiple of a cache line */
	size_t fragments, marks, outbox;
	size_t total;
};

static struct layout layout_of(const struct flow_settings *settings)
{
	size_t capacity = settings->capacity;
	uint32_t extensions = flow_extensions_on(settings);
	struct layout layout = {
		.hot = capacity * sizeof(struct flow_hot),
		.cold = capacity * sizeof(struct flow_cold),
		.lines = capacity * extensions * sizeof(struct flow_line),
		.buckets = index_buckets(settings->capacity) * sizeof(struct bucket),
		.vacant = slot_ring_size(settings->capacity) * sizeof(uint32_t),
		.fragments = FRAGMENT_SETS * sizeof(struct fragment_set),
		.marks = (capacity + FLOW_MARKED - 1) / FLOW_MARKED * (FLOW_MARKED / FLOW_GROUP),
		.outbox = FLOW_OUTBOX * flow_record_bytes(extensions),
	};

	layout.marks = (layout.marks + 63) & ~(size_t)63;
	layout.total = layout.hot + layout.cold + layout.lines + layout.buckets + layout.vacant +
		       layout.fragments + layout.marks + layout.outbox;
	return layout;
}

size_t flow_table_bytes(const struct flow_settings *settings)
{
	return sizeof(struct flow_table) + layout_of(settings).total;
}

struct flow_table *flow_table_create(const struct flow_settings *settings)
{
	struct layout layout = layout_of(settings);
	struct flow_table *table = memory_allocate(sizeof(*table));
	uint8_t *arrays = memory_allocate(layout.total);

	assert(settings->capacity >= 64 && settings->active_timeout <= FLOW_ACTIVE_TIMEOUT_MAX);
	if (table == NULL || arrays == NULL) {
		memory_free(table, sizeof(*table));
		memory_free(arrays, layout.total);
		return NULL;
	}
	uint64_t inactive = settings->inactive_timeout;

	table->hot = (struct flow_hot *)arrays;
	arrays += layout.hot;
	table->cold = (struct flow_cold *)arrays;
	arrays += layout.cold;
	extensions_init(&table->extensions, settings, (struct flow_line *)arrays);
	arrays += layout.lines;
	index_init(&table->index, (struct bucket *)arrays, settings->capacity);
	arrays += layout.buckets;
	table->vacant.ring = (uint32_t *)arrays;
	table->vacant.mask = slot_ring_size(settings->capacity) - 1;
	arrays += layout.vacant;
	table->fragments = (struct fragment_set *)arrays;
	arrays += layout.fragments;
	table->marks = arrays;
	table->mark = (uintptr_t)arrays - (uintptr_t)table->hot / MARK_REACH;
	arrays += layout.marks;
	table->outbox = (struct flow_record *)arrays;

	table->bytes = layout.total;
	table->record_bytes = flow_record_bytes(table->extensions.count);
	table->capacity = settings->capacity;
	table->live = settings->live;
	table->secret = settings->secret;
	table->timeouts.active =
		(uint32_t)(settings->active_timeout >> FLOW_STARTED_SHIFT) + FLOW_REORDER_UNITS;
	table->timeouts.inactive = inactive < INACTIVE_MAX ? inactive : INACTIVE_MAX;
	table->timeouts.linger = inactive < FLOW_LINGER ? inactive : FLOW_LINGER;
	table->sweep.packets = SWEEP_PACKETS;
	return table;
}

void flow_table_destroy(struct flow_table *table)
{
	if (table == NULL)
		return;
	memory_free(table->hot, table->bytes);
	memory_free(table, sizeof(*table));
}

void flow_table_prefault(struct flow_table *table)
{
	memory_prefault(table, sizeof(*table));
	memory_prefault(table->hot, table->bytes);
}

struct flow_burst *flow_table_next(struct flow_table *table)
{
	return &table->stages[table->filling].burst;
}

uint32_t flow_table_pending(const struct flow_table *table)
{
	uint32_t pending = 0;

	for (uint32_t i = 0; i < STAGES; i++) {
		if (i != table->filling)
			pending += table->stages[i].burst.count;
	}
	return pending;
}

uint32_t flow_table_outbox(struct flow_table *table, const struct flow_record **records)
{
	*records = outbox_at(table, table->outbox_first);
	return table->outbox_end - table->outbox_first;
}

void flow_table_taken(struct flow_table *table, uint32_t taken)
{
	assert(taken <= table->outbox_end - table->outbox_first);
	table->outbox_first += taken;
	if (table->outbox_first == table->outbox_end) {
		table->outbox_first = 0;
		table->outbox_end = 0;
	}
}

void flow_table_settle(struct flow_table *table)
{
	overflow_settle(&table->overflow, &table->secret);
}

const struct flow_counters *flow_table_counters(const struct flow_table *table)
{
	return &table->counters;
}
