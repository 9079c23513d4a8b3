/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

/* Somebody sets the wall clock: nothing but dates changes, and those of the past change with it. */

#define HOUR (3600 * CLOCK_SECOND)
#define DAY  (24 * HOUR)

static const struct shot shot = {.source = 0x0a000001,
				 .destination = 0xc0000201,
				 .source_port = 9,
				 .destination_port = 53,
				 .protocol = PROTOCOL_UDP,
				 .octets = 100};

static const int64_t steps[] = {-(int64_t)HOUR, 10 * (int64_t)DAY, -1, 1};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* Ten seconds of ten packets each; in the middle of the sixth the clock is set. */
static struct rig *run(int64_t step)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	for (uint32_t second = 0; second < 10; second++) {
		rig_send(rig, &shot, 10);
		rig_step(rig, CLOCK_SECOND / 2);
		if (second == 5)
			rig->shift += step;
		rig_step(rig, CLOCK_SECOND / 2);
	}
	return rig;
}

Test(clock, a_step_changes_no_interval_and_no_rate)
{
	for (unsigned int s = 0; s < STEPS; s++) {
		struct rig *rig = run(steps[s]);
		const struct snapshot *snapshot = stats_acquire(rig->stats);

		cr_expect_eq(snapshot->number, 10);
		cr_expect_eq(snapshot->seconds, 10);
		cr_expect_eq(snapshot->now.packets_per_second, 10);
		cr_expect_eq(snapshot->average.packets_per_second, 10);
		cr_expect_eq(snapshot->windows[STATS_10S].time, 10 * CLOCK_SECOND);
		cr_expect_eq(snapshot->history_count, 10);
		for (uint32_t i = 0; i < snapshot->history_count; i++) {
			cr_expect_eq(snapshot->history[i].duration, CLOCK_SECOND);
			cr_expect_eq(snapshot->history[i].packets, 10);
		}
		cr_expect_eq(rig_sum(rig, STATS_SOURCE, STATS_10S, STATS_PACKETS), 100);
		stats_release(rig->stats, snapshot);
		rig_finish(rig);
		rig_close(rig);
	}
}

/* The first and the last packet are that by the clock, whichever worker had them. */
Test(clock, packets_of_two_workers_on_both_sides_of_a_step)
{
	for (unsigned int s = 0; s < STEPS; s++) {
		struct rig *rig = rig_open(&(struct rig_settings){.workers = 3});
		const struct snapshot *snapshot;

		rig_send_on(rig, 0, &shot, 1);
		rig->shift += steps[s];
		rig_step(rig, CLOCK_SECOND / 4);
		rig_send_on(rig, 1, &shot, 1);
		rig_step(rig, CLOCK_SECOND);
		snapshot = stats_acquire(rig->stats);
		cr_expect_eq(snapshot->first, RIG_START);
		cr_expect_eq(snapshot->last, RIG_START + CLOCK_SECOND / 4 + (uint64_t)steps[s]);
		stats_release(rig->stats, snapshot);
		rig_close(rig);
	}
}

Test(clock, dates_of_the_past_follow_a_step)
{
	for (unsigned int s = 0; s < STEPS; s++) {
		struct rig *rig = run(steps[s]);
		const struct snapshot *snapshot = stats_acquire(rig->stats);
		uint64_t start = RIG_START + (uint64_t)steps[s];

		cr_expect_eq(snapshot->time, start + 10 * CLOCK_SECOND);
		cr_expect_eq(snapshot->clock, RIG_START + 10 * CLOCK_SECOND);
		cr_expect_eq(snapshot->started, start);
		for (uint32_t i = 0; i < snapshot->history_count; i++)
			cr_expect_eq(snapshot->history[i].time, start + (i + 1) * CLOCK_SECOND);
		stats_release(rig->stats, snapshot);
		rig_close(rig);
	}
}
