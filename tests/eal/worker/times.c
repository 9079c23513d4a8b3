/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <string.h>

#include <weir/clock.h>

#include "eal_rig.h"
#include "ring_rig.h"

/* When the worker thinks that a frame was there, and what its clock makes of the flows. */
static struct ring_rig rig;

Test(times, time_of_a_nic_is_taken_when_plausible)
{
	struct worker_counters counters;
	uint8_t frame[60];
	uint64_t now;

	ring_rig_start(&rig);
	now = clock_wall_ns();
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add_timed(&rig, frame, sizeof(frame), now - CLOCK_SECOND / 2);
	ring_rig_add_timed(&rig, frame, sizeof(frame),
			   123456789); /* ticks since the NIC was reset */
	ring_rig_add_timed(&rig, frame, sizeof(frame), now + 23 * 3600 * CLOCK_SECOND);
	memcpy(frame + 12, "\x08\x06", 2); /* ARP: not what most frames are */
	ring_rig_add_timed(&rig, frame, sizeof(frame), now - 2 * CLOCK_SECOND);
	ring_rig_run(&rig, &counters);
	cr_assert_eq(clock_date(counters.first), now - CLOCK_SECOND / 2);
	cr_assert_eq(counters.stamps_ignored, 3);
	cr_assert_geq(clock_date(counters.last), now,
		      "the other frames have the wall clock's time");
	cr_assert_lt(clock_date(counters.last), now + 60 * CLOCK_SECOND);
	ring_rig_stop(&rig);
}

