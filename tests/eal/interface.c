/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel interfaces: which driver they get, and what it does with frames and link. */
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include <weir/prefilter.h>

#include "interface_rig.h"

static void expect_attach(const char *name, enum interface_driver wanted,
			  enum interface_driver driver, const char *why)
{
	struct interface interface;
	struct error error;

	cr_assert_eq(interface_rig_try(&interface, name, wanted, 1, &error), 0, "%s", error.text);
	cr_expect_eq(interface.driver, driver);
	cr_expect_not_null(strstr(interface.why, why), "\"%s\" in: %s", why, interface.why);
	interface_rig_detach(&interface);
}

static void expect_refused(const char *name, enum interface_driver driver, int code,
			   const char *words)
{
	struct interface interface;
	struct error error;

	cr_expect_eq(interface_rig_try(&interface, name, driver, 1, &error), -code);
	cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
	cr_expect_not_null(strstr(error.text, words), "\"%s\" in: %s", words, error.text);
}

/* ---- which driver ---- */

Test(interface, a_free_interface_becomes_af_xdp_with_all_its_queues)
{
	struct interface interface;

	if (!interface_rig_start(3))
		return;
	interface_rig_attach(&interface, INTERFACE_ANY, 1);
	cr_expect_eq(interface.driver, INTERFACE_AF_XDP);
	cr_expect_eq(interface.port_count, 3);
	cr_expect_eq(interface.queues_each, 1);
	cr_expect_eq(interface.symmetry, PORT_SPREAD_BY_INPUT, "veth hashes symmetrically");
	interface_rig_detach(&interface);
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	eal_rig_stop();
}

Test(interface, af_packet_has_a_queue_for_each_worker)
{
	struct interface interface;

	if (!interface_rig_start(3))
		return;
	interface_rig_attach(&interface, INTERFACE_AF_PACKET, 2);
	cr_expect_eq(interface.port_count, 1);
	cr_expect_eq(interface.queues_each, 2);
	interface_rig_detach(&interface);
	eal_rig_stop();
}

Test(interface, an_interface_that_the_host_uses_is_left_to_it)
{
	if (!interface_rig_start(1))
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
	if (!interface_rig_start(1))
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
	const struct prefilter_options options = {.target = PREFILTER_TO_KERNEL};
	struct prefilter *foreign;
	struct error error;

	if (!interface_rig_start(1))
		return;
	cr_assert_eq(prefilter_create(&options, NULL, &foreign, &error), 0, "%s", error.text);
	cr_assert_eq(prefilter_attach(foreign, if_nametoindex("near"), PREFILTER_AUTO, &error), 0,
		     "%s", error.text);
	expect_refused("near", INTERFACE_AF_XDP, EBUSY, "XDP program");
	expect_attach("near", INTERFACE_ANY, INTERFACE_AF_PACKET, "XDP program");
	rig_run("ip link show near | grep -q xdp");
	prefilter_destroy(foreign);
	rig_run("! ip link show near | grep -q xdp");
	eal_rig_stop();
}

/* One of the vdevs cannot be made, when weir's program is there already. */
Test(interface, af_packet_follows_where_af_xdp_fails_half_way)
{
	static const char taken[] = "net_af_xdp_near_q1";
	struct interface interface;
	struct error error;

	if (!interface_rig_start(2))
		return;
	cr_assert_eq(rte_vdev_init(taken, "iface=far"), 0);
	cr_assert_eq(interface_rig_try(&interface, "near", INTERFACE_ANY, 2, &error), 0, "%s",
		     error.text);
	cr_expect_eq(interface.driver, INTERFACE_AF_PACKET);
	cr_expect_not_null(strstr(interface.why, "no AF_XDP device for RX queue 1"), "%s",
			   interface.why);
	rig_run("! ip link show near | grep -q xdp");
	interface_rig_detach(&interface);
	cr_expect_eq(rte_vdev_uninit(taken), 0);
	eal_rig_stop();
}

