/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/port.h>

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_version.h>

#include <weir/kernel_link.h>

#include "device.h"
#include "driver.h"
#include "kernel_loss.h"

/* A count that the driver began anew goes on from where it was. */
static void grow(struct port_count *count, uint64_t now)
{
	if (now < count->last)
		count->base += count->last;
	count->last = now;
}

/* ... or that it does not tell at the moment, as without a peer. */
static void grow_or_stay(struct port_count *count, uint64_t now)
{
	if (now > count->last)
		count->last = now;
}

typedef void grow_count(struct port_count *count, uint64_t now);

/* Where a counter is kept in port->counts. */
enum { RECEIVED, OCTETS, MISSED, NO_MBUF, ERRORS, QUEUES };

#if RTE_VERSION < RTE_VERSION_NUM(25, 11, 0, 0)

static void read_queues(struct port *port, const struct rte_eth_stats *stats, grow_count *count)
{
	struct port_count *counts = port->counts + QUEUES;

	for (uint16_t q = 0; q < RTE_MIN(port->queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); q++) {
		count(&counts[3 * q], stats->q_ipackets[q]);
		count(&counts[3 * q + 1], stats->q_ibytes[q]);
		count(&counts[3 * q + 2], stats->q_errors[q]);
	}
}

#else /* the same under their names; a driver that has none of them leaves 0 */

static uint64_t queue_xstat(const struct port *port, uint16_t queue, const char *what)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];
	uint64_t id, value;

	snprintf(name, sizeof(name), "rx_q%u_%s", queue, what);
	if (rte_eth_xstats_get_id_by_name(port->id, name, &id) != 0 ||
	    rte_eth_xstats_get_by_id(port->id, &id, &value, 1) != 1)
		return 0;
	return value;
}

static void read_queues(struct port *port, const struct rte_eth_stats *stats, grow_count *count)
{
	struct port_count *counts = port->counts + QUEUES;

	(void)stats;
	for (uint16_t q = 0; q < port->queues; q++) {
		count(&counts[3 * q], queue_xstat(port, q, "packets"));
		count(&counts[3 * q + 1], queue_xstat(port, q, "bytes"));
		count(&counts[3 * q + 2], queue_xstat(port, q, "errors"));
	}
}

#endif

void port_counts_go_on(struct port *port)
{
	for (unsigned int i = 0; i < PORT_COUNTS; i++) {
		port->counts[i].base += port->counts[i].last;
		port->counts[i].last = 0;
	}
}

static void read_driver(struct port *port)
{
	const struct driver_traits *traits = driver_traits(port->driver);
	grow_count *count = traits->tells_of_peer ? grow_or_stay : grow;
	struct port_count *counts = port->counts;
	struct rte_eth_stats stats;

	if (!port->started || port->unasked || rte_eth_stats_get(port->id, &stats) != 0)
		return;
	count(&counts[RECEIVED], stats.ipackets);
	count(&counts[OCTETS], stats.ibytes);
	count(&counts[MISSED], stats.imissed);
	count(&counts[ERRORS], stats.ierrors);
	if (!traits->retries_no_mbuf)
		count(&counts[NO_MBUF], stats.rx_nombuf);
	read_queues(port, &stats, count);
}

static void read_link(const struct port *port, struct port_counters *counters)
{
	struct rte_eth_link link;
	char name[IF_NAMESIZE];

	if (!port->started || port->unasked)
		return;
	if (driver_traits(port->driver)->asks_kernel && port->interface_index != 0) {
		if (if_indextoname(port->interface_index, name) == NULL) /* it may be another now */
			return;
		counters->link_up = (kernel_link_flags(name) & IFF_RUNNING) != 0;
		counters->link_mbps = kernel_link_speed(name);
		return;
	}
	if (rte_eth_link_get_nowait(port->id, &link) != 0)
		return;
	counters->link_up = link.link_status == RTE_ETH_LINK_UP;
	if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		counters->link_mbps = link.link_speed;
}

static uint64_t total(const struct port_count *count)
{
	return count->base + count->last;
}

static void read_kernel_loss(struct port *port, struct port_counters *counters)
{
	kernel_loss_read(port);
	for (uint16_t q = 0; q < PORT_QUEUES_MAX; q++) {
		counters->missed += port->kernel_missed[q];
		if (port->kernel_family == AF_PACKET)
			counters->queue[q].missed += port->kernel_missed[q];
	}
}

void port_read_counters(struct port *port, struct port_counters *counters)
{
	const struct port_count *counts = port->counts;

	memset(counters, 0, sizeof(*counters));
	read_driver(port);
	read_link(port, counters);
	counters->received = total(&counts[RECEIVED]);
	counters->octets = total(&counts[OCTETS]);
	counters->missed = total(&counts[MISSED]);
	counters->no_mbuf = total(&counts[NO_MBUF]);
	counters->errors = total(&counts[ERRORS]);
	counters->queues = port->queues;
	for (uint16_t q = 0; q < port->queues; q++) {
		counters->queue[q].received = total(&counts[QUEUES + 3 * q]);
		counters->queue[q].octets = total(&counts[QUEUES + 3 * q + 1]);
		counters->queue[q].missed = total(&counts[QUEUES + 3 * q + 2]);
	}
	read_kernel_loss(port, counters);
	if (port->queues == 1) /* then all of it was this queue's */
		counters->queue[0].missed = counters->missed;
}

void port_each_xstat(const struct port *port,
		     void (*each)(void *context, const char *name, uint64_t value), void *context)
{
	int count =
		port->started && !port->unasked ? rte_eth_xstats_get_names(port->id, NULL, 0) : 0;
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;

	if (count <= 0)
		return;
	names = calloc((size_t)count, sizeof(*names));
	values = calloc((size_t)count, sizeof(*values));
	if (names != NULL && values != NULL &&
	    rte_eth_xstats_get_names(port->id, names, (unsigned int)count) == count &&
	    rte_eth_xstats_get(port->id, values, (unsigned int)count) == count)
		for (int i = 0; i < count; i++)
			if (values[i].value != 0 && values[i].id < (uint64_t)count)
				each(context, names[values[i].id].name, values[i].value);
	free(values);
	free(names);
}
