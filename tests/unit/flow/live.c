/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

/*
 * A live table: its clock comes with each burst, whether or not that has packets, and a packet may
 * be a little older than the one before.
 */
#define TIMEOUT     (16 * SECOND) /* usual_settings(): inactive */
#define LATEST      (2 * SECOND)  /* no record leaves later than its timeout and this */
#define MICROSECOND UINT64_C(1000)

static void open_live(struct feeder *feeder, uint32_t flows)
{
	struct flow_settings settings = usual_settings(flows + 64);

	settings.live = true;
	feeder_open(feeder, &settings, FLOW_BURST + 1); /* pushed by round() alone */
}

static void push_round(struct feeder *feeder, uint64_t clock, int64_t shift)
{
	struct flow_burst *burst = flow_table_next(feeder->table);

	burst->clock = clock;
	burst->shift = shift;
	feeder_push(feeder);
	feeder_take(feeder);
}

/* Nothing is in the stages any more. */
static void settle(struct feeder *feeder, uint64_t clock, int64_t shift)
{
	do
		push_round(feeder, clock, shift);
	while (flow_table_pending(feeder->table) > 0);
}

/* Flows of one packet each, all at EPOCH. */
static void open_idle(struct feeder *feeder, uint32_t flows)
{
	open_live(feeder, flows + 1);
	for (uint32_t i = 0; i < flows; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH);

		feeder_packet(feeder, &packet);
		if (flow_table_next(feeder->table)->count == FLOW_BURST)
			push_round(feeder, EPOCH, 0);
	}
	settle(feeder, EPOCH, 0);
	cr_assert_eq(feeder_live(feeder), flows);
}

/* When a round follows the one before at `clock`. */
typedef uint64_t rounds(uint64_t clock, uint32_t number);

/*
 * Rounds until the bound has passed; in every one there is a packet of one more flow, or none. All
 * of the others must have left by then, and none before its time.
 */
