/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Thirty times as many flows as the table has records. No packet is lost from the totals, every
 * record says the truth, and the heavy flows are found: exactly in the records, with a stated bound
 * in the stats core's list. bench-attack does the same with 20 million flows and a million records.
 */
#include <criterion/criterion.h>

#include "flood.h"

#define FLOWS 2000000

Test(full_table, keeps_totals_and_heavy_flows, .timeout = 120)
{
	const struct flood_settings settings = {
		.capacity = 65536, .flows = FLOWS, .interval = 200000};
	struct flood_result result;

	cr_assert(flood_run(&settings, &result));
	cr_assert_eq(result.counters.packets, result.packets);
	cr_assert_eq(result.counters.octets, result.octets);
	cr_assert_eq(result.counters.overflow_octets, 0);
	cr_assert_eq(result.ended_packets, result.packets);
	cr_assert_eq(result.ended_octets, result.octets);
	/* The table was full nearly all the time, and who had to go says so. */
	cr_assert_gt(result.ended[FLOW_END_RESOURCES], FLOWS / 10 * 9);
	for (int flow = 0; flow < FLOOD_HEAVY; flow++)
		cr_assert_eq(result.heavy_recorded[flow], result.heavy_sent[flow]);

	cr_assert(!result.exact, "more flows than the list can hold");
	cr_assert_geq(result.heavy_listed, FLOOD_HEAVY * 99 / 100);
	cr_assert_eq(result.outside_of_bound, 0);
}

/*
 * Whoever was there before a flood and goes on, a packet a second, stays whole: large packets or
 * small ones, one a flow or several. At most one of a hundred settled flows may be cut, once.
 */
static void expect_settled(uint32_t capacity, uint32_t flows, uint32_t packets, uint16_t octets)
{
	const struct flood_settings settings = {.capacity = capacity,
						.flows = flows,
						.packets = packets,
						.octets = octets,
						.interval = 200000,
						.settled = 1000};
	struct flood_result result;

	cr_assert(flood_run(&settings, &result));
	cr_assert_eq(result.ended_packets, result.packets);
	cr_assert_eq(result.ended_octets, result.octets);
	cr_assert_gt(result.ended[FLOW_END_RESOURCES], flows / 10 * 5);
	cr_assert_lt(result.settled_cut, settings.settled / 100, "%lu", result.settled_cut);
}

Test(full_table, large_packets_take_no_room_from_others, .timeout = 120)
{
	expect_settled(65536, FLOWS, 1, 1480);
}

Test(full_table, nor_do_several_packets_a_flow, .timeout = 120)
{
	expect_settled(65536, FLOWS / 4, 4, 1480);
	expect_settled(65536, FLOWS / 10, 20, 60);
}

Test(full_table, nor_in_the_default_table, .timeout = 120)
{
	expect_settled(1 << 20, 2 * FLOWS, 1, 1480);
}
