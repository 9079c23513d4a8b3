/* SPDX-License-Identifier: BSD-3-Clause */
/* port_open() and its counters over drivers that need no privilege: null, pcap, ring. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "../../lib/port/configure.h"
#include "capture_rig.h"
#include "eal_rig.h"

/* ---- net_null ---- */

static const char *const null_device[] = {"--vdev=net_null0,size=100,copy=1", NULL};

Test(port_null, queues_are_counted_apart)
{
	struct rte_mbuf *mbufs[32];
	struct port_counters counters;
	struct port port;

	eal_rig_start(null_device);
	eal_rig_open(eal_rig_port("net_null0"), 4, &port);
	cr_expect_str_eq(port.name, "net_null0");
	cr_expect_str_eq(port.driver, "net_null");
	cr_expect_str_eq(port.interface, "");
	cr_expect_not(port.link_known, "net_null always says that the link is up");
	for (uint16_t q = 0; q < 4; q++)
		for (uint16_t n = 0; n <= q; n++) {
			cr_assert_eq(rte_eth_rx_burst(port.id, q, mbufs, 32), 32);
			cr_expect_eq(mbufs[0]->pkt_len, 100);
			rte_pktmbuf_free_bulk(mbufs, 32);
		}
	port_read_counters(&port, &counters);
	cr_expect_eq(counters.received, 10 * 32);
	cr_expect_eq(counters.queues, 4);
	for (uint16_t q = 0; q < 4; q++)
		cr_expect_eq(counters.queue[q].received, (q + 1u) * 32);
	cr_expect_eq(counters.missed + counters.no_mbuf + counters.errors, 0);
	cr_expect(rte_mempool_full(port.pool));
	port_close(&port);
	eal_rig_stop();
}

Test(port_null, symmetry_is_told_truly)
{
	const struct port_settings one = {.queues = 1}, two = {.queues = 2};
	struct error error;
	struct port port;

	eal_rig_start((const char *const[]){"--vdev=net_null0", "--vdev=net_null1", NULL});
	cr_assert_eq(port_open(eal_rig_port("net_null0"), &one, &port, &error), 0);
	cr_expect_eq(port.symmetry, PORT_ONE_QUEUE);
	port_close(&port);
	/* The driver takes the RSS configuration and hashes nothing. */
	cr_assert_eq(port_open(eal_rig_port("net_null1"), &two, &port, &error), 0);
	cr_expect_eq(port.symmetry, PORT_NOT_SYMMETRIC);
	cr_expect_eq(port.rss_functions, 0);
	port_close(&port);
	eal_rig_stop();
}

Test(port_null, counters_outlive_the_stop)
{
	struct port_counters before, after;
	struct port port;

	eal_rig_start(null_device);
	eal_rig_open(eal_rig_port("net_null0"), 2, &port);
	cr_assert_geq(eal_rig_poll(&port, 640, NULL, NULL), 640);
	port_read_counters(&port, &before);
	port_stop(&port);
	rte_eth_stats_reset(port.id); /* as some drivers do by themselves */
	port_read_counters(&port, &after);
	cr_expect_eq(after.received, before.received);
	cr_expect_eq(after.queue[1].received, before.queue[1].received);
	cr_expect_gt(after.received, 0);
	port_close(&port);
	eal_rig_stop();
}

Test(port_null, counters_grow_over_a_reset)
{
	struct port_counters counters;
	struct rte_mbuf *mbufs[32];
	struct port port;

	eal_rig_start(null_device);
	eal_rig_open(eal_rig_port("net_null0"), 1, &port);
	for (unsigned int round = 1; round <= 3; round++) {
		/* Fewer in each round: the driver's count falls. */
		for (unsigned int n = 0; n < 4 - round; n++)
			rte_pktmbuf_free_bulk(mbufs, rte_eth_rx_burst(port.id, 0, mbufs, 32));
		port_read_counters(&port, &counters);
		rte_eth_stats_reset(port.id);
	}
	cr_expect_eq(counters.received, (3 + 2 + 1) * 32);
	port_close(&port);
	eal_rig_stop();
}

