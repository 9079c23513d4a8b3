/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel interfaces: every frame is received or counted as missed, and flows stay whole. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "interface_rig.h"

/* What veth itself dropped on a machine too busy to carry it: known to its sender. */
static unsigned int dropped_by_veth(void)
{
	FILE *file = fopen("/sys/class/net/far/statistics/tx_dropped", "re");
	unsigned int dropped = 0;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%u", &dropped), 1);
	fclose(file);
	return dropped;
}

/* Send far more than any ring holds while nobody polls: each frame is received or missed. */
static void expect_exact_loss(enum interface_driver driver, unsigned int queues,
			      uint16_t descriptors)
{
	unsigned int sent = 12000 * queues;
	struct port_counters counters, stopped;
	struct interface_rig ports;
	uint64_t received;

	if (!interface_rig_start(queues))
		return;
	interface_rig_open(&ports, driver, (uint16_t)queues, descriptors);
	rig_send_flows(rig_open_sender("far"), 100, sent, INTERFACE_RIG_LENGTH);
	sent -= dropped_by_veth();
	received = interface_rig_poll(&ports, NULL, NULL);
	interface_rig_counters(&ports, &counters);
	cr_expect_eq(counters.received, received);
	cr_expect_eq(counters.octets, received * INTERFACE_RIG_LENGTH);
	cr_expect_eq(counters.received + counters.missed, sent, "%lu + %lu of %u",
		     counters.received, counters.missed, sent);
	cr_expect_gt(received, 0);
	cr_expect_gt(counters.missed, 0, "nothing was lost: the test does not test");
	cr_expect_eq(counters.no_mbuf + counters.errors, 0);
	for (uint16_t i = 0; i < ports.interface.port_count; i++)
		port_stop(&ports.port[i]);
	interface_rig_counters(&ports, &stopped);
	cr_expect_eq(stopped.received, counters.received);
	cr_expect_eq(stopped.missed, counters.missed);
	interface_rig_close(&ports);
}

Test(interface_loss, af_packet_one_queue, .timeout = 60)
{
	expect_exact_loss(INTERFACE_AF_PACKET, 1, 0);
}

Test(interface_loss, af_packet_four_queues, .timeout = 60)
{
	expect_exact_loss(INTERFACE_AF_PACKET, 4, 0);
}

Test(interface_loss, af_xdp_one_queue, .timeout = 60)
{
	expect_exact_loss(INTERFACE_AF_XDP, 1, 0);
}

Test(interface_loss, af_xdp_four_queues, .timeout = 60)
{
	expect_exact_loss(INTERFACE_AF_XDP, 4, 0);
}

/* A ring shorter than the driver's 2048 buffers is what runs out: another counter of the kernel. */
Test(interface_loss, af_xdp_short_ring, .timeout = 60)
{
	expect_exact_loss(INTERFACE_AF_XDP, 1, 512);
}

/* What was lost before the start is not this port's loss. */
Test(interface_loss, counts_from_the_start, .timeout = 60)
{
	const struct port_settings settings = {.queues = 1};
	struct port_counters counters;
	struct interface interface;
	struct error error;
	struct port port;

	if (!interface_rig_start(1))
		return;
	interface_rig_attach(&interface, INTERFACE_AF_PACKET, 1);
	rig_send_flows(rig_open_sender("far"), 10, 5000, INTERFACE_RIG_LENGTH);
	cr_assert_eq(port_open(interface.port_ids[0], &settings, &port, &error), 0);
	cr_assert_eq(port_start(&port, &error), 0);
	port_read_counters(&port, &counters);
	cr_expect_eq(counters.missed, 0);
	port_close(&port);
	interface_rig_detach(&interface);
	eal_rig_stop();
}

/* ---- flows and queues ---- */

struct queue_of_flow {
	int queue[100];
	unsigned int used;
};

static void note_queue(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	struct queue_of_flow *seen = context;
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const uint8_t *here = frame[26] == 10 ? frame + 26 : frame + 30; /* source or destination */
	unsigned int flow = here[3];
	int place = mbuf->port * PORT_QUEUES_MAX + queue;

	cr_assert_eq(mbuf->pkt_len, INTERFACE_RIG_LENGTH);
	cr_assert_lt(flow, 100);
	if (seen->queue[flow] < 0)
		seen->queue[flow] = place;
	cr_expect_eq(seen->queue[flow], place, "flow %u is split", flow);
	seen->used |= 1u << (mbuf->port + queue);
}

static void expect_whole_flows(enum interface_driver driver)
{
	struct queue_of_flow seen = {.used = 0};
	struct interface_rig ports;
	uint8_t frame[INTERFACE_RIG_LENGTH];
	int sender;

	if (!interface_rig_start(4))
		return;
	memset(seen.queue, -1, sizeof(seen.queue));
	interface_rig_open(&ports, driver, 4, 0);
	sender = rig_open_sender("far");
	rig_send_flows(sender, 100, 300, INTERFACE_RIG_LENGTH);
	for (unsigned int flow = 0; flow < 100; flow++) {
		frame_udp4(frame, INTERFACE_RIG_LENGTH, flow, true);
		cr_assert_eq(send(sender, frame, INTERFACE_RIG_LENGTH, 0), INTERFACE_RIG_LENGTH);
	}
	cr_expect_eq(interface_rig_poll(&ports, note_queue, &seen), 400 - dropped_by_veth());
	cr_expect_eq(seen.used, 0xf, "100 flows use all four queues");
	interface_rig_close(&ports);
}

Test(interface_flows, af_packet_fanout_keeps_both_directions_together, .timeout = 60)
{
	expect_whole_flows(INTERFACE_AF_PACKET);
}

Test(interface_flows, af_xdp_on_veth_keeps_both_directions_together, .timeout = 60)
{
	expect_whole_flows(INTERFACE_AF_XDP);
}
