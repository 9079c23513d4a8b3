/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include <rte_mbuf_dyn.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/handover.h>

#include "eal_rig.h"
#include "ring_rig.h"

static struct ring_rig rig;
static struct handover *handover;
static struct filter *filter;

#define PATIENCE (5 * CLOCK_SECOND)

static void start(uint32_t limit)
{
	rig.out_limit = limit;
	ring_rig_start(&rig);
	handover = rig.worker.handover;
}

static void wait_until_settled(void)
{
	const uint64_t end = clock_monotonic_ns() + PATIENCE;

	while (!handover_settled(handover))
		cr_assert_lt(clock_monotonic_ns(), end);
}

static void arm(unsigned int receiver, const char *expression)
{
	filter = NULL;
	if (expression != NULL)
		cr_assert_eq(filter_create(expression, &rig.worker.fields, &filter, NULL), 0);
	handover_arm(handover, receiver, filter, true);
	wait_until_settled();
}

static void disarm(unsigned int receiver)
{
	handover_disarm(handover, receiver);
	wait_until_settled();
	filter_destroy(filter);
}

/* Frames that have come, `most` of them or as many as come within a moment after the last. */
static uint32_t take(struct handover_frame *frames, uint32_t most)
{
	uint64_t end = clock_monotonic_ns() + PATIENCE;
	uint32_t taken = 0;

	while (taken < most && clock_monotonic_ns() < end)
		taken += handover_take(handover, &frames[taken], most - taken);
	return taken;
}

/* The worker has left. All is received and counted, and every mbuf comes home. */
static void finish(uint64_t received)
{
	struct worker_counters counters;

	worker_shared_counters(&rig.worker.shared, &counters);
	assert_balanced(&counters);
	cr_expect_eq(counters.received, received);
	handover_destroy(handover);
	rig.worker.handover = NULL;
	cr_expect_eq(rte_mempool_in_use_count(rig.pool), 0);
	ring_rig_stop(&rig);
}

static void stop(uint64_t received)
{
	ring_rig_join(&rig);
	finish(received);
}

#define FRAMES 3000

Test(handover, what_matches_is_handed_over_whole_and_in_order)
{
	static struct handover_frame frames[HANDOVER_FRAMES];
	uint8_t frame[2][200];
	uint32_t wanted = 0, got = 0;

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	arm(3, "udp port 53 and greater 100");
	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t length = 60 + i % 80;
		bool matches = length >= 100;

		frame_udp4(frame[0], length, i % 16, false);
		memcpy(frame[0] + 50, &i, sizeof(i));
		ring_rig_add(&rig, frame[0], length, i % 3 == 0 ? 45 : 0);
		wanted += matches;
		if (!matches)
			continue;
		cr_assert_eq(take(frames, 1), 1, "frame %u", i);
		cr_expect_eq(frames[0].receivers, 1u << 3);
		cr_expect_eq(frames[0].port, rig.worker.queues[0].port);
		cr_assert_eq(rte_pktmbuf_pkt_len(frames[0].mbuf), length);
		cr_assert_arr_eq(rte_pktmbuf_read(frames[0].mbuf, 0, length, frame[1]), frame[0],
				 length, "frame %u", i);
		handover_return(handover, frames, 1);
		got++;
	}
	disarm(3);
	cr_expect_eq(got, wanted);
	cr_expect_eq(handover_take(handover, frames, 1), 0, "and nothing else");
	cr_expect_eq(handover_lost(handover, 3, rig.worker.queues[0].port), 0);
	stop(FRAMES);
}