Test(port_null, wrong_settings)
{
	const struct port_settings none = {.queues = 0}, two = {.queues = 2};
	const struct port_settings many = {.queues = PORT_QUEUES_MAX + 1};
	struct error error;
	struct port port;
	uint16_t id;

	eal_rig_start(null_device);
	id = eal_rig_port("net_null0");
	cr_expect_eq(port_open(id, &none, &port, &error), -EINVAL);
	cr_expect_eq(port_open(id, &many, &port, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "net_null0"), "%s", error.text);
	cr_expect_eq(port_open(77, &two, &port, &error), -ENODEV);
	cr_expect_not_null(strstr(error.text, "77"), "%s", error.text);
	cr_expect_eq(port_queues_possible(id, 3), 3);
	cr_expect_eq(port_queues_possible(id, 5000), PORT_QUEUES_MAX);
	cr_expect_eq(port_queues_possible(77, 1), 0);
	eal_rig_stop();
}

/* No driver that runs here has time stamps to give: what would be asked of one that has. */
Test(port_offloads, time_stamps_only_if_wanted)
{
	const uint64_t all = UINT64_MAX, rest = all & ~RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	const uint64_t always = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_SCATTER;

	cr_expect_eq(port_choose_offloads(all, false), always);
	cr_expect_eq(port_choose_offloads(all, true), always | RTE_ETH_RX_OFFLOAD_TIMESTAMP);
	cr_expect_eq(port_choose_offloads(rest, true), always);
}

Test(port_null, time_stamps_that_nobody_gives_are_no_error)
{
	const struct port_settings settings = {.queues = 1, .nic_timestamps = true};
	struct error error;
	struct port port;

	eal_rig_start(null_device);
	cr_assert_eq(port_open(eal_rig_port("net_null0"), &settings, &port, &error), 0);
	cr_expect_not(port.timestamp);
	port_close(&port);
	eal_rig_stop();
}

Test(port_null, most_queues_fit_the_memory_without_hugepages)
{
	struct port port;

	eal_rig_start(null_device);
	eal_rig_open(eal_rig_port("net_null0"), PORT_QUEUES_MAX, &port);
	port_close(&port);
	eal_rig_stop();
}

/* ---- net_pcap ---- */

#define TIME  UINT64_C(1700000000123456000) /* whole microseconds: all that the driver keeps */
#define JUMBO 9000

static const char *write_capture(char *argument, size_t size, const char *suffix)
{
	const char *path = eal_rig_path("port.pcap");
	struct capture capture;
	uint8_t frame[JUMBO];

	capture_create(&capture, path, CAPTURE_PCAP_US, 1);
	for (unsigned int i = 0; i < 100; i++) {
		uint32_t length = i == 50 && suffix[0] == '\0' ? JUMBO : 64 + i;

		frame_udp4(frame, length, i, false);
		capture_add(&capture, TIME + i * 1000, frame, length, length);
	}
	capture_close(&capture);
	snprintf(argument, size, "--vdev=net_pcap0,rx_pcap=%s%s", path, suffix);
	return argument;
}

struct seen {
	struct port_fields fields;
	unsigned int frames;
};

static void check_capture(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	struct seen *seen = context;
	uint8_t expected[JUMBO], copy[JUMBO];
	uint32_t length = seen->frames == 50 ? JUMBO : 64 + seen->frames;

	cr_expect_eq(queue, 0);
	frame_udp4(expected, length, seen->frames, false);
	cr_assert_eq(mbuf->pkt_len, length);
	cr_expect_arr_eq(rte_pktmbuf_read(mbuf, 0, length, copy), expected, length);
	cr_expect_neq(mbuf->ol_flags & seen->fields.time_flag, 0);
	cr_expect_eq(*RTE_MBUF_DYNFIELD(mbuf, seen->fields.time, uint64_t *),
		     TIME + seen->frames * 1000, "time is in ns");
	seen->frames++;
}

