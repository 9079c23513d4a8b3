/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A live record is read whole or not at all, with the lines of its extensions: updated, ended, and
 * its slot used again meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "litmus.h"
#include "litmus_packet.h"
#include "mirror.h"

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

static const char *record_wrong(const struct flow_record *record, const struct flow_record *last)
{
	const char *wrong = litmus_record_wrong(record);

	if (wrong == NULL && last->cold.instance == record->cold.instance &&
	    last->hot.seen > record->hot.seen)
		wrong = "a flow that goes back";
	return wrong;
}

static const char *lines_wrong(const struct flow_record *record, const struct flow_record *last)
{
	struct flow_view view;

	(void)last;
	flow_view(record, &view);
	return mirror_wrong(&view);
}

typedef const char *record_judge(const struct flow_record *record, const struct flow_record *last);

static void read_all(struct litmus *litmus, const struct flow_table *table, record_judge *judge)
{
	struct flow_record last[SLOTS] = {0};
	union flow_copy copy;

	while (litmus_running(litmus)) {
		uint32_t used = flow_table_used(table);

		for (uint32_t slot = 0; slot < used; slot++) {
			if (flow_table_read(table, slot, &copy) != FLOW_SLOT_LIVE)
				continue;
			litmus_copied(litmus, judge(&copy.record, &last[slot]));
			last[slot] = copy.record;
		}
	}
}

static void read_records(struct litmus *litmus, void *context)
{
	read_all(litmus, context, record_wrong);
}

static void read_lines(struct litmus *litmus, void *context)
{
	read_all(litmus, context, lines_wrong);
}

static void run_records(struct litmus *litmus, struct litmus_plan *plan, bool extended)
{
	static const struct flow_extension *const mirror[] = MIRROR_EXTENSIONS;
	struct flow_settings settings = {
		.capacity = SLOTS,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 300 * CLOCK_SECOND,
		.secret = {{1, 2, 3, 4}},
	};
	struct flow_table *table;

	if (extended)
		memcpy(settings.extensions, mirror, sizeof(mirror));
	table = flow_table_create(&settings);
	if (table == NULL)
		abort();
	plan->write = write_records;
	plan->read = extended ? read_lines : read_records;
	plan->context = table;
	litmus_run(litmus, plan);
	flow_table_destroy(table);
}

void litmus_records(struct litmus *litmus, struct litmus_plan *plan)
{
	run_records(litmus, plan, false);
}

void litmus_lines(struct litmus *litmus, struct litmus_plan *plan)
{
	run_records(litmus, plan, true);
}
