/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include <weir/handover.h>
#include <weir/memory.h>
#include <weir/sizes.h>

#include "preload.h"

_Static_assert(sizeof(struct rte_mbuf) == SIZES_MBUF, "see sizes.h");
_Static_assert(RTE_PKTMBUF_HEADROOM == SIZES_HEADROOM, "see sizes.h");

/* Mbufs of one queue that are on their way: a driver's burst, the worker's pipeline, caches. */
#define ON_THEIR_WAY       512
#define ON_THEIR_WAY_LARGE 192
#define LARGE_ROOM         16384
/* Of a queue: what may be in the hands of others for a while, in bytes of frames. */
#define SPARE_BYTES (2u << 20)

/* The copy of the ring slot starts where the kernel's header ends. */
static void plan_af_packet(const struct rte_eth_dev_info *info, struct pool_plan *plan)
{
	/* struct tpacket2_hdr, then sockaddr_ll, then at least 16 bytes up to the IP header. */
	const uint32_t before_data = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
	const uint32_t before_frame = TPACKET_ALIGN(TPACKET2_HDRLEN + 16) - RTE_ETHER_HDR_LEN;
	char text[16] = "2048"; /* the driver's default */
	uint32_t slot;

	driver_argument(info, "framesz", text, sizeof(text));
	slot = (uint32_t)strtoul(text, NULL, 10);
	plan->data_room = RTE_MIN(RTE_PKTMBUF_HEADROOM + RTE_MAX(slot - before_data, 2048u),
				  (uint32_t)UINT16_MAX);
	plan->max_frame = slot - before_frame;
}

/* The driver gives the mbufs themselves to the kernel. */
static void plan_af_xdp(struct pool_plan *plan)
{
	const uint32_t page = (uint32_t)getpagesize();

	plan->data_room = sizes_xdp_room(page, RTE_CACHE_LINE_SIZE);
	plan->max_frame = sizes_xdp_frame(page, RTE_CACHE_LINE_SIZE);
	plan->per_queue = 2048 + ON_THEIR_WAY; /* it fills 2048, whatever the ring's size */
	plan->per_descriptor = false;
	plan->one_block = true;
}

/* With infinite_rx the driver holds every frame of its files in an mbuf of its own. */
static void plan_pcap(const struct rte_eth_dev_info *info, struct pool_plan *plan)
{
	uint32_t frames, longest;

	if (!preload_count(info, &frames, &longest))
		return;
	plan->more = frames;
	plan->data_room = (uint16_t)RTE_MIN(RTE_PKTMBUF_HEADROOM + RTE_MAX(longest, 128u),
					    (uint32_t)UINT16_MAX);
	plan->max_frame = plan->data_room - RTE_PKTMBUF_HEADROOM;
}

void pool_plan_make(const struct rte_eth_dev_info *info, const struct driver_traits *traits,
		    struct pool_plan *plan)
{
	*plan = (struct pool_plan){
		.data_room = RTE_MBUF_DEFAULT_BUF_SIZE,
		.max_frame = RTE_MBUF_DEFAULT_DATAROOM,
		.per_queue = ON_THEIR_WAY,
		.per_descriptor = !traits->copies,
	};
	if (strcmp(info->driver_name, "net_af_packet") == 0)
		plan_af_packet(info, plan);
	else if (strcmp(info->driver_name, "net_af_xdp") == 0)
		plan_af_xdp(plan);
	else if (strcmp(info->driver_name, "net_pcap") == 0)
		plan_pcap(info, plan);
	else if (strcmp(info->driver_name, "net_ring") == 0)
		plan->per_queue = plan->elsewhere = 1; /* but a queue wants a pool */
	else if (info->min_rx_bufsize > plan->max_frame && info->min_rx_bufsize < LARGE_ROOM)
		plan->data_room = (uint16_t)(RTE_PKTMBUF_HEADROOM + info->min_rx_bufsize);
	if (plan->data_room > LARGE_ROOM)
		plan->per_queue = ON_THEIR_WAY_LARGE;
	plan->spare =
		RTE_MIN(RTE_MAX(SPARE_BYTES / plan->data_room, POOL_SPARE_LEAST), HANDOVER_FRAMES);
}

/* As rte_pktmbuf_pool_create(), but an object may cross pages: then there are no gaps. */
static struct rte_mempool *create_one_block(const char *name, uint32_t count, uint32_t cache,
					    uint16_t data_room, int socket)
{
	struct rte_pktmbuf_pool_private settings = {.mbuf_data_room_size = data_room};
	struct rte_mempool *pool;

	pool = rte_mempool_create_empty(name, count, sizeof(struct rte_mbuf) + data_room, cache,
					sizeof(settings), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (pool == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) != 0)
		goto fail;
	rte_pktmbuf_pool_init(pool, &settings);
	if (rte_mempool_populate_default(pool) < 0 || pool->nb_mem_chunks != 1)
		goto fail;
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;

fail:
	rte_mempool_free(pool);
	rte_errno = ENOMEM;
	return NULL;
}

/* What is not of hugepages would be taken as frames come, some day the last of it. */
static void take_memory(struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *part,
			unsigned int index)
{
	(void)pool, (void)context, (void)index;
	memory_prefault(part->addr, part->len);
}

static uint32_t per_queue_of(const struct pool_plan *plan, uint16_t descriptors)
{
	return plan->per_queue + (plan->per_descriptor ? descriptors : 0);
}

static uint32_t count_mbufs(const struct pool_plan *plan, uint16_t queues, uint16_t descriptors)
{
	uint32_t per_queue = per_queue_of(plan, descriptors);

	return plan->more + (uint32_t)queues * (per_queue + (plan->elsewhere ? 0 : plan->spare));
}

uint64_t pool_octets(const struct pool_plan *plan, uint16_t queues, uint16_t descriptors)
{
	const uint32_t size = rte_mempool_calc_obj_size(
		(uint32_t)sizeof(struct rte_mbuf) + plan->data_room, 0, NULL);

	return (uint64_t)count_mbufs(plan, queues, descriptors) * size;
}

struct rte_mempool *pool_create(const struct pool_plan *plan, uint16_t port, uint16_t queues,
				uint16_t descriptors, int socket)
{
	uint32_t per_queue = per_queue_of(plan, descriptors);
	uint32_t count = count_mbufs(plan, queues, descriptors);
	/* What lies in a cache of a worker is lost to the others: keep that a small part. */
	uint32_t cache = RTE_MIN(per_queue / 8, 256u);
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "weir_port_%u", port);
	struct rte_mempool *pool =
		plan->one_block
			? create_one_block(name, count, cache, plan->data_room, socket)
			: rte_pktmbuf_pool_create(name, count, cache, 0, plan->data_room, socket);

	if (pool != NULL)
		rte_mempool_mem_iter(pool, take_memory, NULL);
	return pool;
}
