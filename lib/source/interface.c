/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/interface.h>

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include <weir/log.h>

#include "capability.h"
#include <weir/kernel_hold.h>
#include <weir/kernel_link.h>
#include <weir/kernel_sockets.h>
#include "offloads.h"
#include <weir/sizes.h>
#include "xdp_holder.h"
#include "xdp_socket.h"

/* The driver's totals end with the queues that struct rte_eth_stats has room for. */
#define PACKET_QUEUES_MAX 16 /* RTE_ETHDEV_QUEUE_STAT_CNTRS, which is gone in DPDK 25.11 */

/* ---- may it? ---- */

/* The capability that AF_XDP misses, or NULL. */
static const char *missing_for_xdp(void)
{
	if (!capability_here(CAP_NET_RAW))
		return "CAP_NET_RAW";
	if (!capability_here(CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	if (!capability_here(CAP_BPF) && !capability_here(CAP_SYS_ADMIN))
		return "CAP_BPF";
	if (!capability_here(CAP_PERFMON) && !capability_here(CAP_SYS_ADMIN))
		return "CAP_PERFMON"; /* else programs may not compare pointers to packets */
	if (!capability_here(CAP_IPC_LOCK) && capability_locked_memory() != UINT64_MAX)
		return "CAP_IPC_LOCK (or no limit of locked memory)"; /* for the frames */
	return NULL;
}

/* ---- is it an interface to measure on? ---- */

/* What separates the arguments of a DPDK device, which nothing quotes. */
#define NOT_IN_ARGUMENTS ",=["

static int check_interface(const char *name, struct kernel_link *link, struct error *error)
{
	int result = kernel_link_read(name, link);

	if (result == -ENODEV)
		return error_set(error, ENODEV, "%s: no such interface; \"ip link\" lists them",
				 name);
	if (result != 0)
		return error_set(error, -result, "%s: the kernel does not tell of it: %s", name,
				 strerror(-result));
	if (link->name[strcspn(link->name, NOT_IN_ARGUMENTS)] != '\0')
		return error_set(
			error, EINVAL,
			"%s: DPDK takes no name with any of \"%s\"; give it another one with \"ip "
			"link set dev NAME name NEW\"",
			link->name, NOT_IN_ARGUMENTS);
	if (link->type != ARPHRD_ETHER && link->type != ARPHRD_LOOPBACK)
		return error_set(error, EPROTONOSUPPORT,
				 "%s: not an Ethernet interface; its frames cannot be read", name);
	if ((link->flags & IFF_UP) == 0)
		return error_set(error, ENETDOWN,
				 "%s: the interface is down; \"ip link set %s up\" brings it up",
				 name, name);
	if (!capability_here(CAP_NET_RAW))
		return error_set(error, EPERM,
				 "%s: needs CAP_NET_RAW; run as root or give the capability", name);
	return kernel_hold_check(name, link->index, error);
}

static int xdp_taken(const char *name, const struct kernel_link *link, struct error *error)
{
	char holder[80];

	return error_set(
		error, EBUSY,
		"%s: an XDP program is attached already%s; end that one, or \"ip link set %s "
		"xdp off\" removes what nobody holds",
		name, xdp_holder(link->xdp_program, holder, sizeof(holder)), name);
}

/* ---- AF_PACKET ---- */

/* Of the rings of all queues. */
#define RING_OCTETS (UINT64_C(64) << 20)

/*
 * How many slots a queue has, whole blocks: as memory may be locked for. The driver maps a TX ring
 * of the same size as well.
 */
static uint32_t count_slots(const char *name, const struct slots *slots, uint16_t queues)
{
	const uint32_t per_block = slots->block / slots->bytes;
	uint64_t budget = RING_OCTETS;
	uint32_t count;

	if (!capability_here(CAP_IPC_LOCK))
		budget = RTE_MIN(budget, capability_locked_memory() / 2);
	count = (uint32_t)(budget / queues / slots->bytes);
	count = RTE_MAX(count / per_block, 1u) * per_block;
	if (budget < RING_OCTETS)
		log_warning("%s: room for %u frames a queue only, as this user may not lock more "
			    "memory; CAP_IPC_LOCK or a higher \"ulimit -l\" makes it more",
			    name, count);
	return count;
}

static void filter_sockets(unsigned int index, struct sock_filter *code, unsigned short length)
{
	const struct sock_fprog filter = {.len = length, .filter = code};
	int sockets[PACKET_QUEUES_MAX];
	uint16_t count = kernel_sockets_packet(index, sockets, RTE_DIM(sockets));

	for (uint16_t i = 0; i < count; i++)
		(void)setsockopt(sockets[i], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

/* PACKET_IGNORE_OUTGOING has no effect on a socket in a fanout group, a filter has. */
static void ignore_outgoing(unsigned int index)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned int)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	filter_sockets(index, code, RTE_DIM(code));
}

int interface_check_xdp(const struct interface *interface, struct error *error)
{
	struct kernel_link link;

	if (kernel_link_read(interface->name, &link) != 0 || !link.has_xdp)
		return 0;
	return xdp_taken(interface->name, &link, error);
}

bool interface_takes_tags_out(const struct interface *interface)
{
	return kernel_link_takes_tags_out(interface->name);
}

void interface_take(const struct interface *interface, enum interface_frames frames)
{
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	if (interface->driver != INTERFACE_AF_PACKET)
		return;
	if (frames == INTERFACE_INCOMING)
		ignore_outgoing(interface->index);
	else
		filter_sockets(interface->index, nothing, RTE_DIM(nothing));
}

static void vdev_name(const struct interface *interface, uint16_t queue, char *name, size_t size)
{
	if (interface->driver == INTERFACE_AF_XDP)
		snprintf(name, size, "net_af_xdp_%s_q%u", interface->name, queue);
	else
		snprintf(name, size, "net_af_packet_%s", interface->name);
}

static int add_vdev(struct interface *interface, uint16_t queue, const char *arguments)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	int result;

	vdev_name(interface, queue, name, sizeof(name));
	result = rte_vdev_init(name, arguments);
	if (result == 0)
		result = rte_eth_dev_get_port_by_name(name, &interface->port_ids[queue]);
	if (result == 0)
		interface->port_count = queue + 1;
	return result;
}

/* Before the slots are chosen, which need not be large then. */
static void unmerge(struct interface *interface, struct keeper *keeper)
{
	unsigned int on = 0;

	if (offloads_read(interface->name, &on) != 0 || on == 0)
		return;
	interface->merged_why = keeper_switch_off(keeper, interface->index, &interface->unmerged);
	(void)offloads_read(interface->name, &interface->merged);
}

const char *interface_offloads(unsigned int mask, char *text, size_t size)
{
	return offloads_text(mask, text, size);
}

static int attach_packet(struct interface *interface, const struct kernel_link *link,
			 const struct interface_packet *packet, uint16_t queues,
			 struct error *error)
{
	struct slots slots;
	char arguments[160];
	int result;

	interface->driver = INTERFACE_AF_PACKET;
	if (packet != NULL && packet->keeper != NULL)
		unmerge(interface, packet->keeper);
	interface->queues_each = RTE_MIN(queues, (uint16_t)PACKET_QUEUES_MAX);
	slots = sizes_packet_slots((uint32_t)getpagesize(), link->mtu,
				   kernel_link_merges_frames(interface->name));
	snprintf(arguments, sizeof(arguments),
		 "iface=%s,qpairs=%u,framesz=%u,blocksz=%u,framecnt=%u", interface->name,
		 interface->queues_each, slots.bytes, slots.block,
		 count_slots(interface->name, &slots, interface->queues_each));
	result = add_vdev(interface, 0, arguments);
	if (result != 0)
		return error_set(error, EIO,
				 "%s: the AF_PACKET driver cannot open it; with --log-level debug "
				 "it says why",
				 interface->name);
	interface->symmetry = interface->queues_each == 1 ? PORT_ONE_QUEUE : PORT_SPREAD_BY_INPUT;
	/* What a loopback interface sends it also receives: once is enough. */
	if (packet == NULL || !packet->outgoing || link->type == ARPHRD_LOOPBACK)
		ignore_outgoing(link->index);
	return 0;
}

/* ---- AF_XDP ---- */

static int add_xdp_vdev(struct interface *interface, uint16_t queue)
{
	char arguments[96];

	snprintf(arguments, sizeof(arguments), "iface=%s,start_queue=%u,queue_count=1",
		 interface->name, queue);
	return add_vdev(interface, queue, arguments);
}

static void judge_symmetry(struct interface *interface)
{
	const char *name = interface->name;

	if (interface->port_count == 1)
		interface->symmetry = PORT_ONE_QUEUE;
	else if (kernel_link_spreads_symmetrically(name))
		interface->symmetry = PORT_SPREAD_BY_INPUT;
	else
		interface->symmetry = PORT_NOT_SYMMETRIC;
	if (interface->symmetry == PORT_NOT_SYMMETRIC)
		log_warning("%s spreads its %u RX queues by a key that is not symmetric; with more "
			    "than one worker the two directions of a flow may meet two of them and "
			    "are merged when it has ended; \"ethtool -X %s hkey 6d:5a:6d:5a...\" "
			    "sets one that is",
			    name, interface->port_count, name);
}

static int attach_xdp(struct interface *interface, uint16_t queues,
		      const struct interface_front *front, struct error *error)
{
	int result =
		front->attach(front->context, interface->name, interface->index, queues, error);

	if (result != 0)
		return result;
	xdp_sockets_only();
	interface->queues_each = 1;
	for (uint16_t q = 0; q < queues && result == 0; q++)
		if (add_xdp_vdev(interface, q) != 0)
			result = error_set(error, EIO, "%s: no AF_XDP device for RX queue %u",
					   interface->name, q);
	if (result == 0)
		judge_symmetry(interface);
	else
		interface_detach(interface);
	return result;
}

/* 0, or why AF_XDP is out of the question whatever the user wants. */
static int xdp_possible(const char *name, const struct kernel_link *link, uint16_t queues,
			struct error *error)
{
	uint16_t ports = (uint16_t)(RTE_MAX_ETHPORTS - rte_eth_dev_count_avail());
	/* Beside the MTU there are the Ethernet header and up to two VLAN tags. */
	const uint32_t mtu_max =
		sizes_xdp_frame((uint32_t)getpagesize(), RTE_CACHE_LINE_SIZE) - 14 - 8;
	const char *missing = missing_for_xdp();
	int result = xdp_socket_possible();

	if (missing != NULL)
		return error_set(error, EPERM, "%s: AF_XDP needs %s", name, missing);
	if (result != 0)
		return error_set(error, -result, "%s: the kernel refuses AF_XDP sockets: %s", name,
				 strerror(-result));
	if (link->has_xdp)
		return xdp_taken(name, link, error);
	if (link->mtu > mtu_max)
		return error_set(error, EMSGSIZE,
				 "%s: frames of its MTU %u do not fit AF_XDP buffers (%u)", name,
				 link->mtu, mtu_max);
	if (queues > RTE_MIN(ports, (uint16_t)PORT_QUEUES_MAX))
		return error_set(
			error, ENOSPC,
			"%s: AF_XDP takes all %u RX queues, %u are possible; \"ethtool -L\" "
			"sets fewer",
			name, queues, ports);
	return 0;
}

/* 0, or why this host needs the interface itself, and AF_PACKET shows more of it. */
static int xdp_harmless(const char *name, const struct kernel_link *link, bool passes,
			struct error *error)
{
	char what[64];

	if (!passes && kernel_link_has_address(name, what, sizeof(what)))
		return error_set(error, EADDRINUSE,
				 "%s has the address %s, and AF_XDP would not see what is for this "
				 "host",
				 name, what);
	if (link->has_master || kernel_link_carries(name, link->index))
		return error_set(error, EBUSY,
				 "%s carries a bridge, bond or VLAN, and AF_XDP could keep frames "
				 "from it",
				 name);
	return 0;
}

/* ---- which? ---- */

int interface_check(const char *name, struct error *error)
{
	struct kernel_link link;

	return check_interface(name, &link, error);
}

static void say_why(struct interface *interface, const char *driver, const char *why)
{
	snprintf(interface->why, sizeof(interface->why), "%s: %.140s", driver, why);
}

/* AF_XDP, or why not. */
static int try_xdp(struct interface *interface, const struct kernel_link *link, bool asked_for,
		   uint16_t queues, const struct interface_front *front, struct error *error)
{
	const char *name = interface->name;
	int result = xdp_possible(name, link, queues, error);

	if (result == 0 && !asked_for)
		result = xdp_harmless(name, link, front->passes, error);
	if (result == 0)
		result = attach_xdp(interface, queues, front, error);
	return result;
}

static const char *why_xdp(enum interface_driver asked, const struct interface_front *front)
{
	if (asked == INTERFACE_AF_XDP)
		return "as asked for";
	return front->passes ? "rules pass frames, which AF_PACKET would see all the same"
			     : "it works here, and this host does not use the interface itself";
}

int interface_attach(const char *name, enum interface_driver driver,
		     const struct interface_packet *packet, uint16_t workers, uint16_t workers_max,
		     const struct interface_front *front, struct interface *interface,
		     struct error *error)
{
	uint16_t rx_queues, wanted;
	struct kernel_link link;
	struct error reason;
	int result;

	memset(interface, 0, sizeof(*interface));
	result = check_interface(name, &link, error);
	if (result != 0)
		return result;
	name = strcpy(interface->name, link.name);
	interface->index = link.index;
	rx_queues = kernel_link_rx_queues(name);
	wanted = workers != 0 ? workers : RTE_MIN(rx_queues, RTE_MAX(workers_max, 1));

	if (driver == INTERFACE_AF_PACKET) {
		say_why(interface, "AF_PACKET", "as asked for");
		return attach_packet(interface, &link, packet, wanted, error);
	}
	interface->driver = INTERFACE_AF_XDP;
	result = try_xdp(interface, &link, driver == INTERFACE_AF_XDP, rx_queues, front, &reason);
	if (result == 0) {
		say_why(interface, "AF_XDP", why_xdp(driver, front));
		return 0;
	}
	if (driver == INTERFACE_AF_XDP) {
		if (error != NULL)
			*error = reason;
		return result;
	}
	say_why(interface, "AF_PACKET", reason.text);
	return attach_packet(interface, &link, packet, wanted, error);
}

void interface_detach(struct interface *interface)
{
	char name[RTE_ETH_NAME_MAX_LEN];

	for (uint16_t q = 0; q < interface->port_count; q++) {
		vdev_name(interface, q, name, sizeof(name));
		(void)rte_vdev_uninit(name);
	}
	interface->port_count = 0;
}
