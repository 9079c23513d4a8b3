/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

/* More keys than there is room for: the lists say so, and what they say of the error holds. */

#define HEAVY 10

static struct shot shot_of(uint32_t number)
{
	return (struct shot){.source = 0x0a000000 + number,
			     .destination = 0xc0000201,
			     .source_port = 5,
			     .destination_port = 53,
			     .protocol = PROTOCOL_UDP,
			     .octets = 100};
}

/* One packet of each sender, and many of the last ones. */
static uint32_t packets_of(uint32_t number, uint32_t senders)
{
	return number < senders - HEAVY ? 1 : 1000 + number % HEAVY;
}

static void send_all(struct rig *rig, uint32_t senders)
{
	for (uint32_t i = 0; i < senders; i++) {
		struct shot shot = shot_of(i);

		rig_send(rig, &shot, packets_of(i, senders));
	}
}

static void assert_exact(struct rig *rig, enum stats_window window, bool exact)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);

	for (int m = 0; m < STATS_METRICS; m++) {
		const struct stats_top *top = &snapshot->top[STATS_SOURCE][m][window];

		cr_assert_eq(top->exact, exact, "%s", stats_window_names[window]);
		cr_assert_eq(top->error[STATS_PACKETS] > 0, !exact);
	}
	stats_release(rig->stats, snapshot);
}

/* The list of `window` shows the heavy senders, each sum low by no more than it says. */
static void assert_heavy(struct rig *rig, enum stats_window window, uint32_t senders,
			 uint32_t times)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	const struct stats_top *top = &snapshot->top[STATS_SOURCE][STATS_PACKETS][window];

	cr_assert_geq(top->shown, HEAVY);
	for (uint32_t i = 0; i < HEAVY; i++) {
		uint32_t number = senders - 1 - i;
		uint64_t truth = (uint64_t)times * packets_of(number, senders), packets;
		struct stats_key key = key_source(0x0a000000 + number);
		bool found = false;

		for (uint32_t r = 0; r < HEAVY; r++) {
			if (memcmp(&top->rows[r].key, &key, sizeof(key)) != 0)
				continue;
			found = true;
			packets = top->rows[r].metrics[STATS_PACKETS];
			cr_assert_leq(packets, truth);
			cr_assert_leq(truth, packets + top->error[STATS_PACKETS]);
		}
		cr_assert(found, "%s: sender %u", stats_window_names[window], number);
	}
	stats_release(rig->stats, snapshot);
}

Test(bounds, exact_as_far_as_the_capacity)
{
	struct rig *rig = rig_open(&(struct rig_settings){.flow_capacity = 1 << 17});
	const struct snapshot *snapshot;
	uint32_t capacity;

	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	capacity = snapshot->top_capacity;
	stats_release(rig->stats, snapshot);

	/* The server is an address, too. */
	send_all(rig, capacity - 1);
	rig_step(rig, CLOCK_SECOND);
	assert_exact(rig, STATS_NOW, true);
	assert_exact(rig, STATS_TOTAL, true);
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->top[STATS_SOURCE][0][STATS_TOTAL].keys, capacity - 1);
	stats_release(rig->stats, snapshot);

	struct shot one_more = shot_of(capacity - 1);
	rig_send(rig, &one_more, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_exact(rig, STATS_NOW, true);
	assert_exact(rig, STATS_TOTAL, false);
	assert_heavy(rig, STATS_TOTAL, capacity - 1, 1);
	rig_close(rig);
}

Test(bounds, hold_beyond_the_capacity)
{
	const uint32_t senders = 100000;
	struct rig *rig = rig_open(&(struct rig_settings){.flow_capacity = 1 << 17, .workers = 2});

	for (uint32_t i = 1; i <= 3; i++) {
		send_all(rig, senders);
		rig_step(rig, CLOCK_SECOND);
		assert_exact(rig, STATS_NOW, false);
		assert_heavy(rig, STATS_NOW, senders, 1);
		assert_heavy(rig, STATS_10S, senders, i);
		assert_heavy(rig, STATS_60S, senders, i);
		assert_heavy(rig, STATS_TOTAL, senders, i);
	}
	/* The dimension with one key is exact all the same. */
	cr_assert_eq(rig_sum(rig, STATS_DESTINATION, STATS_TOTAL, STATS_PACKETS),
		     3 * (senders - HEAVY + HEAVY * 1000 + 45));
	rig_close(rig);
}

Test(bounds, windows_are_exact_as_far_as_theirs)
{
	struct rig *rig = rig_open(&(struct rig_settings){.flow_capacity = 1 << 14});
	const struct snapshot *snapshot;
	uint32_t capacity;

	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	capacity = snapshot->top_window_capacity - 1; /* of senders: the server is one, too */
	stats_release(rig->stats, snapshot);

	for (uint32_t i = 1; i <= 9; i++) {
		send_all(rig, capacity);
		rig_step(rig, CLOCK_SECOND);
		assert_exact(rig, STATS_10S, true);
		assert_heavy(rig, STATS_10S, capacity, i);
	}
	/* One key more in one interval: inexact as long as that is in the window. */
	send_all(rig, capacity + 1);
	rig_step(rig, CLOCK_SECOND);
	for (uint32_t i = 1; i <= 9; i++) {
		send_all(rig, capacity);
		rig_step(rig, CLOCK_SECOND);
		assert_exact(rig, STATS_10S, false);
		assert_exact(rig, STATS_TOTAL, true);
	}
	send_all(rig, capacity);
	rig_step(rig, CLOCK_SECOND);
	assert_exact(rig, STATS_10S, true);
	assert_exact(rig, STATS_60S, false);
	assert_heavy(rig, STATS_10S, capacity, 10);
	rig_close(rig);
}
