/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <string.h>

#include "eal_rig.h"
#include "ring_rig.h"

static struct ring_rig rig;

/* Ethernet, VLAN 7, IPv6 with a hop-by-hop and a destination header, UDP 1000 -> 53, 2 bytes. */
static const uint8_t deep_frame[] = {
	0x02, 0,    0,    0,    0,    2,    0x02, 0, 0,    0,    0, 1,  0x81, 0x00,
	0x00, 0x07, 0x86, 0xdd, 0x60, 0,    0,    0, 0,    26,   0, 64, 0x20, 0x01,
	0x0d, 0xb8, 0,    0,    0,    0,    0,    0, 0,    0,    0, 0,  0,    1,
	0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0, 0,    0,    0, 0,  0,    0,
	0,    2,    60,   0,    1,    4,    0,    0, 0,    0, /* hop-by-hop, next: destination
								 options */
	17,   0,    1,    4,    0,    0,    0,    0,          /* destination options, next: UDP */
	0x03, 0xe8, 0x00, 0x35, 0x00, 0x0a, 0,    0, 0xab, 0xcd,
};
#define DEEP_OCTETS (40 + 16 + 8 + 2)

Test(loop, headers_across_segments)
{
	struct worker_counters counters;
	struct flow_view view;
	uint32_t frames = 0;

	ring_rig_start(&rig);
	/* Cut into segments of every length, so that every header is cut at every byte. */
	for (uint32_t segment = 1; segment <= sizeof(deep_frame); segment++, frames++)
		ring_rig_add(&rig, deep_frame, sizeof(deep_frame), segment);
	ring_rig_run(&rig, &counters);
	cr_assert_eq(counters.received, frames);
	cr_assert_eq(counters.reasons[PACKET_FLOW_IPV6], frames);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_assert_eq(view.packets[0], frames, "all of them are one flow");
	cr_assert_eq(view.octets[0], (uint64_t)frames * DEEP_OCTETS);
	cr_assert_eq(view.source_port, 1000);
	cr_assert_eq(view.destination_port, 53);
	cr_assert_eq(view.vlan, 7);
	cr_assert(!ring_rig_flow(&rig, &view));
	ring_rig_stop(&rig);
}

Test(loop, truncated_across_segments_stays_truncated)
{
	struct worker_counters counters;

	ring_rig_start(&rig);
	/* The UDP header is announced but the frame's captured bytes end within the IP header. */
	ring_rig_add(&rig, deep_frame, 50, 20);
	ring_rig_run(&rig, &counters);
	cr_assert_eq(counters.reasons[PACKET_TRUNCATED_IPV6], 1);
	ring_rig_stop(&rig);
}