static void expect_in_time(uint32_t flows, rounds *next, bool packets)
{
	struct feeder feeder;
	uint64_t clock = EPOCH;

	open_idle(&feeder, flows);
	for (uint32_t number = 0; clock <= EPOCH + TIMEOUT + LATEST; number++) {
		struct packet packet = numbered_packet(flows, false, clock);

		if (packets)
			feeder_packet(&feeder, &packet);
		push_round(&feeder, clock, 0);
		if (clock <= EPOCH + TIMEOUT)
			check(feeder.ended_count == 0, "after %lu ns", clock - EPOCH);
		clock = next(clock, number);
	}
	cr_expect_eq(feeder.ended_count, flows, "%u of %u left in time", feeder.ended_count, flows);
	settle(&feeder, clock, 0);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

static uint64_t steady(uint64_t clock, uint32_t number)
{
	(void)number;
	return clock + 100 * MICROSECOND;
}

/* The worker's core was taken away for 20 ms, again and again: that time is made up for. */
static uint64_t stalled(uint64_t clock, uint32_t number)
{
	return clock + (number % 20 == 0 ? 20 * MILLISECOND : 10 * MICROSECOND);
}

Test(live, frames_without_a_flow_move_the_sweep)
{
	expect_in_time(100000, steady, false);
}

Test(live, few_packets_move_the_sweep_of_many_flows)
{
	expect_in_time(500000, steady, true);
}

Test(live, what_the_sweep_is_behind_is_kept)
{
	expect_in_time(100000, stalled, false);
	expect_in_time(100000, stalled, true);
}

/* An idle worker asks again, and does not sleep, until the sweep has caught up. */
Test(live, an_idle_table_says_that_it_is_behind)
{
	const uint64_t late = EPOCH + TIMEOUT + LATEST;
	struct feeder feeder;
	uint32_t calls = 0;

	open_idle(&feeder, 20000);
	while (flow_table_expire(feeder.table, late)) {
		feeder_take(&feeder);
		check(++calls < 1000, "it never catches up");
	}
	feeder_take(&feeder);
	cr_expect_eq(feeder.ended_count, 20000);
	cr_expect_not(flow_table_expire(feeder.table, late));
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* ---- packets that are late ---- */

/* In this order, microseconds from EPOCH: one record, from the earliest to the latest. */
static void expect_one(const int64_t *times, uint32_t count, int64_t first, int64_t last)
{
	const uint64_t now = EPOCH + 2 * SECOND;
	struct feeder feeder;
	struct flow_view view;

	open_live(&feeder, 64);
	for (uint32_t i = 0; i < count; i++) {
		struct packet packet =
			numbered_packet(0, i & 1, EPOCH + (uint64_t)(times[i] * 1000));

		feeder_packet(&feeder, &packet);
		push_round(&feeder, now, 0);
	}
	settle(&feeder, now, 0);
	feeder_finish(&feeder, now);
	cr_assert_eq(feeder.ended_count, 1);
	view = feeder_view(&feeder, 0);
	cr_expect_eq(view.first, EPOCH + (uint64_t)(first * 1000));
	cr_expect_eq(view.last, EPOCH + (uint64_t)(last * 1000));
	cr_expect_eq(view.packets[0] + view.packets[1], count);
	cr_expect_eq(view.end, FLOW_END_FORCED);
	feeder_close(&feeder);
}

#define EXPECT_ONE(first, last, ...)                                                               \
	expect_one((const int64_t[]){__VA_ARGS__},                                                 \
		   sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), first, last)

Test(live, late_packets_are_of_their_record)
{
	EXPECT_ONE(0, 20003, 0, 1, 20000, 20003, 20001, 20002);
	EXPECT_ONE(-7, 1, 0, 1, -3, -7, -5);                 /* within the first unit of 2^20 ns */
	EXPECT_ONE(-1900000, 10, 0, 10, -1000000, -1900000); /* about as late as they may be */
	EXPECT_ONE(-1900000, 900000, 0, 10, 900000, -1000000, 5, -1900000, 7);
	EXPECT_ONE(-2, 0, 0, -1, -2);
}

/* Two stamps of the NIC may lie on both sides of the worker's clock: neither ends the other's flow.
 */
Test(live, late_packets_end_nothing)
{
	enum { FLOWS = 50, PACKETS = 200000 };
	static uint64_t first[FLOWS], last[FLOWS], count[FLOWS];
	struct prng prng = {5};
	struct feeder feeder;
	uint64_t clock = EPOCH;

	open_live(&feeder, FLOWS);
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t flow = prng_below(&prng, FLOWS);
		uint64_t time = clock + SECOND - prng_below(&prng, 2 * (uint32_t)SECOND - 1);
		struct packet packet = numbered_packet(flow, prng_percent(&prng, 50), time);

		first[flow] = count[flow] == 0 || time < first[flow] ? time : first[flow];
		last[flow] = time > last[flow] ? time : last[flow];
		count[flow]++;
		feeder_packet(&feeder, &packet);
		clock += 100 * MICROSECOND;
		if (i % 7 == 0)
			push_round(&feeder, clock, 0);
	}
	settle(&feeder, clock, 0);
	feeder_finish(&feeder, clock);
	cr_assert_eq(feeder.ended_count, FLOWS);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow_view view = feeder_view(&feeder, i);
		/* The client's port tells the flow. */
		uint16_t port = view.source_port == 53 ? view.destination_port : view.source_port;
		uint32_t flow = port - 1000;

		cr_expect_eq(view.first, first[flow]);
		cr_expect_eq(view.last, last[flow]);
		cr_expect_eq(view.packets[0] + view.packets[1], count[flow]);
	}
	feeder_close(&feeder);
}

/* ---- dates ---- */

/* A record is dated by what made dates of clocks when it began, whatever is done to the wall clock.
 */
Test(live, the_wall_clock_only_dates)
{
	const uint64_t boot = 1000 * SECOND;
	const int64_t shift = (int64_t)(EPOCH - boot), back = shift - 3600 * (int64_t)SECOND;
	struct packet packet = numbered_packet(0, false, boot);
	struct feeder feeder;
	struct flow_view view;

	open_live(&feeder, 64);
	feeder_packet(&feeder, &packet);
	push_round(&feeder, boot, shift);
	packet = numbered_packet(0, true, boot + SECOND);
	feeder_packet(&feeder, &packet);
	packet = numbered_packet(1, true, boot + SECOND);
	feeder_packet(&feeder, &packet);
	settle(&feeder, boot + SECOND, back);
	feeder_finish(&feeder, boot + 2 * SECOND);
	cr_assert_eq(feeder.ended_count, 2);
	view = feeder_view(&feeder, 0);
	cr_expect_eq(view.first, EPOCH);
	cr_expect_eq(view.last, EPOCH + SECOND);
	view = feeder_view(&feeder, 1);
	cr_expect_eq(view.first, EPOCH + SECOND - 3600 * SECOND);
	cr_expect_eq(view.last, view.first);
	feeder_close(&feeder);
}
