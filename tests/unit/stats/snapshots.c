/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Snapshots and those who read them. */

static const struct shot shot = {.source = 0x0a000001,
				 .destination = 0xc0000201,
				 .source_port = 9,
				 .destination_port = 53,
				 .protocol = PROTOCOL_UDP,
				 .octets = 100};

static void next(struct rig *rig)
{
	rig_send(rig, &shot, 1);
	rig_step(rig, CLOCK_SECOND);
}

/* What a snapshot says about the same packets in different places must agree. */
static void assert_consistent(const struct snapshot *snapshot)
{
	const struct stats_top *top = &snapshot->top[STATS_SOURCE][STATS_PACKETS][STATS_TOTAL];

	cr_assert_eq(snapshot->received, snapshot->number);
	cr_assert_eq(top->rows[0].metrics[STATS_PACKETS], snapshot->number);
	cr_assert_eq(snapshot->history_count,
		     snapshot->number < STATS_HISTORY_MAX ? snapshot->number : STATS_HISTORY_MAX);
}

Test(snapshots, numbered_and_replaced)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	cr_assert_null(stats_acquire(rig->stats));
	for (uint64_t i = 1; i <= 20; i++) {
		const struct snapshot *snapshot;

		next(rig);
		snapshot = stats_acquire(rig->stats);
		cr_assert_eq(snapshot->number, i);
		cr_assert_eq(snapshot->time, RIG_START + i * CLOCK_SECOND);
		cr_assert_eq(snapshot->started, RIG_START);
		assert_consistent(snapshot);
		stats_release(rig->stats, snapshot);
	}
	rig_close(rig);
}

Test(snapshots, none_before_the_interval_has_passed)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	rig_send(rig, &shot, 1);
	rig_step(rig, CLOCK_SECOND - 1);
	cr_assert_null(stats_acquire(rig->stats));
	rig_step(rig, 1);
	cr_assert_not_null(stats_acquire(rig->stats));
	rig_close(rig);
}

Test(snapshots, do_not_change_while_held)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	const struct snapshot *held;
	const struct stats_top *top;
	struct snapshot *copy = malloc(sizeof(*copy));
	struct stats_row row;

	next(rig);
	held = stats_acquire(rig->stats);
	top = &held->top[STATS_FLOW][STATS_OCTETS][STATS_TOTAL];
	memcpy(copy, held, sizeof(*copy));
	row = top->rows[0];
	for (int i = 0; i < 30; i++)
		next(rig);
	cr_assert_arr_eq(held, copy, sizeof(*copy));
	cr_assert_arr_eq(&top->rows[0], &row, sizeof(row));
	stats_release(rig->stats, held);
	free(copy);
	rig_close(rig);
}

Test(snapshots, all_held_and_the_core_goes_on)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	const struct snapshot *held[20], *snapshot;
	uint32_t distinct = 0;

	for (int i = 0; i < 20; i++) {
		next(rig);
		held[i] = stats_acquire(rig->stats);
		distinct += i == 0 || held[i] != held[i - 1];
	}
	cr_assert_geq(distinct, 3);
	cr_assert_lt(distinct, 20, "more snapshots than this test has readers");
	cr_assert_eq(held[19]->number, distinct);

	/* One is given back: the next snapshot covers all that happened since. */
	stats_release(rig->stats, held[0]);
	next(rig);
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->number, distinct + 1);
	cr_assert_eq(snapshot->received, 21);
	cr_assert_eq(rig_sum(rig, STATS_SOURCE, STATS_NOW, STATS_PACKETS), 21 - distinct);
	cr_assert_eq(rig_sum(rig, STATS_SOURCE, STATS_TOTAL, STATS_PACKETS), 21);
	cr_assert_eq(snapshot->now.packets_per_second, 1);

	/* With all held again there is still one for the end. */
	rig_finish(rig);
	cr_assert_neq(stats_acquire(rig->stats), snapshot);
	rig_close(rig);
}

struct reader {
	struct rig *rig;
	bool stop; /* atomic */
	uint64_t read;
};

static void *read_on(void *argument)
{
	struct reader *reader = argument;
	uint64_t newest = 0;

	while (!__atomic_load_n(&reader->stop, __ATOMIC_ACQUIRE)) {
		const struct snapshot *snapshot = stats_acquire(reader->rig->stats);

		if (snapshot == NULL)
			continue;
		cr_assert_geq(snapshot->number, newest, "time goes forward");
		newest = snapshot->number;
		assert_consistent(snapshot);
		reader->read++;
		stats_release(reader->rig->stats, snapshot);
	}
	return NULL;
}

Test(snapshots, read_from_other_threads_meanwhile)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct reader readers[3];
	pthread_t threads[3];

	for (int i = 0; i < 3; i++) {
		readers[i] = (struct reader){.rig = rig};
		cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
	}
	/* Whenever all spares are held the interval goes on, so wait for each snapshot. */
	for (uint64_t number = 1; number <= 300; number++) {
		uint64_t made = 0;

		rig_send(rig, &shot, 1);
		while (made < number) {
			const struct snapshot *snapshot;

			rig_step(rig, CLOCK_SECOND);
			snapshot = stats_acquire(rig->stats);
			made = snapshot->number;
			stats_release(rig->stats, snapshot);
		}
	}
	for (int i = 0; i < 3; i++) {
		__atomic_store_n(&readers[i].stop, true, __ATOMIC_RELEASE);
		pthread_join(threads[i], NULL);
		cr_assert_gt(readers[i].read, 0);
	}
	rig_close(rig);
}

static uint64_t sent; /* by an outlet, now */

static void fill_outlets(void *context, struct snapshot *snapshot)
{
	(void)context;
	snapshot->outlets[0] =
		(struct outlet_ledger){.given = 9, .sent = sent, .waiting = 9 - sent};
	snapshot->outlet_count = 1;
}

/* When all is counted outlets go on: the same once more, with what they say now. */
Test(snapshots, the_final_one_is_renewed_for_the_outlets)
{
	struct rig *rig = rig_open(&(struct rig_settings){.outlets = fill_outlets});
	const struct snapshot *final, *renewed;

	next(rig);
	sent = 4;
	rig_finish(rig);
	final = stats_acquire(rig->stats);
	cr_expect_eq(final->outlets[0].sent, 4);
	sent = 9;
	rig->now += CLOCK_SECOND;
	cr_assert(stats_renew(rig->stats, rig_clock(rig)));
	renewed = stats_acquire(rig->stats);
	cr_expect_eq(renewed->number, final->number + 1);
	cr_expect_eq(renewed->outlets[0].sent, 9);
	cr_expect_eq(renewed->outlets[0].waiting, 0);
	cr_expect_eq(final->outlets[0].sent, 4, "whoever holds one does not see it change");
	cr_expect_eq(renewed->received, final->received);
	cr_expect_eq(renewed->seconds, final->seconds);
	cr_expect_eq(renewed->clock, final->clock + CLOCK_SECOND);
	const struct stats_top *top = &renewed->top[STATS_SOURCE][STATS_PACKETS][STATS_TOTAL];
	const struct stats_top *old = &final->top[STATS_SOURCE][STATS_PACKETS][STATS_TOTAL];

	cr_expect_eq(top->shown, old->shown);
	cr_expect_neq(top->rows, old->rows, "its own, for others may be written over");
	cr_expect_eq(memcmp(top->rows, old->rows, top->shown * sizeof(*top->rows)), 0);
	stats_release(rig->stats, final);
	stats_release(rig->stats, renewed);
	rig_close(rig);
}