Test(loop, a_stripped_tag_counts)
{
	struct worker_counters counters;
	struct flow_view view;
	uint8_t frame[60];
	struct rte_mbuf *mbuf;

	ring_rig_start(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	mbuf = ring_rig_add(&rig, frame, sizeof(frame), 0);
	mbuf->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	mbuf->vlan_tci = 0x6000 | 42; /* priority 3, VLAN 42 */
	ring_rig_run(&rig, &counters);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_assert_eq(view.vlan, 42);
	cr_assert_eq(counters.frame_octets, sizeof(frame) + 4, "the tag was on the wire");
	cr_assert_eq(counters.size_min, sizeof(frame) + 4 + 4, "and so was the FCS");
	ring_rig_stop(&rig);
}

Test(loop, no_vlan_key_joins_vlans)
{
	struct worker_counters counters;
	struct flow_view view;
	uint8_t frame[60];

	ring_rig_start(&rig);
	rig.worker.vlan_key = false;
	frame_udp4(frame, sizeof(frame), 1, false);
	for (uint16_t vlan = 1; vlan <= 3; vlan++) {
		struct rte_mbuf *mbuf = ring_rig_add(&rig, frame, sizeof(frame), 0);

		mbuf->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		mbuf->vlan_tci = vlan;
	}
	ring_rig_run(&rig, &counters);
	cr_assert(ring_rig_flow(&rig, &view));
	cr_assert_eq(view.packets[0], 3);
	cr_assert_eq(view.vlan, 0);
	ring_rig_stop(&rig);
}

Test(loop, size_classes_have_rmon_bounds)
{
	/* Length with FCS of the largest frame of each class, and one byte more. */
	static const uint32_t bounds[] = {64, 127, 255, 511, 1023, 1518};
	struct worker_counters counters;
	static uint8_t frame[2000];

	ring_rig_start(&rig);
	for (unsigned int i = 0; i < 6; i++) {
		for (uint32_t length = bounds[i] - 4; length <= bounds[i] - 3; length++) {
			frame_udp4(frame, length, i, false);
			ring_rig_add(&rig, frame, length, 0);
		}
	}
	ring_rig_run(&rig, &counters);
	cr_assert_eq(counters.sizes[0], 1);
	for (unsigned int class = 1; class < 6; class ++)
		cr_assert_eq(counters.sizes[class], 2, "class %u", class);
	cr_assert_eq(counters.sizes[6], 1);
	cr_assert_eq(counters.size_min, 64);
	cr_assert_eq(counters.size_max, 1519);
	ring_rig_stop(&rig);
}

Test(loop, bad_checksums_are_counted_as_the_nic_says)
{
	struct worker_counters counters;
	uint8_t frame[60];

	ring_rig_start(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add(&rig, frame, sizeof(frame), 0)->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_BAD;
	ring_rig_add(&rig, frame, sizeof(frame), 0)->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_BAD;
	ring_rig_add(&rig, frame, sizeof(frame), 0)->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	ring_rig_run(&rig, &counters);
	cr_assert_eq(counters.ip_checksum_bad, 1);
	cr_assert_eq(counters.l4_checksum_bad, 1);
	cr_assert_eq(counters.reasons[PACKET_FLOW_IPV4], 4);
	ring_rig_stop(&rig);
}

/* net_pcap hands over the captured bytes, and not how long the frame was. */
Test(loop, a_replayed_frame_that_was_snapped_is_truncated)
{
	struct worker_counters counters;
	uint8_t frame[60];

	ring_rig_replay(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	frame[16] = 5; /* of 1280 octets and more, 60 bytes are here */
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	frame[16] = frame[17] = 0;
	frame[17] = 19; /* less than its own header */
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	ring_rig_run(&rig, &counters);
	cr_expect_eq(counters.reasons[PACKET_TRUNCATED_IPV4], 1);
	cr_expect_eq(counters.reasons[PACKET_MALFORMED_IPV4_LENGTH], 1);
	ring_rig_stop(&rig);
}

/* Mbufs that somebody else holds, too, that are of another pool, or a window on another's data. */
Test(loop, frames_go_back_to_where_they_came_from)
{
	struct rte_mempool *others;
	struct worker_counters counters;
	struct rte_mbuf *held, *clone;
	uint8_t frame[60];

	ring_rig_start(&rig);
	others = rte_pktmbuf_pool_create("others", 63, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM, 0);
	cr_assert_not_null(others);
	frame_udp4(frame, sizeof(frame), 1, false);
	for (unsigned int i = 0; i < 16; i++) {
		struct rte_mempool *own = rig.pool;

		rig.pool = i % 4 == 1 ? others : own;
		held = ring_rig_add(&rig, frame, sizeof(frame), 0);
		rig.pool = own;
	}
	rte_mbuf_refcnt_update(held, 1);
	clone = rte_pktmbuf_clone(held, rig.pool);
	cr_assert_not_null(clone);
	cr_assert_eq(rte_ring_enqueue(rig.ring, clone), 0);
	rig.stop = true;
	cr_assert_eq(worker_main(&rig.worker), 0);
	worker_shared_counters(&rig.worker.shared, &counters);
	cr_expect_eq(counters.received, 17);
	cr_expect_eq(rte_mempool_in_use_count(others), 0);
	cr_expect_eq(rte_mempool_in_use_count(rig.pool), 1, "the one that is held");
	cr_expect_eq(rte_mbuf_refcnt_read(held), 1);
	rte_pktmbuf_free(held);
	cr_expect_eq(rte_mempool_in_use_count(rig.pool), 0);
	rte_mempool_free(others);
	ring_rig_stop(&rig);
}

/* A reader sees a balanced ledger at every instant, while frames of every kind come. */
Test(loop, every_copy_of_the_counters_is_balanced)
{
	static uint8_t frames[4][60];
	struct worker_counters counters = {0};
	uint64_t sent = 0, kind[4] = {0}, copies = 0, newest = 0;

	ring_rig_start(&rig);
	frame_udp4(frames[0], 60, 1, false);
	frame_udp4(frames[1], 60, 2, true);
	memcpy(frames[2], frames[0], 60);
	memcpy(frames[2] + 12, "\x08\x06", 2); /* ARP */
	memcpy(frames[3], frames[0], 60);
	frames[3][14] = 0x44; /* header length of 16 bytes */
	ring_rig_launch(&rig);
	while (sent < 200000) {
		for (int i = 0; i < 7 && rte_mempool_avail_count(rig.pool) > 1000 &&
				rte_ring_free_count(rig.ring) > 0;
		     i++, sent++) {
			ring_rig_add(&rig, frames[sent % 4], 60, 0);
			kind[sent % 4]++;
		}
		worker_shared_counters(&rig.worker.shared, &counters);
		assert_balanced(&counters);
		cr_assert_geq(counters.received, newest, "no count goes back");
		newest = counters.received;
		copies++;
	}
	ring_rig_join(&rig);
	worker_shared_counters(&rig.worker.shared, &counters);
	assert_balanced(&counters);
	cr_assert_eq(counters.received, sent, "received %lu of %lu", counters.received, sent);
	cr_assert_eq(counters.reasons[PACKET_NON_IP_ARP], kind[2]);
	cr_assert_eq(counters.reasons[PACKET_MALFORMED_IPV4_HEADER], kind[3]);
	cr_assert_eq(counters.flows.packets, kind[0] + kind[1]);
	cr_assert_gt(copies, 100);
	ring_rig_stop(&rig);
}

/*
 * What is counted is published while frames come, not only when none do: all are in the ring before
 * the worker starts, so a count in between can be no other.
 */
Test(loop, counters_are_published_while_frames_come)
{
	enum { FRAMES = 8000, RUNS = 50 };
	bool between = false;
	uint8_t frame[60];

	ring_rig_start(&rig);
	frame_udp4(frame, sizeof(frame), 1, false);
	/* This thread may sleep through a run. */
	for (int run = 0; run < RUNS && !between; run++) {
		struct worker_counters counters = {0};

		rig.stop = false;
		rig.worker.shared.counters = counters;
		for (int i = 0; i < FRAMES; i++)
			ring_rig_add(&rig, frame, sizeof(frame), 0);
		ring_rig_launch(&rig);
		while (counters.received < FRAMES) {
			worker_shared_counters(&rig.worker.shared, &counters);
			between |= counters.received > 0 && counters.received < FRAMES;
		}
		ring_rig_join(&rig);
	}
	cr_expect(between);
	ring_rig_stop(&rig);
}
