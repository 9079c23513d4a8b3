/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel interfaces: which driver, and what the kernel lost. Over veth in a namespace of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <weir/interface.h>

#include "eal_rig.h"

#define LENGTH 200

static bool start(unsigned int queues)
{
	if (!rig_has_root("kernel interfaces over veth"))
		return false;
	rig_enter_namespace();
	rig_add_veth("near", "far", queues);
	setenv("LIBXDP_SKIP_DISPATCHER", "1", 1);
	eal_rig_start(NULL);
	return true;
}

static void attach(struct interface *interface, enum interface_driver driver, uint16_t workers)
{
	struct error error;

	cr_assert_eq(interface_attach("near", driver, workers, 4, interface, &error), 0, "%s",
		     error.text);
}

static void expect_attach(const char *name, enum interface_driver wanted,
			  enum interface_driver driver, const char *why)
{
	struct interface interface;
	struct error error;

	cr_assert_eq(interface_attach(name, wanted, 1, 1, &interface, &error), 0, "%s",
		     error.text);
	cr_expect_eq(interface.driver, driver);
	cr_expect_not_null(strstr(interface.why, why), "\"%s\" in: %s", why, interface.why);
	interface_detach(&interface);
}

static void expect_refused(const char *name, enum interface_driver driver, int code,
			   const char *words)
{
	struct interface interface;
	struct error error;

	cr_expect_eq(interface_attach(name, driver, 1, 1, &interface, &error), -code);
	cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
	cr_expect_not_null(strstr(error.text, words), "\"%s\" in: %s", words, error.text);
}

/* ---- which driver ---- */

Test(interface, a_free_interface_becomes_af_xdp_with_all_its_queues)
{
	struct interface interface;

	if (!start(3))
		return;
	attach(&interface, INTERFACE_ANY, 1);
	cr_expect_eq(interface.driver, INTERFACE_AF_XDP);
	cr_expect_eq(interface.port_count, 3);
	cr_expect_eq(interface.queues_each, 1);
	cr_expect_eq(interface.symmetry, PORT_SPREAD_BY_INPUT, "veth hashes symmetrically");
	interface_detach(&interface);
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	eal_rig_stop();
}

Test(interface, af_packet_has_a_queue_for_each_worker)
{
	struct interface interface;

	if (!start(3))
		return;
	attach(&interface, INTERFACE_AF_PACKET, 2);
	cr_expect_eq(interface.port_count, 1);
	cr_expect_eq(interface.queues_each, 2);
	interface_detach(&interface);
	attach(&interface, INTERFACE_AF_PACKET, 0); /* as many as RX queues */
	cr_expect_eq(interface.queues_each, 3);
	interface_detach(&interface);
	eal_rig_stop();
}

Test(interface, an_interface_that_the_host_uses_is_left_to_it)
{
	if (!start(1))
		return;
	rig_run("ip addr add 192.0.2.77/24 dev near");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "192.0.2.77");
	expect_attach("near", INTERFACE_AF_XDP, INTERFACE_AF_XDP, "as asked for");
	rig_run("ip addr del 192.0.2.77/24 dev near");
	rig_run("ip link set near mtu 9000");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "MTU 9000");
	rig_run("ip link set near mtu 1500");
	rig_run("ip link add bridge0 type bridge && ip link set near master bridge0");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "bridge");
	rig_run("ip link set near nomaster");
	rig_run("ip link add link near name upon type macvlan");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "carries");
	eal_rig_stop();
}

Test(interface, an_ipv6_link_local_address_does_not_count)
{
	if (!start(1))
		return;
	rig_run("sysctl -q -w net.ipv6.conf.near.disable_ipv6=0");
	rig_run("ip -6 addr replace fe80::1/64 dev near nodad");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_XDP, "it works here");
	rig_run("ip -6 addr add 2001:db8::7/64 dev near nodad");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "2001:db8::7");
	eal_rig_stop();
}

Test(interface, a_foreign_xdp_program_stays)
{
	struct interface interface;
	struct port port;

	if (!start(1))
		return;
	attach(&interface, INTERFACE_AF_XDP, 1);
	eal_rig_open(interface.port_ids[0], 1, &port); /* which attaches a program */
	expect_refused("near", INTERFACE_AF_XDP, EBUSY, "XDP program");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "XDP program");
	rig_run("ip link show near | grep -q xdp");
	port_close(&port);
	interface_detach(&interface);
	eal_rig_stop();
}

