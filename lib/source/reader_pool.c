/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_pool.h"

#include <errno.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include <weir/memory.h>

#define FIRST 512u /* mbufs: 1.2 MB */
#define CACHE 256  /* of a worker */

/* As rte_pktmbuf_pool_create(), but without mbufs, which may cross pages: no NIC sees them. */
static struct rte_mempool *make_empty(const char *name, uint32_t count)
{
	struct rte_pktmbuf_pool_private settings = {.mbuf_data_room_size =
							    RTE_MBUF_DEFAULT_BUF_SIZE};
	struct rte_mempool *mempool = rte_mempool_create_empty(
		name, count, sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, CACHE,
		sizeof(settings), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (mempool == NULL)
		return NULL;
	/* A stack gives out what was freed last, still in the CPU's cache. */
	if (rte_mempool_set_ops_byname(mempool, "stack", NULL) != 0)
		(void)rte_mempool_set_ops_byname(mempool, rte_mbuf_best_mempool_ops(), NULL);
	rte_pktmbuf_pool_init(mempool, &settings);
	return mempool;
}

int reader_pool_make(struct reader_pool *pool, const char *name, uint32_t count)
{
	struct rte_mempool *mempool = make_empty(name, count);

	pool->mempool = mempool;
	if (mempool == NULL)
		return -rte_errno;
	pool->object = mempool->header_size + mempool->elt_size + mempool->trailer_size;
	pool->bytes = count * pool->object;
	pool->memory = memory_allocate(pool->bytes);
	return pool->memory != NULL && reader_pool_grow(pool) ? 0 : -ENOMEM;
}

/* Those that were there before may be in use. */
static void init_new(struct rte_mempool *mempool, void *before, void *mbuf, unsigned int number)
{
	if (number >= *(const uint32_t *)before)
		rte_pktmbuf_init(mempool, NULL, mbuf, number);
}

bool reader_pool_grow(struct reader_pool *pool)
{
	struct rte_mempool *mempool = pool->mempool;
	uint32_t before = mempool->populated_size;
	uint32_t more = RTE_MIN(RTE_MAX(before, FIRST), mempool->size - before);
	uint8_t *part = pool->memory + before * pool->object;

	if (more == 0 || rte_mempool_populate_iova(mempool, (char *)part, RTE_BAD_IOVA,
						   more * pool->object, NULL, NULL) <= 0)
		return false;
	rte_mempool_obj_iter(mempool, init_new, &before);
	return true;
}

void reader_pool_free(struct reader_pool *pool)
{
	rte_mempool_free(pool->mempool);
	memory_free(pool->memory, pool->bytes);
}
