/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks what changed is told of every change, and of nothing else. */
#include "support.h"

#define CAPACITY 150 /* the last stretch is not a whole one */

static struct feeder feeder;

static void send(uint32_t flow, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, false, clock);

	feeder_packet(&feeder, &packet);
	feeder_flush(&feeder);
}

/* Flow n is in slot n. */
static void open_full(void)
{
	const struct flow_settings settings = usual_settings(CAPACITY);

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t flow = 0; flow < CAPACITY; flow++)
		send(flow, EPOCH + flow);
}

/* Nothing is marked but these groups of these 64 slots. */
static void expect_marks(uint32_t slot, uint32_t groups)
{
	uint32_t found = 0;

	cr_expect_eq(flow_table_take_marks(feeder.table, &found), groups);
	if (groups != 0)
		cr_expect_eq(found, slot);
	found += FLOW_MARKED;
	cr_expect_eq(flow_table_take_marks(feeder.table, &found), 0);
	found = 0;
	cr_expect_eq(flow_table_take_marks(feeder.table, &found), 0, "they were taken off");
}

static void take_all(void)
{
	uint32_t slot = 0;

	while (flow_table_take_marks(feeder.table, &slot) != 0)
		slot += FLOW_MARKED;
}

Test(marks, of_records_that_begin)
{
	uint32_t slot = 0;

	open_full();
	for (uint32_t groups = CAPACITY / FLOW_GROUP + 1; groups > 0; slot += FLOW_MARKED) {
		uint32_t here = groups < 8 ? groups : 8;

		cr_expect_eq(flow_table_take_marks(feeder.table, &slot), (1u << here) - 1);
		groups -= here;
	}
	cr_expect_eq(flow_table_take_marks(feeder.table, &slot), 0);
	feeder_close(&feeder);
}

Test(marks, of_packets_on_the_short_way_and_on_the_long_one)
{
	struct packet first, other;

	open_full();
	take_all();
	expect_marks(0, 0);
	send(70, EPOCH + 1000);
	expect_marks(64, 1 << 0);
	send(CAPACITY - 1, EPOCH + 1001);
	expect_marks(128, 1 << 2);
	first = numbered_packet(9, true, EPOCH + 1002);
	other = numbered_packet(17, false, EPOCH + 1002);
	other.frame_length++;
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &other);
	feeder_flush(&feeder);
	expect_marks(0, 1 << 1 | 1 << 2);
	feeder_close(&feeder);
}

Test(marks, of_who_asks_to_look_again_and_not_of_ends)
{
	open_full();
	take_all();
	flow_table_mark(feeder.table, 63);
	expect_marks(0, 1 << 7);
	feeder_finish(&feeder, EPOCH + 2000);
	expect_marks(0, 0);
	feeder_close(&feeder);
}

Test(marks, octets_before_the_whole_record)
{
	uint64_t octets[FLOW_GROUP][2];

	open_full();
	send(10, EPOCH + 1000);
	flow_table_peek(feeder.table, 8, octets);
	cr_expect_eq(octets[2][0], 2 * 86);
	cr_expect_eq(octets[2][1], 0);
	cr_expect_eq(octets[3][0], 86);
	feeder_close(&feeder);
}
