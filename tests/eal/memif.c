/* SPDX-License-Identifier: BSD-3-Clause */
/* memif between two processes: frames from elsewhere, and a driver that forgets its counters. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <weir/watch.h>

#include "eal_rig.h"

#define FRAMES 5000
#define QUEUES 2

/* In the peer, where Criterion cannot report: end with a status that the test sees. */
#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "memif peer: failed: %s\n", #condition);                   \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void wait_until_told(int told)
{
	char byte;

	require(read(told, &byte, 1) == 1);
}

static uint16_t start_peer(const char *device, struct rte_mempool **pool)
{
	struct rte_eth_conf configuration = {0};
	struct rte_eth_link link = {0};
	uint16_t id;

	eal_rig_start((const char *const[]){device, NULL});
	id = eal_rig_port("net_memif0");
	*pool = rte_pktmbuf_pool_create("send", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	require(*pool != NULL);
	require(rte_eth_dev_configure(id, QUEUES, QUEUES, &configuration) == 0);
	for (uint16_t q = 0; q < QUEUES; q++) {
		require(rte_eth_rx_queue_setup(id, q, 512, 0, NULL, *pool) == 0);
		require(rte_eth_tx_queue_setup(id, q, 512, 0, NULL) == 0);
	}
	require(rte_eth_dev_start(id) == 0);
	while (link.link_status != RTE_ETH_LINK_UP) {
		usleep(1000);
		require(rte_eth_link_get_nowait(id, &link) == 0);
	}
	return id;
}

/* The peer: once told send FRAMES frames over each queue, and once told again leave. */
static void be_peer(const char *device, int told)
{
	struct rte_mempool *pool;
	uint16_t id;

	wait_until_told(told);
	id = start_peer(device, &pool);
	for (unsigned int i = 0; i < QUEUES * FRAMES; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

		require(mbuf != NULL);
		frame_udp4((uint8_t *)rte_pktmbuf_append(mbuf, 80), 80, i, false);
		while (rte_eth_tx_burst(id, i % QUEUES, &mbuf, 1) == 0)
			usleep(10);
	}
	wait_until_told(told);
	rte_eth_dev_stop(id);
	rte_eth_dev_close(id);
	eal_rig_stop();
	_exit(0);
}

struct peer {
	pid_t process;
	int told;
};

/* Before this process has an EAL. */
static void prepare_peer(struct peer *peer)
{
	char device[256];
	int told[2];

	snprintf(device, sizeof(device),
		 "--vdev=net_memif0,role=client,id=0,socket=%s,socket-abstract=no",
		 eal_rig_path("memif"));
	cr_assert_eq(pipe(told), 0);
	*peer = (struct peer){.process = fork(), .told = told[1]};
	if (peer->process == 0) {
		close(told[1]); /* so that it ends, too, when this process does */
		be_peer(device, told[0]);
	}
}

/* The driver hears of it by and by. */
static void wait_for_link(struct port *port, bool up)
{
	struct port_counters counters;

	do {
		usleep(1000);
		port_read_counters(port, &counters);
	} while (counters.link_up != up);
}

/* It comes and sends. */
static void hear(const struct peer *peer, struct port *port)
{
	cr_assert_eq(write(peer->told, "", 1), 1);
	wait_for_link(port, true);
	cr_expect_eq(eal_rig_poll(port, QUEUES * FRAMES, NULL, NULL), QUEUES * FRAMES);
}

static void dismiss(const struct peer *peer, struct port *port)
{
	int status;

	cr_assert_eq(write(peer->told, "", 1), 1);
	cr_assert_eq(waitpid(peer->process, &status, 0), peer->process);
	cr_expect_eq(status, 0);
	wait_for_link(port, false);
}

static void expect_received(struct port *port, uint64_t of_each)
{
	struct port_counters counters;

	port_read_counters(port, &counters);
	cr_expect_eq(counters.received, QUEUES * of_each);
	cr_expect_eq(counters.octets, QUEUES * of_each * 80);
	for (uint16_t q = 0; q < QUEUES; q++)
		cr_expect_eq(counters.queue[q].received, of_each);
}

static void open_server(struct port *port)
{
	char server[256];

	snprintf(server, sizeof(server),
		 "--vdev=net_memif0,role=server,id=0,socket=%s,socket-abstract=no",
		 eal_rig_path("memif"));
	eal_rig_start((const char *const[]){server, NULL});
	eal_rig_open(eal_rig_port("net_memif0"), QUEUES, port);
}

Test(port_memif, link_of_a_peer_is_watched, .timeout = 60)
{
	static struct events events;
	struct watch watch;
	struct event event;
	struct peer peer;
	uint64_t added;
	struct port port;

	prepare_peer(&peer);
	events_init(&events);
	open_server(&port);
	cr_expect(port.link_known);
	cr_expect_eq(port.symmetry, PORT_NOT_SYMMETRIC);
	hear(&peer, &port);
	watch_start(&watch, &(struct watch_settings){.ports = &port, .count = 1}, &events,
		    (struct clock_reading){.clock = CLOCK_SECOND});
	watch_step(&watch, (struct clock_reading){.clock = CLOCK_SECOND});
	dismiss(&peer, &port);
	watch_step(&watch, (struct clock_reading){.clock = 2 * CLOCK_SECOND});
	watch_stop(&watch);
	cr_expect_eq(events_newest(&events, 0, 1, &event, &added), 1);
	cr_expect_eq(event.kind, EVENT_LINK_DOWN, "memif sends no event of its own");
	cr_expect_eq(event.time, 2 * CLOCK_SECOND);
	port_close(&port);
	eal_rig_stop();
}

/* The driver says 0 without a peer, and goes on from where it was when there is one again. */
Test(port_memif, counters_outlive_the_peers, .timeout = 60)
{
	struct peer peers[2];
	struct port port;

	prepare_peer(&peers[0]);
	prepare_peer(&peers[1]);
	open_server(&port);
	for (unsigned int p = 0; p < 2; p++) {
		hear(&peers[p], &port);
		expect_received(&port, (p + 1) * FRAMES);
		dismiss(&peers[p], &port);
		expect_received(&port, (p + 1) * FRAMES);
	}
	port_close(&port);
	eal_rig_stop();
}
