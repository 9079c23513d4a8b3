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
