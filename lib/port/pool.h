/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_POOL_H
#define WEIR_PORT_POOL_H

#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "driver.h"

/* A queue always has so many mbufs to lend. */
#define POOL_SPARE_LEAST 32u

/*
 * How the mbufs of a port are cut. Memory is the EAL's, which with --no-huge has little, so a
 * driver that copies frames gets no mbufs for descriptors, and one with large slots few.
 */
struct pool_plan {
	uint16_t data_room;  /* of one mbuf, with headroom */
	uint32_t max_frame;  /* that fits one mbuf as the driver fills it */
	uint32_t per_queue;  /* mbufs a queue needs beside its descriptors */
	uint32_t spare;      /* ... and those that may be handed over: weir/handover.h */
	uint32_t more;       /* mbufs needed once */
	bool per_descriptor; /* and one for every descriptor */
	bool elsewhere;      /* mbufs are of another pool, whose owner waits for them */
	bool one_block;      /* AF_XDP: all in one piece of memory without gaps */
};

void pool_plan_make(const struct rte_eth_dev_info *info, const struct driver_traits *traits,
		    struct pool_plan *plan);

/* What the mbufs of such a pool take, in octets. Needs no EAL. */
uint64_t pool_octets(const struct pool_plan *plan, uint16_t queues, uint16_t descriptors);

/* NULL with rte_errno when the EAL has no room. `socket`: NUMA node or SOCKET_ID_ANY. */
struct rte_mempool *pool_create(const struct pool_plan *plan, uint16_t port, uint16_t queues,
				uint16_t descriptors, int socket);

#endif
