/* SPDX-License-Identifier: BSD-3-Clause */
/* A live record is read whole or not at all: updated, ended, and its slot used again meanwhile. */
#include <stdlib.h>

#include <weir/clock.h>

#include "litmus.h"
#include "litmus_packet.h"

/* So few that writer and readers are at the same record all the time. */
#define SLOTS   64
#define FLOWS   3
#define PACKETS 200 /* of a flow, before it ends */

/* Flows of PACKETS packets, one tick apart. */
static void write_records(struct litmus *litmus, void *context)
{
	struct flow_table *table = context;
	const struct flow_record *records;
	uint32_t flow = 0;
	uint64_t clock = LITMUS_START, writes = 0;

	while (litmus_running(litmus)) {
		for (uint32_t i = 0; i < PACKETS; i++) {
			/* Side by side: none starves, and each has its own tick of the clock. */
			for (uint32_t f = flow; f < flow + FLOWS; f++) {
				struct packet packet = litmus_packet(f, i > 0 && i % 3 == 0, clock);

				litmus_feed(table, &packet);
			}
			clock++;
		}
		flow += FLOWS;
		litmus_settle(table);
		flow_table_finish(table, clock);
		flow_table_taken(table, flow_table_outbox(table, &records));
		writes += FLOWS * PACKETS;
		litmus_wrote(litmus, writes);
	}
}

static void read_records(struct litmus *litmus, void *context)
{
	const struct flow_table *table = context;
	struct flow_record last[SLOTS] = {0}, record;

	while (litmus_running(litmus)) {
		uint32_t used = flow_table_used(table);

		for (uint32_t slot = 0; slot < used; slot++) {
			const char *wrong;

			if (flow_table_read(table, slot, &record) != FLOW_SLOT_LIVE)
				continue;
			wrong = litmus_record_wrong(&record);
			if (wrong == NULL && last[slot].cold.instance == record.cold.instance &&
			    last[slot].hot.seen > record.hot.seen)
				wrong = "a flow that goes back";
			litmus_copied(litmus, wrong);
			last[slot] = record;
		}
	}
}

void litmus_records(struct litmus *litmus, struct litmus_plan *plan)
{
	const struct flow_settings settings = {
		.capacity = SLOTS,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 300 * CLOCK_SECOND,
		.secret = {{1, 2, 3, 4}},
	};
	struct flow_table *table = flow_table_create(&settings);

	if (table == NULL)
		abort();
	plan->write = write_records;
	plan->read = read_records;
	plan->context = table;
	litmus_run(litmus, plan);
	flow_table_destroy(table);
}
