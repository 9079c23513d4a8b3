/* SPDX-License-Identifier: BSD-3-Clause */
/* Ended records go through the ring whole, once, and in order, however often it is full. */
#include <stdlib.h>

#include <sched.h>

#include <weir/clock.h>
#include <weir/worker_shared.h>

#include "litmus.h"
#include "litmus_packet.h"

#define RING_ENTRIES 256

/* Every packet is a flow of its own that ends at once, so flow n is the record n. */
static void write_ring(struct litmus *litmus, void *context)
{
	struct worker_shared *shared = context;

	for (uint32_t flow = 0; litmus_running(litmus); flow++) {
		struct packet packet = litmus_packet(flow, 0, LITMUS_START + flow);

		/* A full ring: wait, as with captures, or a flow without room would be no record.
		 */
		while (!worker_shared_flush(shared) && litmus_running(litmus))
			sched_yield();
		litmus_feed(shared->table, &packet);
		litmus_settle(shared->table);
		flow_table_finish(shared->table, packet.clock);
		litmus_wrote(litmus, flow + 1);
	}
}

static void read_ring(struct litmus *litmus, void *context)
{
	struct worker_shared *shared = context;
	const struct flow_record *records;
	uint32_t expected = 0;

	while (litmus_running(litmus)) {
		uint32_t taken = record_ring_look(&shared->ended, 64, &records);

		for (uint32_t i = 0; i < taken; i++, expected++) {
			const char *wrong = litmus_record_wrong(&records[i]);

			if (records[i].hot.key.address[0] != expected)
				wrong = "a record that is missing, double, or out of order";
			litmus_copied(litmus, wrong);
		}
		if (taken > 0)
			record_ring_taken(&shared->ended, taken);
		else
			sched_yield();
	}
}

void litmus_ring(struct litmus *litmus, struct litmus_plan *plan)
{
	const struct flow_settings settings = {
		.capacity = 1024,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 300 * CLOCK_SECOND,
		.secret = {{1, 2, 3, 4}},
	};
	struct worker_shared shared;

	if (worker_shared_init(&shared, 0, &settings, RING_ENTRIES) != 0)
		abort();
	plan->write = write_ring;
	plan->read = read_ring;
	plan->readers = 1; /* the stats core is one thread */
	plan->context = &shared;
	litmus_run(litmus, plan);
	worker_shared_release(&shared);
}
