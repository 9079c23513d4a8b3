/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_ports.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <weir/clock.h>
#include <weir/finding.h>
#include <weir/kernel_link.h>
#include <weir/port.h>

#define LINK_WITHIN  (3 * CLOCK_SECOND) /* a NIC that was just started needs so long */
#define LINK_LOOK_US 50000
/* Workers are elsewhere for so long now and then, whatever one does. */
#define BRIDGED_US 100
/* On the wire a smallest frame takes 84 octets. */
#define SMALLEST_BITS (84 * 8)
#define MTU_USUAL     1518u /* frame with a tag, without FCS */

/* ---- interface ---- */

/* Why AF_XDP could not be: what it is about, and whether anybody could mend it. */
static void judge_driver(const struct interface *interface)
{
	static const struct {
		int code;
		enum finding about;
	} reasons[] = {{EBUSY, FINDING_XDP}, {EMSGSIZE, FINDING_MTU}, {ENOSPC, FINDING_QUEUES}};
	enum finding about = FINDING_DRIVER;

	for (size_t i = 0; i < RTE_DIM(reasons); i++)
		if (interface->not_xdp == -reasons[i].code)
			about = reasons[i].about;
	if (interface->not_xdp == 0 || interface->not_xdp == -EADDRINUSE)
		finding_ok(FINDING_DRIVER, "%s: %s", interface->name, interface->why);
	else
		finding_warn(about, "AF_PACKET, which is slower: %s", interface->not_xdp_line.text);
}

static bool copies(const struct port *port)
{
	struct xdp_options options = {0};
	socklen_t size = sizeof(options);

	return getsockopt(port->kernel_sockets[0], SOL_XDP, XDP_OPTIONS, &options, &size) == 0 &&
	       (options.flags & XDP_OPTIONS_ZEROCOPY) == 0;
}

static void judge_xdp(const struct source *source)
{
	const char *name = source->interface.name;

	if (source->front.mode == PREFILTER_GENERIC)
		finding_warn(FINDING_AF_XDP,
			     "%s: generic, as asked for: the kernel runs the program behind a copy "
			     "of each frame, slow; leave out --xdp-mode",
			     name);
	else if (!source->front.native)
		finding_warn(FINDING_AF_XDP,
			     "%s: generic, as its driver runs no XDP program: the kernel does, "
			     "behind a copy of each frame, slow; use --driver af_packet, which is "
			     "no slower",
			     name);
	else if (!copies(&source->ports[0]))
		finding_ok(FINDING_AF_XDP, "%s: native, zero-copy", name);
	else if (kernel_link_is_virtual(name))
		finding_ok(FINDING_AF_XDP, "%s: native; a virtual interface copies frames", name);
	else
		finding_warn(FINDING_AF_XDP,
			     "%s: native, but its driver copies each frame: about half the rate "
			     "of zero-copy; a newer kernel or a NIC of i40e, ice, ixgbe, igc or "
			     "mlx5 has that",
			     name);
}

static void look_at_interface(const struct source *source)
{
	struct error line;

	judge_driver(&source->interface);
	if (source->interface.driver == INTERFACE_AF_XDP)
		judge_xdp(source);
	else if (interface_merges(&source->interface, &line))
		finding_warn(FINDING_OFFLOADS, "%s", line.text);
	else
		finding_ok(FINDING_OFFLOADS, "%s: nothing merges frames", source->interface.name);
}

/* ---- queues and how they are filled ---- */

static void look_at_queues(const struct source *source, const struct plan *plan)
{
	uint32_t queues = 0;

	for (uint32_t p = 0; p < source->port_count; p++)
		queues += source->ports[p].queues;
	finding_ok(FINDING_QUEUES, "%u, for %u workers", queues, plan->worker_count);
}