Test(handover, nothing_is_handed_over_to_nobody)
{
	struct handover_frame taken;
	uint8_t frame[60];

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	for (int i = 0; i < 100; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	arm(0, NULL);
	disarm(0);
	while (handover_take(handover, &taken, 1) > 0) /* what came in between */
		handover_return(handover, &taken, 1);
	for (int i = 0; i < 100; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	ring_rig_join(&rig);
	cr_expect_eq(handover_take(handover, &taken, 1), 0);
	finish(200);
}

/* As when captures are read and nobody takes their flow records: the worker waits for room. */
Test(handover, a_worker_that_waits_lets_receivers_go)
{
	static struct handover_frame frames[FRAMES];
	const struct worker_shared *shared = &rig.worker.shared;
	const struct flow_record *record;
	uint8_t frame[60];
	uint32_t taken = 0;

	rig.ended_capacity = 64;
	rig.inactive_timeout = CLOCK_MILLISECOND;
	start(HANDOVER_FRAMES);
	rig.worker.lossless = true;
	ring_rig_launch(&rig);
	arm(0, NULL);
	for (int i = 0; i < 1000; i++) {
		frame_udp4(frame, sizeof(frame), (uint16_t)i, false);
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	}
	while (record_ring_room(&shared->ended) > 0)
		usleep(1000);
	usleep(10 * 1000); /* all are due, and there is no room */
	for (int i = 0; i < 3; i++) {
		disarm(0);
		arm(0, NULL);
	}
	disarm(0);
	taken = handover_take(handover, frames, FRAMES);
	cr_expect_gt(taken, 0);
	handover_return(handover, frames, taken);

	__atomic_store_n(&rig.stop, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) ||
	       record_ring_waiting(&shared->ended) > 0)
		if (record_ring_look(&rig.worker.shared.ended, 1, &record) > 0)
			record_ring_taken(&rig.worker.shared.ended, 1);
	ring_rig_join(&rig);
	while ((taken = handover_take(handover, frames, FRAMES)) > 0)
		handover_return(handover, frames, taken);
	finish(1000);
}

/* A thread that does not keep up: so many are out and no more, the others are counted. */
Test(handover, no_more_than_the_limit_are_out)
{
	enum { LIMIT = 100, TOTAL = 1000 };
	static struct handover_frame frames[LIMIT + 1];
	uint8_t frame[60];
	const uint16_t *port = &rig.worker.queues[0].port;

	start(LIMIT);
	ring_rig_launch(&rig);
	arm(1, NULL);
	frame_udp4(frame, sizeof(frame), 1, false);
	for (int i = 0; i < TOTAL; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	cr_expect_eq(take(frames, LIMIT), LIMIT);
	while (handover_lost(handover, 1, *port) < TOTAL - LIMIT)
		;
	cr_expect_eq(handover_lost(handover, 0, *port), 0, "another receiver's");
	cr_expect_eq(handover_take(handover, frames, 1), 0);
	/* With some of them back so many go out again. */
	handover_return(handover, frames, 30);
	while (rte_mempool_in_use_count(rig.pool) != LIMIT - 30)
		;
	for (int i = 0; i < 50; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	cr_expect_eq(take(frames, 30), 30);
	while (handover_lost(handover, 1, *port) < TOTAL - LIMIT + 20)
		;
	handover_return(handover, frames, LIMIT);
	disarm(1);
	stop(TOTAL + 50);
}

Test(handover, receivers_have_filters_of_their_own)
{
	struct filter *filters[2];
	struct handover_frame frames[4];
	uint8_t frame[4][100];

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	arm(0, "ip");
	filters[0] = filter;
	arm(7, "greater 80");
	filters[1] = filter;
	frame_udp4(frame[0], 60, 1, false);
	frame_udp4(frame[1], 100, 1, false);
	frame_udp6(frame[2], 70, 1, false);
	frame_udp6(frame[3], 90, 1, false);
	ring_rig_add(&rig, frame[0], 60, 0);
	ring_rig_add(&rig, frame[1], 100, 0);
	ring_rig_add(&rig, frame[2], 70, 0);
	ring_rig_add(&rig, frame[3], 90, 0);
	cr_assert_eq(take(frames, 3), 3);
	cr_expect_eq(frames[0].receivers, 1u << 0);
	cr_expect_eq(frames[1].receivers, 1u << 0 | 1u << 7);
	cr_expect_eq(frames[2].receivers, 1u << 7);
	handover_return(handover, frames, 3);
	filter = filters[0];
	disarm(0);
	filter = filters[1];
	disarm(7);
	stop(4);
}

/* Whatever else is in their bursts: what has no flow, or does not match. */
Test(handover, frames_know_the_record_that_counts_them)
{
	static struct handover_frame frames[HANDOVER_FRAMES];
	struct flow_view view;
	uint32_t wanted = 0;
	uint8_t frame[100];

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	arm(2, "udp or arp");
	for (uint32_t i = 0; i < 900; i++) {
		if (i % 2 == 0)
			frame_udp4(frame, sizeof(frame), i % 37, false);
		else
			frame_udp6(frame, sizeof(frame), i % 37, false);
		if (i % 5 == 1)
			memcpy(frame + 12, "\x08\x06", 2); /* ARP */
		if (i % 7 == 3)
			memcpy(frame + 12, "\x88\xcc", 2); /* LLDP, which nobody wants */
		wanted += i % 7 != 3;
		ring_rig_add(&rig, frame, sizeof(frame), i % 11 == 5 ? 30 : 0);
	}
	cr_assert_eq(take(frames, wanted), wanted);
	for (uint32_t i = 0; i < wanted; i++) {
		const uint8_t *type = rte_pktmbuf_mtod_offset(frames[i].mbuf, uint8_t *, 12);
		uint32_t network = type[0] == 0x08 ? 20 : 40;
		union flow_copy copy;
		uint8_t bytes[100];

		if (memcmp(type, "\x08\x06", 2) == 0) {
			cr_assert_eq(frames[i].slot, FLOW_NO_SLOT, "frame %u", i);
			continue;
		}
		cr_assert_eq(flow_table_read(rig.worker.shared.table, frames[i].slot, &copy),
			     FLOW_SLOT_LIVE, "frame %u, slot %u", i, frames[i].slot);
		flow_view(&copy.record, &view);
		type = rte_pktmbuf_read(frames[i].mbuf, 14 + network, 2, bytes);
		cr_assert_eq(view.version, network == 20 ? 4 : 6);
		cr_assert_eq(view.source_port, type[0] << 8 | type[1], "frame %u", i);
	}
	handover_return(handover, frames, wanted);
	disarm(2);
	stop(900);
}

/* As weir dates them: by the NIC where that is plausible, else by the clock. */
Test(handover, frames_have_their_date)
{
	struct handover_frame frames[3];
	uint8_t frame[60];
	uint64_t now;

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	arm(0, NULL);
	now = clock_wall_ns();
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add_timed(&rig, frame, sizeof(frame), now - CLOCK_SECOND / 2);
	ring_rig_add_timed(&rig, frame, sizeof(frame), 123456789);
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	cr_assert_eq(take(frames, 3), 3);
	cr_expect_eq(frames[0].date, now - CLOCK_SECOND / 2);
	for (int i = 1; i < 3; i++) {
		cr_expect_geq(frames[i].date, now - CLOCK_MILLISECOND);
		cr_expect_leq(frames[i].date, clock_wall_ns() + CLOCK_MILLISECOND);
	}
	handover_return(handover, frames, 3);
	disarm(0);
	stop(3);
}

/* The worker has left before its frames are back: whoever frees the handover frees them. */
Test(handover, frames_outlive_the_worker)
{
	struct handover_frame frames[10];
	uint8_t frame[60];

	start(HANDOVER_FRAMES);
	ring_rig_launch(&rig);
	arm(0, NULL);
	frame_udp4(frame, sizeof(frame), 1, false);
	for (int i = 0; i < 10; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	cr_assert_eq(take(frames, 5), 5);
	ring_rig_join(&rig);
	handover_return(handover, frames, 5);
	handover_disarm(handover, 0);
	cr_expect(handover_settled(handover));
	cr_expect_eq(rte_mempool_in_use_count(rig.pool), 10);
	finish(10);
}
