/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface_xdp.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <weir/capability.h>
#include <weir/finding.h>
#include <weir/sizes.h>

#include "interface_vdev.h"
#include "xdp_holder.h"
#include "xdp_socket.h"

/* ---- can it be? ---- */

/* The capability that AF_XDP misses, or NULL. */
static const char *missing_capability(void)
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

int interface_xdp_free(const char *name, const struct kernel_link *link, struct error *error)
{
	char holder[80];

	if (!link->has_xdp)
		return 0;
	return error_set(
		error, EBUSY,
		"%s: an XDP program is attached already%s; end that one, or \"ip link set %s "
		"xdp off\" removes what nobody holds",
		name, xdp_holder(link->xdp_program, holder, sizeof(holder)), name);
}

/* 0, or why AF_XDP is out of the question whatever the user wants. */
static int possible(const char *name, const struct kernel_link *link, uint16_t queues,
		    struct error *error)
{
	uint16_t ports = (uint16_t)(RTE_MAX_ETHPORTS - rte_eth_dev_count_avail());
	/* Beside the MTU there are the Ethernet header and up to two VLAN tags. */
	const uint32_t mtu_max =
		sizes_xdp_frame((uint32_t)getpagesize(), RTE_CACHE_LINE_SIZE) - 14 - 8;
	const char *missing = missing_capability();
	int result = xdp_socket_possible();

	if (missing != NULL)
		return error_set(error, EPERM,
				 "%s: AF_XDP needs %s; run as root or give the capability", name,
				 missing);
	if (result != 0)
		return error_set(
			error, -result,
			"%s: the kernel refuses AF_XDP sockets: %s; use --driver af_packet", name,
			strerror(-result));
	result = interface_xdp_free(name, link, error);
	if (result != 0)
		return result;
	if (link->mtu > mtu_max)
		return error_set(error, EMSGSIZE,
				 "%s: frames of its MTU %u do not fit AF_XDP buffers (%u); \"ip "
				 "link set %s mtu %u\"",
				 name, link->mtu, mtu_max, name, mtu_max);
	if (queues > RTE_MIN(ports, (uint16_t)PORT_QUEUES_MAX))
		return error_set(
			error, ENOSPC,
			"%s: AF_XDP takes all %u RX queues, %u are possible; \"ethtool -L\" "
			"sets fewer",
			name, queues, ports);
	return 0;
}

/* 0, or why this host needs the interface itself, and AF_PACKET shows more of it. */
static int harmless(const char *name, const struct kernel_link *link, bool passes,
		    struct error *error)
{
	char what[64];

	if (!passes && kernel_link_has_address(name, what, sizeof(what)))
		return error_set(error, EADDRINUSE,
				 "%s has the address %s, and AF_XDP would not see what is for this "
				 "host",
				 name, what);
	if (link->has_master || kernel_link_carries(name, link->index))
		return error_set(error, EADDRINUSE,
				 "%s carries a bridge, bond or VLAN, and AF_XDP could keep frames "
				 "from it",
				 name);
	return 0;
}

/* ---- attaching ---- */

static int add_vdev(struct interface *interface, uint16_t queue, struct error *error)
{
	char arguments[96];

	snprintf(arguments, sizeof(arguments), "iface=%s,start_queue=%u,queue_count=1",
		 interface->name, queue);
	if (interface_vdev_add(interface, queue, arguments) == 0)
		return 0;
	return error_set(error, EIO, "%s: no AF_XDP device for RX queue %u", interface->name,
			 queue);
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
		finding_warn(
			FINDING_RSS,
			"%s spreads its %u RX queues by a key that is not symmetric; with more "
			"than one worker the two directions of a flow may meet two of them and "
			"are merged when it has ended; \"ethtool -X %s hkey 6d:5a:6d:5a...\" "
			"sets one that is",
			name, interface->port_count, name);
}

int interface_xdp_attach(struct interface *interface, const struct kernel_link *link,
			 const struct interface_settings *settings, struct error *error)
{
	const char *name = interface->name;
	uint16_t queues = kernel_link_rx_queues(name);
	int result = possible(name, link, queues, error);

	if (result == 0 && settings->driver != INTERFACE_AF_XDP)
		result = harmless(name, link, front_passes(settings->front), error);
	if (result == 0)
		result = front_attach(settings->front, name, interface->index, PREFILTER_TO_SOCKETS,
				      queues, error);
	if (result != 0)
		return result;
	xdp_sockets_only();
	interface->driver = INTERFACE_AF_XDP;
	interface->queues_each = 1;
	for (uint16_t q = 0; q < queues && result == 0; q++)
		result = add_vdev(interface, q, error);
	if (result == 0) {
		judge_symmetry(interface);
	} else {
		interface_detach(interface);
		front_remove(settings->front);
	}
	return result;
}
