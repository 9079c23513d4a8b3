/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Where an interval of a capture ends: who is due ends there, and it changes no record. */

static void end_due(struct feeder *feeder, uint64_t border)
{
	bool all;

	feeder_flush(feeder);
	do {
		all = flow_table_end_due(feeder->table, border);
		feeder_take(feeder);
	} while (!all);
}

Test(borders, who_is_due_ends_and_nobody_else)
{
	struct flow_settings settings = usual_settings(4096);
	uint64_t border = EPOCH + settings.inactive_timeout + 1000 * MILLISECOND;
	struct feeder feeder;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < 3000; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH + i * MILLISECOND);

		feeder_packet(&feeder, &packet);
	}
	end_due(&feeder, border - 1000 * MILLISECOND);
	cr_assert_eq(feeder.ended_count, 0, "the timeout is not over, but reached");
	end_due(&feeder, border);
	cr_assert_eq(feeder.ended_count, 1000, "%u ended, more than an outbox holds",
		     feeder.ended_count);
	for (uint32_t i = 0; i < feeder.ended_count; i++) {
		cr_assert_eq(feeder_view(&feeder, i).end, FLOW_END_IDLE);
		cr_assert_lt(feeder_view(&feeder, i).first, EPOCH + 1000 * MILLISECOND);
	}
	cr_assert_eq(feeder_live(&feeder), 2000);
	cr_assert(flow_table_end_due(feeder.table, border), "nobody is left");
	feeder_check_conserved(&feeder);
	feeder_finish(&feeder, border);
	cr_assert_eq(flow_table_counters(feeder.table)->ended[FLOW_END_FORCED], 2000);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(borders, waits_while_the_outbox_is_full)
{
	struct flow_settings settings = usual_settings(4096);
	uint64_t border = EPOCH + settings.inactive_timeout + 1;
	const struct flow_record *records;
	struct feeder feeder;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < 600; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH);

		feeder_packet(&feeder, &packet);
	}
	feeder_flush(&feeder);
	cr_assert_not(flow_table_end_due(feeder.table, border));
	cr_assert_not(flow_table_end_due(feeder.table, border));
	cr_assert_eq(flow_table_outbox(feeder.table, &records), FLOW_OUTBOX);
	cr_assert_eq(feeder_live(&feeder), 600 - FLOW_OUTBOX);
	end_due(&feeder, border);
	cr_assert_eq(feeder.ended_count, 600);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* ---- records are the same with borders and without ---- */

#define PACKETS 60000
#define FLOWS   1500

/* TCP connections that open, close and time out, and go on after the active timeout. */
static struct packet random_packet(struct prng *prng, uint64_t clock)
{
	uint32_t flow = prng_below(prng, FLOWS);
	/* One in ten is busy. */
	struct packet packet =
		numbered_packet(flow % 10 ? flow : flow % 100, prng_percent(prng, 50), clock);

	packet.key.protocol = TCP;
	packet.tcp_flags = prng_one_in(prng, 20)   ? FIN | ACK
			   : prng_one_in(prng, 40) ? RST
			   : prng_one_in(prng, 20) ? SYN
						   : ACK;
	return packet;
}

static void feed(struct feeder *feeder, uint64_t interval)
{
	struct flow_settings settings = usual_settings(4096);
	struct prng prng = {9};
	uint64_t clock = EPOCH, border = EPOCH + interval;

	feeder_open(feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct packet packet;

		clock += prng_below(&prng, 10 * (uint32_t)MILLISECOND);
		if (prng_one_in(&prng, 10000))
			clock += 100 * SECOND;
		for (; interval > 0 && border <= clock; border += interval)
			end_due(feeder, border);
		packet = random_packet(&prng, clock);
		feeder_packet(feeder, &packet);
		feeder_take(feeder);
	}
	feeder_finish(feeder, clock);
	feeder_check_conserved(feeder);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_view));
}

/* In an order that does not depend on that in which they ended. */
static struct flow_view *sorted_views(const struct feeder *feeder)
{
	struct flow_view *views = calloc(feeder->ended_count, sizeof(*views));

	for (uint32_t i = 0; i < feeder->ended_count; i++) {
		views[i] = feeder_view(feeder, i);
		views[i].lines = NULL; /* where they lie is no matter */
	}
	qsort(views, feeder->ended_count, sizeof(*views), compare);
	return views;
}

Test(borders, change_no_record)
{
	static const uint64_t intervals[] = {SECOND, SECOND / 7, 33 * SECOND};
	struct feeder plain, cut;
	struct flow_view *views;

	feed(&plain, 0);
	views = sorted_views(&plain);
	for (int reason = FLOW_END_IDLE; reason <= FLOW_END_CLOSED; reason++)
		cr_assert_gt(flow_table_counters(plain.table)->ended[reason], 50,
			     "only %lu ended by %d",
			     flow_table_counters(plain.table)->ended[reason], reason);
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		struct flow_view *others;

		feed(&cut, intervals[i]);
		others = sorted_views(&cut);
		cr_assert_eq(cut.ended_count, plain.ended_count, "%u records instead of %u",
			     cut.ended_count, plain.ended_count);
		cr_assert_eq(memcmp(others, views, plain.ended_count * sizeof(*views)), 0);
		free(others);
		feeder_close(&cut);
	}
	free(views);
	feeder_close(&plain);
}