Test(interface, refusals_say_why)
{
	if (!start(1))
		return;
	expect_refused("nowhere", INTERFACE_ANY, ENODEV, "no such interface");
	expect_refused("a-name-that-is-longer-than-any", INTERFACE_ANY, ENODEV, "no such");
	rig_run("ip link set near down");
	expect_refused("near", INTERFACE_ANY, ENETDOWN, "ip link set near up");
	rig_run("ip link set near up && ip tuntap add mode tun name layer3 && "
		"ip link set layer3 up");
	expect_refused("layer3", INTERFACE_ANY, EPROTONOSUPPORT, "not an Ethernet");
	cr_assert_eq(seteuid(65534), 0); /* which takes the effective capabilities */
	expect_refused("near", INTERFACE_ANY, EPERM, "CAP_NET_RAW");
	cr_assert_eq(seteuid(0), 0);
	eal_rig_stop();
}

/* ---- frames, and what was lost ---- */

struct ports {
	struct interface interface;
	struct port port[4];
};

static void open_all(struct ports *ports, enum interface_driver driver, uint16_t workers,
		     uint16_t descriptors)
{
	const struct port_settings settings = {.descriptors = descriptors, .promiscuous = true};
	struct error error;

	attach(&ports->interface, driver, workers);
	for (uint16_t i = 0; i < ports->interface.port_count; i++) {
		struct port_settings each = settings;

		each.queues = ports->interface.queues_each;
		cr_assert_eq(port_open(ports->interface.port_ids[i], &each, &ports->port[i],
				       &error), 0, "%s", error.text);
		cr_assert_eq(port_start(&ports->port[i], &error), 0, "%s", error.text);
		cr_expect_str_eq(ports->port[i].interface, "near");
		cr_expect(ports->port[i].promiscuous);
	}
}

static void close_all(struct ports *ports)
{
	for (uint16_t i = 0; i < ports->interface.port_count; i++)
		port_close(&ports->port[i]);
	interface_detach(&ports->interface);
	eal_rig_stop();
}

/* Take all that is there. */
static uint64_t poll_all(struct ports *ports, eal_rig_frame *each, void *context)
{
	return eal_rig_poll_ports(ports->port, ports->interface.port_count, UINT64_MAX, each,
				  context);
}

static void sum_counters(struct ports *ports, struct port_counters *sum)
{
	struct port_counters counters;

	memset(sum, 0, sizeof(*sum));
	for (uint16_t i = 0; i < ports->interface.port_count; i++) {
		port_read_counters(&ports->port[i], &counters);
		sum->received += counters.received;
		sum->octets += counters.octets;
		sum->missed += counters.missed;
		sum->no_mbuf += counters.no_mbuf;
		sum->errors += counters.errors;
	}
}

/* Send far more than any ring holds while nobody polls: each frame is received or missed. */
static void expect_exact_loss(enum interface_driver driver, unsigned int queues,
			      uint16_t descriptors)
{
	const unsigned int sent = 12000 * queues;
	struct port_counters counters, stopped;
	struct ports ports;
	uint64_t received;

	if (!start(queues))
		return;
	open_all(&ports, driver, (uint16_t)queues, descriptors);
	rig_send_flows(rig_open_sender("far"), 100, sent, LENGTH);
	received = poll_all(&ports, NULL, NULL);
	sum_counters(&ports, &counters);
	cr_expect_eq(counters.received, received);
	cr_expect_eq(counters.octets, received * LENGTH);
	cr_expect_eq(counters.received + counters.missed, sent, "%lu + %lu of %u",
		     counters.received, counters.missed, sent);
	cr_expect_gt(received, 0);
	cr_expect_gt(counters.missed, 0, "nothing was lost: the test does not test");
	cr_expect_eq(counters.no_mbuf + counters.errors, 0);
	for (uint16_t i = 0; i < ports.interface.port_count; i++)
		port_stop(&ports.port[i]);
	sum_counters(&ports, &stopped);
	cr_expect_eq(stopped.received, counters.received);
	cr_expect_eq(stopped.missed, counters.missed);
	close_all(&ports);
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

	if (!start(1))
		return;
	attach(&interface, INTERFACE_AF_PACKET, 1);
	rig_send_flows(rig_open_sender("far"), 10, 5000, LENGTH);
	cr_assert_eq(port_open(interface.port_ids[0], &settings, &port, &error), 0);
	cr_assert_eq(port_start(&port, &error), 0);
	port_read_counters(&port, &counters);
	cr_expect_eq(counters.missed, 0);
	port_close(&port);
	interface_detach(&interface);
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

	cr_assert_eq(mbuf->pkt_len, LENGTH);
	cr_assert_lt(flow, 100);
	if (seen->queue[flow] < 0)
		seen->queue[flow] = place;
	cr_expect_eq(seen->queue[flow], place, "flow %u is split", flow);
	seen->used |= 1u << (mbuf->port + queue);
}