Test(port_pcap, capture_times_are_ns_and_jumbo_frames_whole)
{
	char argument[256];
	struct seen seen = {.frames = 0};
	struct port_counters counters;
	struct error error;
	struct port port;

	eal_rig_start((const char *const[]){write_capture(argument, sizeof(argument), ""), NULL});
	cr_assert_eq(port_fields_register(&seen.fields, &error), 0);
	eal_rig_open(eal_rig_port("net_pcap0"), 1, &port);
	cr_expect(port.timestamp);
	cr_expect_geq(port.max_frame, JUMBO);
	eal_rig_poll(&port, 100, check_capture, &seen);
	cr_expect_eq(seen.frames, 100);
	port_read_counters(&port, &counters);
	cr_expect_eq(counters.received, 100);
	cr_expect_eq(counters.octets, JUMBO + 100 * 64 + 99 * 100 / 2 - (64 + 50));
	port_close(&port);
	eal_rig_stop();
}

Test(port_pcap, infinite_replay_finds_mbufs_for_its_file)
{
	char argument[256];
	struct port port;

	eal_rig_start((const char *const[]){
		write_capture(argument, sizeof(argument), ",infinite_rx=1"), NULL});
	eal_rig_open(eal_rig_port("net_pcap0"), 1, &port);
	cr_expect_not(port.timestamp);
	cr_expect_geq(eal_rig_poll(&port, 100000, NULL, NULL), 100000);
	port_close(&port);
	eal_rig_stop();
}

/* ---- net_ring ---- */

Test(port_ring, mbufs_pass_untouched)
{
	struct rte_ring *rings[2];
	struct rte_mempool *pool;
	struct rte_mbuf *mbuf, *got;
	struct port port;
	int id;

	eal_rig_start(NULL);
	for (int i = 0; i < 2; i++)
		rings[i] = rte_ring_create(i == 0 ? "first" : "second", 64, SOCKET_ID_ANY, 0);
	id = rte_eth_from_rings("test", rings, 2, rings, 2, 0);
	cr_assert_geq(id, 0);
	eal_rig_open((uint16_t)id, 2, &port);
	cr_expect_eq(port.symmetry, PORT_SPREAD_BY_INPUT);
	pool = rte_pktmbuf_pool_create("test", 63, 0, 0, 256, SOCKET_ID_ANY);
	mbuf = rte_pktmbuf_alloc(pool);
	mbuf->hash.rss = 0x12345678;
	mbuf->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	cr_assert_eq(rte_ring_enqueue(rings[1], mbuf), 0);
	cr_expect_eq(rte_eth_rx_burst(port.id, 0, &got, 1), 0);
	cr_assert_eq(rte_eth_rx_burst(port.id, 1, &got, 1), 1);
	cr_expect_eq(got, mbuf);
	cr_expect_eq(got->hash.rss, 0x12345678);
	rte_pktmbuf_free(got);
	port_close(&port);
	eal_rig_stop();
}

/* ---- mbuf fields ---- */

Test(port_fields, registering_again_gives_the_same)
{
	struct port_fields first, second;
	struct error error;

	eal_rig_start(NULL);
	cr_assert_eq(port_fields_register(&first, &error), 0);
	cr_assert_eq(port_fields_register(&second, &error), 0);
	cr_expect_eq(first.time, second.time);
	cr_expect_eq(first.clock, second.clock);
	cr_expect_eq(first.wire_length, second.wire_length);
	cr_expect_eq(first.time_flag, second.time_flag);
	cr_expect_eq(first.wire_flag, second.wire_flag);
	cr_expect_neq(first.time_flag, first.wire_flag);
	cr_expect_neq(first.time, first.clock);
	eal_rig_stop();
}

/* ---- xstats ---- */

static void sum_named(void *context, const char *name, uint64_t value)
{
	uint64_t *packets = context;

	cr_expect_neq(value, 0, "%s is 0", name);
	if (strcmp(name, "rx_good_packets") == 0)
		*packets = value;
}

Test(port_xstats, those_that_are_not_0)
{
	uint64_t packets = 0;
	struct rte_mbuf *mbufs[32];
	struct port port;

	eal_rig_start(null_device);
	eal_rig_open(eal_rig_port("net_null0"), 1, &port);
	rte_pktmbuf_free_bulk(mbufs, rte_eth_rx_burst(port.id, 0, mbufs, 32));
	port_each_xstat(&port, sum_named, &packets);
	cr_expect_eq(packets, 32);
	port_close(&port);
	eal_rig_stop();
}
