/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include "shadow.h"

/* What has been counted of a record, when its counters are larger than the hot line's. */

static struct flow_record record_of(uint64_t forward, uint64_t reverse)
{
	struct flow_record record = {.cold = {.instance = FLOW_INSTANCES - 1}};
	const uint64_t packets[2] = {forward, reverse};

	for (int direction = 0; direction < 2; direction++) {
		record.cold.carried_packets[direction] = (uint8_t)(packets[direction] / FLOW_CARRY);
		record.hot.packets[direction] = (uint32_t)(packets[direction] % FLOW_CARRY);
	}
	record.hot.octets0 = 46 * forward;
	record.hot.octets1 = 46 * reverse;
	return record;
}

/* Each step is counted once, and their sum is the record. */
static void expect_deltas(const uint64_t (*steps)[2], uint32_t count)
{
	struct shadow shadow = {0};
	uint64_t counted[2] = {0};
	struct stats_delta delta;

	for (uint32_t i = 0; i < count; i++) {
		struct flow_record record = record_of(steps[i][0], steps[i][1]);

		cr_assert(i == 0 ? shadow_empty(&shadow) : shadow_is_of(&shadow, &record));
		cr_assert(shadow_delta(&shadow, &record, &delta));
		for (int direction = 0; direction < 2; direction++) {
			cr_assert_eq(delta.packets[direction],
				     steps[i][direction] - counted[direction]);
			cr_assert_eq(delta.octets[direction], 46 * delta.packets[direction]);
			cr_assert_eq(delta.first[direction], counted[direction] == 0);
			counted[direction] = steps[i][direction];
		}
		shadow_set(&shadow, &record);
		cr_assert_not(shadow_delta(&shadow, &record, &delta));
	}
}

Test(shadow, counts_across_a_carry)
{
	static const uint64_t steps[][2] = {
		{1, 0},
		{FLOW_CARRY - 1, 0},
		{FLOW_CARRY + UINT64_C(1), 1},
		{UINT64_C(2) * FLOW_CARRY, UINT64_C(9) * FLOW_CARRY + 5},
		{UINT64_C(255) * FLOW_CARRY + 7, UINT64_C(256) * FLOW_CARRY - 1},
	};

	expect_deltas(steps, sizeof(steps) / sizeof(steps[0]));
}

/* A record that goes on with a flow may begin with the other side. */
Test(shadow, begins_in_reverse)
{
	static const uint64_t steps[][2] = {{0, 1}, {0, 8}, {3, 8}};

	expect_deltas(steps, sizeof(steps) / sizeof(steps[0]));
}