static void name_functions(uint64_t functions, char *out, size_t size)
{
	static const struct {
		uint64_t function;
		const char *name;
	} names[] = {
		{RTE_ETH_RSS_IPV4, "ipv4"},
		{RTE_ETH_RSS_FRAG_IPV4, "ipv4 fragments"},
		{RTE_ETH_RSS_NONFRAG_IPV4_OTHER, "other ipv4"},
		{RTE_ETH_RSS_IPV6, "ipv6"},
		{RTE_ETH_RSS_FRAG_IPV6, "ipv6 fragments"},
		{RTE_ETH_RSS_NONFRAG_IPV6_OTHER, "other ipv6"},
		{RTE_ETH_RSS_IPV6_EX, "ipv6 with extensions"},
		{RTE_ETH_RSS_TCP, "tcp"},
		{RTE_ETH_RSS_UDP, "udp"},
		{RTE_ETH_RSS_SCTP, "sctp"},
	};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < RTE_DIM(names); i++)
		if ((functions & names[i].function) != 0 && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
						 used > 0 ? ", " : "", names[i].name);
}

static void say_spread(const char *name, const struct port *port)
{
	char functions[256];

	switch (port->symmetry) {
	case PORT_ONE_QUEUE:
		finding_ok(FINDING_RSS, "%s: one queue, nothing to spread", name);
		break;
	case PORT_SPREAD_BY_INPUT:
		finding_ok(FINDING_RSS, "%s: %s spreads both directions of a flow alike", name,
			   port->driver);
		break;
	case PORT_RSS_SYMMETRIC:
		name_functions(port->rss_functions, functions, sizeof(functions));
		finding_ok(FINDING_RSS, "%s: a symmetric key, for %s", name, functions);
		break;
	case PORT_NOT_SYMMETRIC: /* that was said */
		break;
	}
}

static void say_fragments(const char *name, const struct port *port)
{
	if (strcmp(port->driver, "net_af_packet") == 0)
		finding_ok(FINDING_FRAGMENTS,
			   "%s: those of IPv4 come reassembled, as one frame: the kernel does that",
			   name);
	else if (port->symmetry == PORT_RSS_SYMMETRIC)
		finding_ok(FINDING_FRAGMENTS,
			   "%s: addresses alone are hashed, so they meet the worker of their flow",
			   name);
}

static void say_dates(const char *name, const struct port *port)
{
	finding_ok(FINDING_TIMESTAMPS, "%s: %s", name,
		   port->timestamp ? "the driver dates frames"
				   : "weir's clock dates frames, once for each burst");
}

/* ---- sizes ---- */

static uint32_t mtu_of(const struct port *port)
{
	struct kernel_link link;
	uint16_t mtu = 0;

	if (port->interface[0] != '\0' && kernel_link_read(port->interface, &link) == 0)
		return link.mtu;
	return rte_eth_dev_get_mtu(port->id, &mtu) == 0 ? mtu : 0;
}

static void look_at_mtu(const char *name, const struct port *port)
{
	const uint32_t longest = mtu_of(port) + RTE_ETHER_HDR_LEN;

	if (port->interface[0] != '\0' && longest > port->max_frame)
		finding_warn(FINDING_MTU,
			     "%s: its MTU lets frames of %u octets come, and packet buffers hold "
			     "%u: longer ones are lost or cut; \"ip link set %s mtu %u\"",
			     name, longest, port->max_frame, port->interface,
			     port->max_frame - RTE_ETHER_HDR_LEN);
	else if (port->max_frame < MTU_USUAL)
		finding_warn(FINDING_MTU,
			     "%s: packet buffers hold frames of %u octets, so usual ones with a "
			     "VLAN tag do not fit; give the device's arguments larger ones",
			     name, port->max_frame);
	else
		finding_ok(FINDING_MTU, "%s: frames of up to %u octets", name, port->max_frame);
}

/* ---- link ---- */

struct sight {
	bool up;
	uint32_t mbits; /* 0: unknown */
};

static struct sight see_link(const struct port *port)
{
	struct rte_eth_link link = {0};

	if (port->interface[0] != '\0')
		return (struct sight){(kernel_link_flags(port->interface) & IFF_RUNNING) != 0,
				      kernel_link_speed(port->interface)};
	if (rte_eth_link_get_nowait(port->id, &link) != 0)
		return (struct sight){true, 0};
	return (struct sight){link.link_status == RTE_ETH_LINK_UP,
			      link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed};
}

static struct sight await_link(const struct port *port, uint64_t until)
{
	struct sight sight = see_link(port);

	while (!sight.up && clock_monotonic_ns() < until) {
		usleep(LINK_LOOK_US);
		sight = see_link(port);
	}
	return sight;
}

