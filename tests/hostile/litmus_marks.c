/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who takes marks off and then looks at what was marked finds everything that had changed before.
 */
#include <stdlib.h>

#include <weir/clock.h>

#include "litmus.h"
#include "litmus_packet.h"

/* Few enough that marks are set and taken off at the same moment all the time. */
#define FLOWS 64

struct marked {
	struct flow_table *table;
	uint64_t counted; /* atomic: packets in records, by now */
};

static void write_changes(struct litmus *litmus, void *context)
{
	struct marked *marked = context;

	for (uint64_t clock = LITMUS_START; litmus_running(litmus); clock++) {
		/* One at a time, and then never again for long: no later change makes up for it. */
		struct packet packet = litmus_packet((uint32_t)(clock % FLOWS), 0, clock);

		litmus_feed(marked->table, &packet);
		flow_table_push(marked->table);
		__atomic_store_n(&marked->counted, flow_table_counters(marked->table)->packets,
				 __ATOMIC_RELEASE);
		litmus_wrote(litmus, clock - LITMUS_START);
	}
}

/* The packets of the record in `slot`. False: it is in change, and marked again. */
static bool read_packets(struct flow_table *table, uint32_t slot, uint64_t *packets)
{
	union flow_copy copy;
	enum flow_slot found = flow_table_read(table, slot, &copy);

	if (found == FLOW_SLOT_BUSY)
		flow_table_mark(table, slot);
	else if (found == FLOW_SLOT_LIVE)
		*packets = flow_packets(&copy.record, 0);
	return found != FLOW_SLOT_BUSY;
}

static void read_marked(struct litmus *litmus, void *context)
{
	struct marked *marked = context;
	uint64_t seen[FLOWS] = {0}, sum = 0;

	while (litmus_running(litmus)) {
		uint64_t counted = __atomic_load_n(&marked->counted, __ATOMIC_ACQUIRE);
		uint32_t slot = 0, groups = flow_table_take_marks(marked->table, &slot);
		bool all = true;

		for (uint32_t s = 0; s < flow_table_used(marked->table); s++) {
			if ((groups >> s / FLOW_GROUP & 1) == 0)
				continue;
			sum -= seen[s];
			all &= read_packets(marked->table, s, &seen[s]);
			sum += seen[s];
		}
		if (all)
			litmus_copied(litmus,
				      sum < counted ? "a change that no mark told of" : NULL);
	}
}

void litmus_marks(struct litmus *litmus, struct litmus_plan *plan)
{
	const struct flow_settings settings = {
		.capacity = FLOWS,
		.active_timeout = FLOW_ACTIVE_TIMEOUT_MAX,
		.inactive_timeout = FLOW_ACTIVE_TIMEOUT_MAX,
		.secret = {{1, 2, 3, 4}},
	};
	struct marked marked = {.table = flow_table_create(&settings)};

	if (marked.table == NULL)
		abort();
	plan->write = write_changes;
	plan->read = read_marked;
	plan->readers = 1; /* marks are for one */
	plan->context = &marked;
	litmus_run(litmus, plan);
	flow_table_destroy(marked.table);
}
