/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface_packet.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/capability.h>
#include <weir/finding.h>
#include <weir/kernel_sockets.h>
#include <weir/sizes.h>

#include "interface_vdev.h"
#include "offloads.h"

/* The driver's totals end with the queues that struct rte_eth_stats has room for. */
#define QUEUES_MAX 16 /* RTE_ETHDEV_QUEUE_STAT_CNTRS, which is gone in DPDK 25.11 */

/* ---- the rings ---- */

/* Of the rings of all queues. */
#define RING_OCTETS (UINT64_C(64) << 20)

/*
 * How many slots a queue has, whole blocks: as memory may be locked for. The driver maps a TX ring
 * of the same size as well.
 */
static uint32_t count_slots(const char *name, const struct packet_ring *ring, uint16_t queues)
{
	const uint32_t per_block = ring->block / ring->bytes;
	uint64_t budget = RING_OCTETS;
	uint32_t count;

	if (!capability_here(CAP_IPC_LOCK))
		budget = RTE_MIN(budget, capability_locked_memory() / 2);
	count = (uint32_t)(budget / queues / ring->bytes);
	count = RTE_MAX(count / per_block, 1u) * per_block;
	if (budget < RING_OCTETS)
		finding_warn(FINDING_MEMLOCK,
			     "%s: room for %u frames a queue only, as this user may not lock more "
			     "memory; CAP_IPC_LOCK or a higher \"ulimit -l\" makes it more",
			     name, count);
	return count;
}

static int add_vdev(struct interface *interface, uint32_t mtu)
{
	const struct packet_ring ring = sizes_packet_ring(
		(uint32_t)getpagesize(), mtu, kernel_link_merges_frames(interface->name));
	char arguments[160];

	snprintf(arguments, sizeof(arguments),
		 "iface=%s,qpairs=%u,framesz=%u,blocksz=%u,framecnt=%u", interface->name,
		 interface->queues_each, ring.bytes, ring.block,
		 count_slots(interface->name, &ring, interface->queues_each));
	return interface_vdev_add(interface, 0, arguments);
}

/* ---- which frames the sockets take ---- */

static void filter_sockets(unsigned int index, struct sock_filter *code, unsigned short length)
{
	const struct sock_fprog filter = {.len = length, .filter = code};
	int sockets[QUEUES_MAX];
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

/* ---- attaching ---- */

/* Before the slots are chosen, which need not be large then. */
static void unmerge(struct interface *interface, struct keeper *keeper)
{
	unsigned int on = 0;

	if (offloads_read(interface->name, &on) != 0 || on == 0)
		return;
	interface->merged_why = keeper_switch_off(keeper, interface->index, &interface->unmerged);
	(void)offloads_read(interface->name, &interface->merged);
}

int interface_packet_attach(struct interface *interface, const struct kernel_link *link,
			    const struct interface_settings *settings, struct error *error)
{
	interface->driver = INTERFACE_AF_PACKET;
	if (settings->keeper != NULL)
		unmerge(interface, settings->keeper);
	interface->queues_each = RTE_MIN(settings->workers, (uint16_t)QUEUES_MAX);
	if (add_vdev(interface, link->mtu) != 0)
		return error_set(error, EIO,
				 "%s: the AF_PACKET driver cannot open it; with --log-level debug "
				 "it says why",
				 interface->name);
	interface->symmetry = interface->queues_each == 1 ? PORT_ONE_QUEUE : PORT_SPREAD_BY_INPUT;
	/* What a loopback interface sends it also receives: once is enough. */
	if (!settings->outgoing || link->type == ARPHRD_LOOPBACK)
		ignore_outgoing(link->index);
	return 0;
}