Test(times, a_replaying_driver_brings_its_own_time)
{
	uint64_t then = UINT64_C(1234567890) * CLOCK_SECOND;
	struct worker_counters counters;
	struct flow_view view;
	uint8_t frame[60];

	ring_rig_replay(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add_timed(&rig, frame, sizeof(frame), then);
	ring_rig_add_timed(&rig, frame, sizeof(frame), then + 29 * CLOCK_SECOND);
	ring_rig_add_timed(&rig, frame, sizeof(frame),
			   then + 60 * CLOCK_SECOND); /* idle for 31 s: a new flow */
	ring_rig_run(&rig, &counters);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_assert_eq(view.first, then);
	cr_assert_eq(view.last, then + 29 * CLOCK_SECOND);
	cr_assert_eq(view.end, FLOW_END_IDLE);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_assert_eq(view.first, then + 60 * CLOCK_SECOND);
	ring_rig_stop(&rig);
}

/*
 * Every other frame brings a time; `first`: the first of the burst does. Not all are common ones.
 */
static void check_some_times(bool first)
{
	uint64_t now, early, earliest;
	struct worker_counters counters;
	struct flow_view view;
	uint8_t frame[60], arp[60];

	ring_rig_start(&rig);
	now = clock_wall_ns();
	early = now - CLOCK_SECOND / 2;
	earliest = early + !first;
	frame_udp4(frame, sizeof(frame), 1, false);
	memcpy(arp, frame, sizeof(arp));
	memcpy(arp + 12, "\x08\x06", 2);
	for (unsigned int i = 0; i < 8; i++) {
		if (i % 2 == !first)
			ring_rig_add_timed(&rig, i < 6 ? frame : arp, sizeof(frame), early + i);
		else
			ring_rig_add(&rig, frame, sizeof(frame), 0);
	}
	ring_rig_run(&rig, &counters);
	cr_expect_eq(counters.reasons[PACKET_FLOW_IPV4], 7);
	cr_expect_eq(counters.reasons[PACKET_NON_IP_ARP], 1);
	cr_expect_eq(clock_date(counters.first), earliest);
	cr_expect_geq(clock_date(counters.last), now);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_expect_eq(view.packets[0], 7);
	cr_expect_eq(view.first, earliest);
	cr_expect_geq(view.last, now);
	ring_rig_stop(&rig);
}

Test(times, the_first_frame_and_others_have_a_time)
{
	check_some_times(true);
}

Test(times, the_second_frame_and_others_have_a_time)
{
	check_some_times(false);
}

/*
 * A flow of one packet, then nothing but frames that have none: it leaves by its timeout and at
 * most 2 s. Before, only packets with a flow moved the sweep.
 */
static void check_expiry(const uint8_t *other)
{
	const uint64_t timeout = CLOCK_SECOND / 2, bound = timeout + 2 * CLOCK_SECOND;
	struct worker_counters counters = {0};
	uint64_t started, now;
	uint8_t frame[60];

	rig.inactive_timeout = timeout;
	ring_rig_start(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	ring_rig_launch(&rig);
	started = clock_monotonic_ns();
	do {
		now = clock_monotonic_ns();
		if (other != NULL && rte_mempool_avail_count(rig.pool) > 1000 &&
		    rte_ring_count(rig.ring) < 64)
			ring_rig_add(&rig, other, sizeof(frame), 0);
		worker_shared_counters(&rig.worker.shared, &counters);
	} while (counters.flows.ended[FLOW_END_IDLE] == 0 && now - started < 4 * bound);
	ring_rig_join(&rig);
	cr_expect_eq(counters.flows.ended[FLOW_END_IDLE], 1);
	cr_expect_geq(now - started, timeout);
	cr_expect_leq(now - started, bound);
	ring_rig_stop(&rig);
}

Test(times, flows_expire_while_frames_without_a_flow_come)
{
	uint8_t arp[60];

	frame_udp4(arp, sizeof(arp), 1, false);
	memcpy(arp + 12, "\x08\x06", 2);
	check_expiry(arp);
}

Test(times, flows_expire_while_nothing_comes)
{
	check_expiry(NULL);
}

/* Its stamps go back: the clock does not. */
Test(times, the_clock_of_a_replay_never_goes_back)
{
	uint64_t then = UINT64_C(1234567890) * CLOCK_SECOND;
	struct worker_counters counters;
	struct flow_view view;
	uint8_t one[60], other[60];

	ring_rig_replay(&rig);
	frame_udp4(one, sizeof(one), 1, false);
	frame_udp4(other, sizeof(other), 2, false);
	ring_rig_add_timed(&rig, one, sizeof(one), then);
	ring_rig_add_timed(&rig, other, sizeof(other), then + 31 * CLOCK_SECOND);
	ring_rig_add_timed(&rig, one, sizeof(one), then + CLOCK_SECOND);
	ring_rig_run(&rig, &counters);
	cr_expect_eq(counters.flows.created, 3, "the first one was idle for 31 s");
	cr_expect_eq(counters.flows.ended[FLOW_END_IDLE], 1);
	cr_expect_eq(clock_date(counters.first), then);
	cr_expect_eq(clock_date(counters.last), then + 31 * CLOCK_SECOND);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_expect_eq(view.first, then);
	cr_expect_eq(view.last, then);
	ring_rig_stop(&rig);
}

/*
 * net_pcap on an interface: its flows leave while nothing comes, and a wild stamp changes nothing.
 */
Test(times, a_driver_that_may_replay_reads_an_interface)
{
	const uint64_t end = clock_monotonic_ns() + 10 * CLOCK_SECOND;
	struct worker_counters counters;
	uint8_t frame[60];

	rig.inactive_timeout = CLOCK_SECOND / 2;
	ring_rig_replay(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add_timed(&rig, frame, sizeof(frame), clock_wall_ns());
	ring_rig_add_timed(&rig, frame, sizeof(frame), CLOCK_SECOND);
	ring_rig_launch(&rig);
	do
		worker_shared_counters(&rig.worker.shared, &counters);
	while (counters.flows.ended[FLOW_END_IDLE] == 0 && clock_monotonic_ns() < end);
	ring_rig_join(&rig);
	cr_expect_eq(counters.flows.ended[FLOW_END_IDLE], 1);
	cr_expect_eq(counters.stamps_ignored, 1);
	ring_rig_stop(&rig);
}

/* Only packets move the clock of a replay, and those without a flow do, too: the sweep follows. */
Test(times, frames_without_a_flow_move_the_clock_of_a_replay)
{
	enum { FRAMES = 10 * FLOW_BURST };
	uint64_t then = UINT64_C(1234567890) * CLOCK_SECOND;
	struct worker_counters counters;
	uint8_t frame[60];

	ring_rig_replay(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add_timed(&rig, frame, sizeof(frame), then);
	memcpy(frame + 12, "\x08\x06", 2); /* ARP */
	for (uint32_t i = 1; i < FRAMES; i++)
		ring_rig_add_timed(&rig, frame, sizeof(frame), then + i * CLOCK_SECOND);
	ring_rig_launch(&rig);
	do
		worker_shared_counters(&rig.worker.shared, &counters);
	while (counters.received < FRAMES);
	cr_expect_eq(counters.flows.ended[FLOW_END_IDLE], 1, "not only at the end");
	ring_rig_join(&rig);
	ring_rig_stop(&rig);
}