Test(interface, refusals_say_why)
{
	if (!interface_rig_start(1))
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

Test(interface, names_of_all_kinds)
{
	static const char *const separators[] = {"a,b", "a=b", "[a"};
	static const char *const others[] = {"fifteen-chars-x", "a;b\\c", "\xc3\xa4]", "-v"};
	static const enum interface_driver drivers[] = {INTERFACE_AF_PACKET, INTERFACE_AF_XDP};
	struct interface interface;
	struct error error;

	if (!interface_rig_start(2))
		return;
	for (size_t i = 0; i < RTE_DIM(separators); i++) {
		rig_run("ip tuntap add mode tap name '%s' && ip link set dev '%s' up",
			separators[i], separators[i]);
		expect_refused(separators[i], INTERFACE_ANY, EINVAL, "name NEW");
	}
	rig_run("ip link property add dev near altname a-name-of-more-than-16");
	for (size_t i = 0; i < RTE_DIM(others); i++) {
		rig_run("ip link set dev a-name-of-more-than-16 down && "
			"ip link set dev a-name-of-more-than-16 name '%s' && "
			"ip link set dev a-name-of-more-than-16 up",
			others[i]);
		for (size_t d = 0; d < RTE_DIM(drivers); d++) {
			cr_expect_eq(interface_check("a-name-of-more-than-16", &error), 0);
			cr_assert_eq(interface_rig_try(&interface, "a-name-of-more-than-16",
						       drivers[d], 2, &error),
				     0, "%s", error.text);
			cr_expect_str_eq(interface.name, others[i]);
			cr_expect_eq(interface.port_count * interface.queues_each, 2);
			interface_rig_detach(&interface);
		}
	}
	eal_rig_stop();
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
	struct interface_rig ports;
	uint8_t *frame = malloc(65000);

	if (!interface_rig_start(1))
		return;
	rig_run("ip link set near mtu 65000 && ip link set far mtu 65000");
	interface_rig_open(&ports, INTERFACE_AF_PACKET, 1, 0);
	cr_expect_geq(ports.port[0].max_frame, 65000);
	frame_udp4(frame, 65000, 1, false);
	cr_assert_eq(send(rig_open_sender("far"), frame, 65000, 0), 65000);
	cr_expect_eq(eal_rig_poll(&ports.port[0], 1, expect_length, &longest), 1);
	cr_expect_eq(longest, 65000);
	interface_rig_close(&ports);
	free(frame);
}

Test(interface, af_xdp_takes_frames_up_to_its_max_frame, .timeout = 60)
{
	uint32_t longest = 0, length;
	struct interface_rig ports;
	uint8_t *frame = malloc(4000);

	if (!interface_rig_start(1))
		return;
	rig_run("ip link set near mtu 3434 && ip link set far mtu 3434");
	interface_rig_open(&ports, INTERFACE_ANY, 1, 0);
	cr_expect_eq(ports.interface.driver, INTERFACE_AF_XDP, "%s", ports.interface.why);
	length = 3434 + 14;
	cr_expect_geq(ports.port[0].max_frame, length);
	frame_udp4(frame, length, 1, false);
	cr_assert_eq(send(rig_open_sender("far"), frame, length, 0), (ssize_t)length);
	cr_expect_eq(eal_rig_poll(&ports.port[0], 1, expect_length, &longest), 1);
	cr_expect_eq(longest, length);
	interface_rig_close(&ports);
	free(frame);
}

/* A limit of the driver, as interface.h says: its fanout group makes the kernel reassemble. */
Test(interface, af_packet_gives_ipv4_fragments_reassembled, .timeout = 60)
{
	const uint16_t offset[2] = {0x2000, 80 / 8}; /* more fragments; the second 80 bytes */
	uint32_t longest = 0;
	struct interface_rig ports;
	uint8_t frame[14 + 20 + 80];
	int sender;

	if (!interface_rig_start(1))
		return;
	interface_rig_open(&ports, INTERFACE_AF_PACKET, 1, 0);
	sender = rig_open_sender("far");
	for (int i = 0; i < 2; i++) {
		frame_udp4(frame, sizeof(frame), 1, false);
		frame[14 + 6] = (uint8_t)(offset[i] >> 8);
		frame[14 + 7] = (uint8_t)offset[i];
		frame_set_checksum4(frame);
		cr_assert_eq(send(sender, frame, sizeof(frame), 0), (ssize_t)sizeof(frame));
	}
	cr_expect_eq(eal_rig_poll(&ports.port[0], 2, expect_length, &longest), 1);
	cr_expect_eq(longest, 14 + 20 + 160);
	interface_rig_close(&ports);
}

Test(interface, loopback_frames_are_seen_once, .timeout = 60)
{
	struct interface interface;
	struct error error;
	struct port port;

	if (!interface_rig_start(1))
		return;
	rig_run("ip link set lo up");
	cr_assert_eq(interface_rig_try(&interface, "lo", INTERFACE_ANY, 1, &error), 0, "%s",
		     error.text);
	eal_rig_open(interface.port_ids[0], 1, &port);
	rig_send_flows(rig_open_sender("lo"), 10, 100, INTERFACE_RIG_LENGTH);
	cr_expect_eq(eal_rig_poll(&port, UINT64_MAX, NULL, NULL), 100);
	port_close(&port);
	interface_rig_detach(&interface);
	eal_rig_stop();
}

/* ---- link ---- */

/*
 * The kernel notes a change a moment later, and a lost carrier not more often than once a second.
 */
static void wait_for_link(struct port *port, bool up)
{
	struct port_counters counters;

	port_read_counters(port, &counters);
	for (unsigned int tries = 0; counters.link_up != up && tries < 3000; tries++) {
		usleep(1000);
		port_read_counters(port, &counters);
	}
	cr_expect_eq(counters.link_up, up);
}

static void expect_link(enum interface_driver driver)
{
	struct interface_rig ports;

	if (!interface_rig_start(1))
		return;
	interface_rig_open(&ports, driver, 1, 0);
	cr_expect(ports.port[0].link_known);
	wait_for_link(&ports.port[0], true);
	rig_run("ip link set near down && ip link set near name renamed up");
	wait_for_link(&ports.port[0], true);
	rig_run("ip link set far down");
	wait_for_link(&ports.port[0], false);
	interface_rig_close(&ports);
}

Test(interface, af_packet_link, .timeout = 60)
{
	expect_link(INTERFACE_AF_PACKET);
}

Test(interface, af_xdp_link, .timeout = 60)
{
	expect_link(INTERFACE_AF_XDP);
}

Test(interface, promiscuous_mode_is_left_as_found, .timeout = 60)
{
	struct interface_rig ports;

	if (!interface_rig_start(1))
		return;
	interface_rig_open(&ports, INTERFACE_AF_PACKET, 1, 0);
	rig_run("ip -d link show near | grep -q 'promiscuity 1 '");
	port_close(&ports.port[0]);
	rig_run("ip -d link show near | grep -q 'promiscuity 0 '");
	rig_run("! ip link show near | grep -q PROMISC");
	interface_rig_detach(&ports.interface);
	eal_rig_stop();
}
