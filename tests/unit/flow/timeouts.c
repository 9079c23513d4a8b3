/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define UNIT (UINT64_C(1) << 20) /* ns; flow_record.started counts in these */
#define DAY  (86400 * SECOND)

/* One flow: a packet at EPOCH, one `gap` later. Checks whether the second began a new record. */
static void expect_second(const struct flow_settings *settings, uint64_t gap, enum flow_end end)
{
	struct packet first = numbered_packet(0, false, EPOCH);
	struct packet second = numbered_packet(0, true, EPOCH + gap);
	struct feeder feeder;

	feeder_open(&feeder, settings, 1);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &second);
	feeder_flush(&feeder);
	feeder_check_conserved(&feeder);
	cr_assert_eq(feeder_live(&feeder), 1);
	if (end == FLOW_LIVE) {
		cr_assert_eq(feeder.ended_count, 0, "ended after %lu ns", gap);
	} else {
		cr_assert_eq(feeder.ended_count, 1, "lives after %lu ns", gap);
		cr_assert_eq(feeder_view(&feeder, 0).end, end);
		cr_assert_eq(feeder_view(&feeder, 0).packets[0], 1);
		cr_assert_eq(flow_table_counters(feeder.table)->ended[end], 1);
	}
	feeder_close(&feeder);
}

Test(timeouts, idle_strictly_after_the_deadline)
{
	struct flow_settings settings = usual_settings(64);

	expect_second(&settings, settings.inactive_timeout, FLOW_LIVE);
	expect_second(&settings, settings.inactive_timeout + 1, FLOW_END_IDLE);
}

Test(timeouts, active_in_whole_units)
{
	struct flow_settings settings = usual_settings(64);

	settings.active_timeout = 1000 * UNIT;
	expect_second(&settings, 1001 * UNIT - 1, FLOW_LIVE);
	expect_second(&settings, 1001 * UNIT, FLOW_END_ACTIVE);
}

Test(timeouts, the_earlier_deadline_is_the_reason)
{
	struct flow_settings settings = usual_settings(64);

	settings.active_timeout = 1000 * UNIT;
	settings.inactive_timeout = 1001 * UNIT - 1; /* both from 1001 units on */
	expect_second(&settings, 1001 * UNIT, FLOW_END_IDLE);
	expect_second(&settings, DAY, FLOW_END_IDLE);
	settings.inactive_timeout++;
	expect_second(&settings, 1001 * UNIT, FLOW_END_ACTIVE);
	expect_second(&settings, DAY, FLOW_END_ACTIVE);
}

Test(timeouts, longest_and_none)
{
	struct flow_settings settings = usual_settings(64);

	settings.active_timeout = FLOW_ACTIVE_TIMEOUT_MAX;
	settings.inactive_timeout = UINT64_MAX;
	expect_second(&settings, 20 * DAY, FLOW_LIVE);
	expect_second(&settings, 21 * DAY, FLOW_END_ACTIVE);
	settings.active_timeout = 0;
	settings.inactive_timeout = 0;
	expect_second(&settings, 0, FLOW_LIVE);
	expect_second(&settings, 1, FLOW_END_IDLE);
}

/* `started` has 32 bits and wraps after 52 days: a flow silent for longer is not young again. */
Test(timeouts, silence_longer_than_the_wrap)
{
	struct flow_settings settings = usual_settings(64);
	uint64_t wrap = UNIT << 32;

	expect_second(&settings, wrap, FLOW_END_IDLE);
	expect_second(&settings, wrap + SECOND, FLOW_END_IDLE);
	settings.active_timeout = 10 * DAY;
	settings.inactive_timeout = UINT64_MAX;
	expect_second(&settings, wrap + SECOND, FLOW_END_ACTIVE);
	expect_second(&settings, 3 * wrap + SECOND, FLOW_END_ACTIVE);
}

