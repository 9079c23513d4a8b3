/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_kvargs.h>

static const struct driver_traits known[] = {
	/* AF_PACKET's fanout hashes symmetrically. (When a queue is full, it rolls over to
	 * another one: under overload a flow may be seen by two workers.) */
	{.name = "net_af_packet", .spreads = true, .asks_kernel = true, .copies = true},
	{.name = "net_af_xdp", .pairs_queues = true, .asks_kernel = true, .retries_no_mbuf = true},
	/* Takes any number of queues, and then refuses a peer that has more. */
	{.name = "net_memif",
	 .pairs_queues = true,
	 .copies = true,
	 .tells_of_peer = true,
	 .peer_queues = true},
	{.name = "net_null", .hashes_nothing = true, .link_fixed = true, .copies = true},
	/* A frame of several mbufs is chained, offload or not. */
	{.name = "net_pcap",
	 .link_fixed = true,
	 .copies = true,
	 .time_in_us = true,
	 .max_frame = UINT16_MAX},
	/* mbufs come as their maker made them; weir's reader spreads symmetrically. */
	{.name = "net_ring",
	 .spreads = true,
	 .link_fixed = true,
	 .copies = true,
	 .max_frame = 262144},
	/* Holds an mbuf for each descriptor, although it copies. */
	{.name = "net_tap", .pairs_queues = true, .asks_kernel = true},
	{.name = "net_vhost", .pairs_queues = true, .copies = true},
};

const struct driver_traits *driver_traits(const char *name)
{
	static const struct driver_traits ordinary;

	for (size_t i = 0; i < RTE_DIM(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return &ordinary;
}

bool driver_argument(const struct rte_eth_dev_info *info, const char *key, char *value, size_t size)
{
	const struct rte_devargs *arguments = rte_dev_devargs(info->device);
	struct rte_kvargs *list;
	const char *found = NULL;

	if (arguments == NULL || arguments->args == NULL)
		return false;
	list = rte_kvargs_parse(arguments->args, NULL);
	if (list == NULL)
		return false;
	found = rte_kvargs_get(list, key);
	if (found != NULL)
		snprintf(value, size, "%s", found);
	rte_kvargs_free(list);
	return found != NULL;
}