static void expect_whole_flows(enum interface_driver driver)
{
	struct queue_of_flow seen = {.used = 0};
	struct ports ports;
	uint8_t frame[LENGTH];
	int sender;

	if (!start(4))
		return;
	memset(seen.queue, -1, sizeof(seen.queue));
	open_all(&ports, driver, 4, 0);
	sender = rig_open_sender("far");
	rig_send_flows(sender, 100, 300, LENGTH);
	for (unsigned int flow = 0; flow < 100; flow++) {
		frame_udp4(frame, LENGTH, flow, true);
		cr_assert_eq(send(sender, frame, LENGTH, 0), LENGTH);
	}
	cr_expect_eq(poll_all(&ports, note_queue, &seen), 400);
	cr_expect_eq(seen.used, 0xf, "100 flows use all four queues");
	close_all(&ports);
}

Test(interface_flows, af_packet_fanout_keeps_both_directions_together, .timeout = 60)
{
	expect_whole_flows(INTERFACE_AF_PACKET);
}

Test(interface_flows, af_xdp_on_veth_keeps_both_directions_together, .timeout = 60)
{
	expect_whole_flows(INTERFACE_AF_XDP);
}

/* ---- frames of all sizes ---- */

static void expect_length(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	uint32_t *longest = context;

	(void)queue;
	*longest = RTE_MAX(*longest, mbuf->pkt_len);
}

/* A TCP segment as a veth peer with offloads hands it over: 64 kB in one piece. */
Test(interface, af_packet_takes_merged_frames_whole, .timeout = 60)
{
	uint32_t longest = 0;
	struct ports ports;
	uint8_t *frame = malloc(65000);

	if (!start(1))
		return;
	rig_run("ip link set near mtu 65000 && ip link set far mtu 65000");
	open_all(&ports, INTERFACE_AF_PACKET, 1, 0);
	cr_expect_geq(ports.port[0].max_frame, 65000);
	frame_udp4(frame, 65000, 1, false);
	cr_assert_eq(send(rig_open_sender("far"), frame, 65000, 0), 65000);
	cr_expect_eq(eal_rig_poll(&ports.port[0], 1, expect_length, &longest), 1);
	cr_expect_eq(longest, 65000);
	close_all(&ports);
	free(frame);
}

Test(interface, af_xdp_takes_frames_up_to_its_max_frame, .timeout = 60)
{
	uint32_t longest = 0, length;
	struct ports ports;
	uint8_t *frame = malloc(4000);

	if (!start(1))
		return;
	rig_run("ip link set near mtu 3434 && ip link set far mtu 3434");
	open_all(&ports, INTERFACE_ANY, 1, 0);
	cr_expect_eq(ports.interface.driver, INTERFACE_AF_XDP, "%s", ports.interface.why);
	length = 3434 + 14;
	cr_expect_geq(ports.port[0].max_frame, length);
	frame_udp4(frame, length, 1, false);
	cr_assert_eq(send(rig_open_sender("far"), frame, length, 0), (ssize_t)length);
	cr_expect_eq(eal_rig_poll(&ports.port[0], 1, expect_length, &longest), 1);
	cr_expect_eq(longest, length);
	close_all(&ports);
	free(frame);
}

Test(interface, loopback_frames_are_seen_once, .timeout = 60)
{
	struct interface interface;
	struct error error;
	struct port port;

	if (!start(1))
		return;
	rig_run("ip link set lo up");
	cr_assert_eq(interface_attach("lo", INTERFACE_ANY, 1, 1, &interface, &error), 0, "%s",
		     error.text);
	eal_rig_open(interface.port_ids[0], 1, &port);
	rig_send_flows(rig_open_sender("lo"), 10, 100, LENGTH);
	cr_expect_eq(eal_rig_poll(&port, UINT64_MAX, NULL, NULL), 100);
	port_close(&port);
	interface_detach(&interface);
	eal_rig_stop();
}

/* ---- link ---- */

static void expect_link(enum interface_driver driver)
{
	struct port_counters counters;
	struct ports ports;

	if (!start(1))
		return;
	open_all(&ports, driver, 1, 0);
	cr_expect(ports.port[0].link_known);
	port_read_counters(&ports.port[0], &counters);
	cr_expect(counters.link_up);
	rig_run("ip link set far down");
	port_read_counters(&ports.port[0], &counters);
	cr_expect_not(counters.link_up);
	close_all(&ports);
}

Test(interface, af_packet_link, .timeout = 60)
{
	expect_link(INTERFACE_AF_PACKET);
}

Test(interface, af_xdp_link, .timeout = 60)
{
	expect_link(INTERFACE_AF_XDP);
}

static unsigned int flags_of(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(request.ifr_name, name);
	cr_assert_eq(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	close(fd);
	return (unsigned short)request.ifr_flags;
}

Test(interface, promiscuous_mode_is_left_as_found, .timeout = 60)
{
	struct ports ports;

	if (!start(1))
		return;
	open_all(&ports, INTERFACE_AF_PACKET, 1, 0);
	cr_expect_neq(flags_of("near") & IFF_PROMISC, 0);
	port_close(&ports.port[0]);
	cr_expect_eq(flags_of("near") & IFF_PROMISC, 0);
	interface_detach(&ports.interface);
	eal_rig_stop();
}