/* `count` flows at EPOCH, and clock passing without packets until `until`, in ms. */
static void open_idle(struct feeder *feeder, uint32_t count, uint64_t until)
{
	struct flow_settings settings = usual_settings(4096);

	feeder_open(feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < count; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH);

		feeder_packet(feeder, &packet);
	}
	feeder_flush(feeder);
	for (uint64_t clock = EPOCH; clock <= until; clock += MILLISECOND) {
		flow_table_expire(feeder->table, clock);
		feeder_take(feeder);
	}
}

Test(timeouts, expire_without_packets)
{
	struct feeder feeder;

	open_idle(&feeder, 1000, EPOCH + usual_settings(1).inactive_timeout);
	cr_assert_eq(feeder.ended_count, 0);
	cr_assert_eq(feeder_live(&feeder), 1000);
	feeder_close(&feeder);

	/* A pass takes little over a second. */
	open_idle(&feeder, 1000, EPOCH + usual_settings(1).inactive_timeout + 3 * SECOND);
	cr_assert_eq(feeder.ended_count, 1000);
	cr_assert_eq(flow_table_counters(feeder.table)->ended[FLOW_END_IDLE], 1000);
	cr_assert_eq(feeder_live(&feeder), 0);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* Packets of other flows move the sweep: that no packet comes for a flow does not keep it. */
Test(timeouts, packets_drive_the_sweep)
{
	struct feeder feeder;

	open_idle(&feeder, 1000, EPOCH);
	for (uint32_t i = 0; i < 20000; i++) {
		struct packet packet = numbered_packet(1000, i & 1, EPOCH + i * MILLISECOND);

		feeder_packet(&feeder, &packet);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 1000);
	cr_assert_eq(feeder_live(&feeder), 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(timeouts, a_packet_never_waits_for_a_full_scan)
{
	struct feeder feeder;
	const struct flow_record *records;

	open_idle(&feeder, 4000, EPOCH);
	for (uint32_t i = 0; i < 3 * FLOW_BURST; i++) {
		struct packet packet = numbered_packet(5000, false, EPOCH + (1 + i) * DAY);

		feeder_packet(&feeder, &packet);
		/* Its own old record, and a slice. */
		cr_assert_leq(flow_table_outbox(feeder.table, &records), 128 + FLOW_BURST);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	cr_assert_gt(feeder.ended_count, 3 * FLOW_BURST);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* ---- the result depends on the packets alone ---- */

#define PACKETS 40000

static struct packet *random_packets(void)
{
	struct packet *packets = malloc(PACKETS * sizeof(*packets));
	struct prng prng = {7};
	uint64_t clock = EPOCH;

	cr_assert_not_null(packets);
	for (uint32_t i = 0; i < PACKETS; i++) {
		clock += prng_below(&prng, 40 * (uint32_t)MILLISECOND);
		packets[i] =
			numbered_packet(prng_below(&prng, 1000), prng_percent(&prng, 50), clock);
	}
	return packets;
}

/* `cut` 0: random bursts, empty ones among them. */
static void feed_all(struct feeder *feeder, const struct packet *packets, uint32_t capacity,
		     uint32_t cut)
{
	struct flow_settings settings = usual_settings(capacity);
	struct prng prng = {8};

	feeder_open(feeder, &settings, cut ? cut : 1);
	for (uint32_t i = 0; i < PACKETS; i++) {
		feeder_packet(feeder, &packets[i]);
		feeder_take(feeder);
		if (cut != 0)
			continue;
		while (prng_percent(&prng, 30)) {
			feeder_push(feeder);
			feeder_take(feeder);
		}
		feeder->cut = 1 + prng_below(&prng, FLOW_BURST);
	}
	feeder_finish(feeder, packets[PACKETS - 1].clock);
	feeder_check_conserved(feeder);
}

static void expect_same(uint32_t capacity, enum flow_end reached)
{
	static const uint32_t cuts[] = {1, 2, 7, 31, 0};
	struct packet *packets = random_packets();
	struct feeder whole, cut;

	feed_all(&whole, packets, capacity, FLOW_BURST);
	cr_assert_gt(flow_table_counters(whole.table)->ended[reached], 100);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		feed_all(&cut, packets, capacity, cuts[i]);
		cr_assert_eq(cut.ended_count, whole.ended_count);
		/* Even the order and the slots are the same. */
		cr_assert_eq(
			memcmp(cut.ended, whole.ended, whole.ended_count * sizeof(whole.ended[0])),
			0);
		feeder_close(&cut);
	}
	feeder_close(&whole);
	free(packets);
}

Test(timeouts, burst_cuts_change_nothing)
{
	expect_same(2000, FLOW_END_IDLE);
}

Test(timeouts, burst_cuts_change_nothing_when_full)
{
	expect_same(150, FLOW_END_RESOURCES);
}

/* ---- the end of weir ---- */

Test(timeouts, finish_tells_timeouts_from_force)
{
	struct flow_settings settings = usual_settings(4096);
	struct feeder feeder;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < 1000; i++) {
		/* 300 early ones, and 700 that are not due at the end. */
		struct packet packet = numbered_packet(i, false, EPOCH + (i < 300 ? 0 : SECOND));

		feeder_packet(&feeder, &packet);
	}
	feeder_finish(&feeder, EPOCH + settings.inactive_timeout + SECOND);

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->ended[FLOW_END_IDLE], 300);
	cr_assert_eq(counters->ended[FLOW_END_FORCED], 700);
	cr_assert_eq(feeder.ended_count, 1000);
	cr_assert_eq(feeder_live(&feeder), 0);
	feeder_check_conserved(&feeder);
	cr_assert(flow_table_finish(feeder.table, EPOCH));
	feeder_close(&feeder);
}

Test(timeouts, finish_goes_on_where_the_outbox_was_full)
{
	struct feeder feeder;
	const struct flow_record *records;
	uint64_t end = EPOCH + SECOND;

	open_idle(&feeder, 600, EPOCH);
	cr_assert_not(flow_table_finish(feeder.table, end));
	cr_assert_eq(flow_table_outbox(feeder.table, &records), FLOW_OUTBOX);
	cr_assert_not(flow_table_finish(feeder.table, end));
	cr_assert_eq(feeder_live(&feeder), 600 - FLOW_OUTBOX);
	feeder_finish(&feeder, end);
	cr_assert_eq(feeder.ended_count, 600);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* A counter that would wrap one day begins another record: nothing is lost, the flow is one. */
Test(timeouts, counters_never_wrap)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint32_t packets = 100000;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < packets; i++) {
		struct packet packet = numbered_packet(0, i & 1, EPOCH);

		packet.frame_length = 0xffffffff;
		packet.octets = packet.frame_length - 14;
		feeder_packet(&feeder, &packet);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	cr_assert_eq(feeder_view(&feeder, 0).end, FLOW_END_RESOURCES);
	/* Less than 2^47 octets in one direction: 32768 such packets, and as many of the other. */
	cr_assert_eq(feeder_view(&feeder, 0).packets[0], 32768);
	cr_assert_eq(feeder_view(&feeder, 0).packets[1], 32768);
	cr_assert_eq(feeder_view(&feeder, 0).frame_max, 65535);
	cr_assert_eq(flow_table_counters(feeder.table)->created, 1);
	cr_assert_eq(flow_table_counters(feeder.table)->ended[FLOW_END_RESOURCES], 0);
	cr_assert_eq(flow_table_counters(feeder.table)->continued, 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(timeouts, frames_that_lie_about_their_length)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint32_t lengths[] = {100, 0xfffffff0, 100, 0x7fffffff, 0x7fffffff, 100};
	struct flow_view view;

	feeder_open(&feeder, &settings, 1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct packet packet = numbered_packet(0, false, EPOCH);

		packet.frame_length = lengths[i];
		packet.octets = 40;
		feeder_packet(&feeder, &packet);
	}
	feeder_finish(&feeder, EPOCH);
	cr_assert_eq(feeder.ended_count, 1);
	view = feeder_view(&feeder, 0);
	cr_assert_eq(view.frame_octets, 300 + UINT64_C(0xfffffff0) + 2 * UINT64_C(0x7fffffff));
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}