/* The fastest that the NIC can, in Mbit/s; 0: it does not say. */
static uint32_t fastest(const struct port *port)
{
	static const uint32_t speeds[] = {1000,  2500,  5000,  10000,  20000,  25000,
					  40000, 50000, 56000, 100000, 200000, 400000};
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port->id, &info) != 0)
		return 0;
	for (size_t i = RTE_DIM(speeds); i-- > 0;)
		if ((info.speed_capa &
		     rte_eth_speed_bitflag(speeds[i], RTE_ETH_LINK_FULL_DUPLEX)) != 0)
			return speeds[i];
	return 0;
}

static void look_at_link(const char *name, const struct port *port, struct sight sight)
{
	const uint32_t can = fastest(port);

	if (!sight.up)
		finding_warn(FINDING_LINK,
			     "%s: no link after 3 s, so nothing comes; look at the cable and the "
			     "other end",
			     name);
	else if (sight.mbits > 0 && sight.mbits < can)
		finding_warn(FINDING_LINK,
			     "%s: %u Mbit/s, and the NIC can %u: the other end loses what is more; "
			     "look at the cable, and at what the other end is set to",
			     name, sight.mbits, can);
	else if (sight.mbits > 0)
		finding_ok(FINDING_LINK, "%s: up, %u Mbit/s", name, sight.mbits);
	else
		finding_ok(FINDING_LINK, "%s: up", name);
}

/* ---- rings ---- */

/* How long it takes until smallest frames at the link's rate have filled all RX rings. */
static void look_at_ring(const char *name, const struct port *port, uint32_t ports, uint32_t mbits)
{
	const uint64_t descriptors = (uint64_t)port->descriptors * port->queues * ports;
	const uint64_t us = mbits > 0 ? descriptors * SMALLEST_BITS / mbits : 0;

	if (mbits > 0 && us < BRIDGED_US)
		finding_warn(FINDING_RING,
			     "%s: %u descriptors for each of %u queues are full after %lu us of "
			     "smallest frames at %u Mbit/s, and a worker may be elsewhere for %d; "
			     "use more --workers, or give the EAL more memory if the NIC can do "
			     "more",
			     name, port->descriptors, port->queues * ports, (unsigned long)us,
			     mbits, BRIDGED_US);
	else if (mbits > 0)
		finding_ok(FINDING_RING, "%s: %u descriptors for each of %u queues bridge %lu us",
			   name, port->descriptors, port->queues * ports, (unsigned long)us);
	else
		finding_ok(FINDING_RING, "%s: %u descriptors for each of %u queues", name,
			   port->descriptors, port->queues * ports);
}

/* ---- all ---- */

/* False after the finding. */
static bool start(struct source *source)
{
	struct error error;

	for (uint32_t p = 0; p < source->port_count; p++)
		if (port_start(&source->ports[p], &error) != 0) {
			finding_fail(FINDING_PORTS, "%s", error.text);
			return false;
		}
	return true;
}

static void look_at_port(const char *name, const struct port *port, uint32_t ports, uint64_t until)
{
	say_spread(name, port);
	say_fragments(name, port);
	say_dates(name, port);
	look_at_mtu(name, port);
	if (!port->link_known)
		return;
	const struct sight sight = await_link(port, until);

	if (strcmp(port->driver, "net_af_packet") != 0) /* its rings are the kernel's */
		look_at_ring(name, port, ports, sight.mbits);
	look_at_link(name, port, sight);
}

void check_ports(struct source *source, const struct plan *plan,
		 bool (*complained)(enum finding finding))
{
	/* One interface may be several ports. */
	const uint32_t each = RTE_MAX(source->interface.port_count, (uint16_t)1);

	if (source->interface.port_count > 0)
		look_at_interface(source);
	if (!start(source))
		return;
	finding_ok(FINDING_PORTS, "%u opened and started", source->port_count);
	const uint64_t until = clock_monotonic_ns() + LINK_WITHIN;

	if (!complained(FINDING_QUEUES))
		look_at_queues(source, plan);
	for (uint32_t p = 0; p < source->port_count && source->reader == NULL; p += each)
		look_at_port(source->interface.port_count > 0 ? source->interface.name
							      : source->ports[p].name,
			     &source->ports[p], each, until);
	if (!complained(FINDING_NUMA) && source->reader == NULL)
		finding_ok(FINDING_NUMA, "no worker is on another node than its port");
}
